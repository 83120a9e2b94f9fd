package synthesizetest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Operation names a call of the vendor API.
type Operation string

// The calls that are simulated; a request that is none of them has the operation UnknownPath.
const (
	GetVendor       Operation = "getVendor"       // GET /api/vendor-api
	PatchVendor     Operation = "patchVendor"     // PATCH /api/vendor-api
	PostService     Operation = "postService"     // POST /api/vendor-api/service
	GetService      Operation = "getService"      // GET /api/vendor-api/service/{serviceId}
	PatchService    Operation = "patchService"    // PATCH /api/vendor-api/service/{serviceId}
	PostCount       Operation = "postCount"       // POST /api/vendor-api/service/{serviceId}/count
	GetOrganization Operation = "getOrganization" // GET /api/vendor-api/organization
	PatchStatus     Operation = "patchStatus"     // PATCH /api/vendor-api/organization/status/{status}
	GetAccounts     Operation = "getAccounts"     // GET /api/vendor-api/organization/accounts
	PostAccounts    Operation = "postAccounts"    // POST /api/vendor-api/organization/accounts
	PatchAccounts   Operation = "patchAccounts"   // PATCH /api/vendor-api/organization/accounts
	PatchAccount    Operation = "patchAccount"    // PATCH /api/vendor-api/organization/accounts/{accountId}
	UnknownPath     Operation = "unknownPath"
)

const apiPrefix = "/api/vendor-api"

// route says which call a request is, and the ids in its path. Ids are path segments, each escaped for itself.
func route(method, escapedPath string) (op Operation, serviceID, accountID string) {
	rest, ok := strings.CutPrefix(escapedPath, apiPrefix)
	if !ok {
		return UnknownPath, "", ""
	}
	segments := strings.Split(rest, "/")
	at := -1 // of the id
	switch {
	case len(segments) > 2 && segments[1] == "service":
		at = 2
	case len(segments) == 4 && segments[1] == "organization":
		at = 3
	}
	id := ""
	if at >= 0 {
		var err error
		if id, err = url.PathUnescape(segments[at]); err != nil {
			return UnknownPath, "", ""
		}
		segments[at] = "{}"
	}
	op, ok = operations[method+strings.Join(segments, "/")]
	switch {
	case !ok:
		return UnknownPath, "", ""
	case op == PatchAccount:
		return op, "", id
	case op == PatchStatus:
		return op, "", ""
	}
	return op, id, ""
}

var operations = map[string]Operation{
	"GET":                            GetVendor,
	"PATCH":                          PatchVendor,
	"POST/service":                   PostService,
	"GET/service/{}":                 GetService,
	"PATCH/service/{}":               PatchService,
	"POST/service/{}/count":          PostCount,
	"GET/organization":               GetOrganization,
	"PATCH/organization/status/{}":   PatchStatus,
	"GET/organization/accounts":      GetAccounts,
	"POST/organization/accounts":     PostAccounts,
	"PATCH/organization/accounts":    PatchAccounts,
	"PATCH/organization/accounts/{}": PatchAccount,
}

// judge evaluates a call: an unknown path, the token, the rate limit, the size, then what the call asks for.
func (m *Simulator) judge(c *call, now time.Time) answer {
	if c.Operation == UnknownPath {
		return notFound("Cannot %s %s", c.Method, c.Path)
	}
	if !m.authorized(c.token) {
		return refusal(http.StatusUnauthorized, or(m.sw.UnauthorizedMessage, "Unauthorized"))
	}
	if limit := m.sw.rateLimit(); limit > 0 {
		if m.admitted.count(now) >= limit {
			a := refusal(http.StatusTooManyRequests, "Request limit reached")
			a.retryAfter = m.sw.LimitRetryAfter
			return a
		}
		m.admitted.add(now)
	}
	if c.tooBig {
		return tooLarge()
	}
	switch c.Operation {
	case GetVendor:
		return m.getVendor()
	case PatchVendor:
		return m.patchVendor(c, now)
	case PostService:
		return m.postService(c, now)
	case GetService:
		return m.getService(c)
	case PatchService:
		return m.patchService(c)
	case PostCount:
		return m.postCount(c, now)
	case GetOrganization:
		return answer{status: http.StatusOK, json: m.organizationView()}
	case PatchStatus:
		return m.patchStatus(c, now)
	case GetAccounts:
		return m.getAccounts(c)
	case PostAccounts:
		return m.postAccounts(c)
	case PatchAccounts:
		return m.patchAccounts(c)
	default:
		return m.patchAccount(c, now)
	}
}

// authorized checks a Gradient-Token: padded standard base64 of "vendorApiKey:partnerApiKey", split at the first colon.
func (m *Simulator) authorized(token string) bool {
	text, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || token == "" {
		return false
	}
	vendorKey, partnerKey, ok := strings.Cut(string(text), ":")
	v, p := sha256.Sum256([]byte(vendorKey)), sha256.Sum256([]byte(partnerKey))
	return ok && subtle.ConstantTimeCompare(v[:], m.vendorKey[:])&subtle.ConstantTimeCompare(p[:], m.partnerKey[:]) == 1
}

// Token is what a client of the keys has to send as Gradient-Token.
func Token(vendorKey, partnerKey string) string {
	return base64.StdEncoding.EncodeToString([]byte(vendorKey + ":" + partnerKey))
}
