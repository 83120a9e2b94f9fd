package autotask

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Zone is where a tenant lives. Tenants move between zones, so it is looked up in every run.
type Zone struct {
	Name     string // "America East", say
	URL      string // below which V1.0 lies, without a slash at its end
	Database int64  // the tenant's number; the vendor calls it ci
}

const operationZone = "look up the zone"

// pathBelow is what a zone's path may look like: /atservicesrest in any case today, plain words at any rate.
var pathBelow = regexp.MustCompile(`^(/[A-Za-z0-9_-]{1,40}){0,4}$`)

// checkZoneURL says where requests with credentials may go. Everything but the vendor's own hosts is refused, as the
// credentials travel in every request.
func checkZoneURL(answer string, base *url.URL) (string, error) {
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("the zone lookup names an address that credentials are not sent to: %s", why)
	}
	u, err := url.Parse(answer)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return refuse("it is not a URL with a host")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return refuse("it has more than a host and a path")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	if u.RawPath != "" || !pathBelow.MatchString(u.Path) {
		return refuse(fmt.Sprintf("path %.100q", u.Path))
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case vendorapi.IsLoopback(base.Hostname()) && vendorapi.IsLoopback(host) && (u.Scheme == "http" || u.Scheme == "https"):
	case u.Scheme != "https":
		return refuse(fmt.Sprintf("scheme %.20q at %.100q is not https", u.Scheme, host))
	case !strings.HasSuffix(host, ".autotask.net"):
		return refuse(fmt.Sprintf("host %.100q is not under autotask.net", host))
	case u.Port() != "" && u.Port() != "443":
		return refuse(fmt.Sprintf("port %s", u.Port()))
	}
	return u.Scheme + "://" + u.Host + u.Path, nil
}

// lookUpZone asks where a user's tenant lives; no credentials are sent.
func (c *Client) lookUpZone(ctx context.Context, user string) (Zone, error) {
	var zone Zone
	address := *c.base
	address.Path += "/atservicesrest/v1.0/zoneInformation"
	address.RawQuery = "user=" + url.QueryEscape(user)
	err := c.caller.Do(ctx, vendorapi.Request[Credentials]{
		Operation: operationZone,
		Anonymous: true,
		New: func(ctx context.Context, _ Credentials) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
		},
		Classify: func(a vendorapi.Answer) vendorapi.Verdict {
			if strings.Contains(strings.ToLower(string(a.Body)), "zone information could not be determined") {
				return vendorapi.Refused // nobody of that name
			}
			return classify(a)
		},
		Decode: func(body io.Reader) error {
			var answer struct {
				refusal
				ZoneName string `json:"zoneName"`
				URL      string `json:"url"`
				CI       *int64 `json:"ci"`
			}
			if err := readSmall(body, &answer); err != nil {
				return judge(err, nil, call{}.verdict)
			}
			at, err := checkZoneURL(answer.URL, c.base)
			if err != nil {
				return vendorapi.Judge(vendorapi.Permanent, err)
			}
			if answer.CI == nil {
				return fmt.Errorf("%w: no \"ci\"", errNotAnAnswer)
			}
			zone = Zone{Name: clean(answer.ZoneName), URL: at, Database: *answer.CI}
			return nil
		},
	})
	return zone, err
}

// zoneOf is where a user's requests go, looked up when the first one is about to. Another user may be another tenant's, whose
// number is not this one's, though both live in one zone.
func (c *Client) zoneOf(ctx context.Context, credentials Credentials) (Zone, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = credentials
	if c.zone == nil || c.zoneUser != credentials.Username {
		zone, err := c.lookUpZone(ctx, credentials.Username)
		if err != nil {
			return Zone{}, err
		}
		c.zone, c.zoneUser = &zone, credentials.Username
	}
	return *c.zone, nil
}

// moved looks the zone up once more after a refusal: a right secret on the zone that the tenant has left is refused too.
func (c *Client) moved(ctx context.Context, credentials Credentials) (bool, error) {
	zone, err := c.lookUpZone(ctx, credentials.Username)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := c.zone == nil || c.zone.URL != zone.URL
	c.zone, c.zoneUser = &zone, credentials.Username
	return changed, nil
}
