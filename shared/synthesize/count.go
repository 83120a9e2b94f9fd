package synthesize

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Count is the number of units of one service that one account has, all of them: it replaces what was told before.
type Count struct {
	ServiceID string // of Service.ID
	AccountID string
	Units     int64 // 0 is a count

	// NoBuild leaves the view in which the MSP sees the counts as it is. Some later accepted post has to go without.
	NoBuild bool
}

// Result is how a count post ended.
type Result string

// The results. Only Unclear, and any other that is not Definite, leave open what Synthesize has now.
const (
	Accepted    Result = "accepted"    // Synthesize has this count
	Unmapped    Result = "unmapped"    // the account or the service is not mapped; a normal answer, the count is not kept
	Refused     Result = "refused"     // a no to this count; Err says why
	Undelivered Result = "undelivered" // surely not executed, for now: too many requests, no connection, no time left
	Unclear     Result = "unclear"     // it may have taken effect, and no answer says so
	Faulted     Result = "faulted"     // the login was refused, or Synthesize wants no requests: send no more
)

// Outcome is all that is known of a count post.
type Outcome struct {
	Result Result

	// Definite says, of any result but Accepted, that every attempt was itself surely without effect, so that what
	// Synthesize had before it still has. An Unmapped after an attempt whose answer was lost is not definite.
	Definite bool

	// Late says, of any result, that an attempt was never answered, or by a proxy perhaps: within its time-out it may take
	// effect yet.
	Late bool

	Err error // of any result but Accepted; a *vendorapi.Error if a request was to be sent
}

// PostCount sets a unit count, and repeats that as long as patience lasts.
func (c *Client) PostCount(ctx context.Context, count Count) Outcome {
	if err := count.check(); err != nil {
		return Outcome{Result: Refused, Definite: true, Err: err}
	}
	path := "/service/" + url.PathEscape(count.ServiceID) + "/count"
	if count.NoBuild {
		path += "?no_build=true"
	}
	body := struct {
		AccountID string `json:"accountId"` // a string: a number may be refused
		Units     int64  `json:"unitCount"`
	}{count.AccountID, count.Units}
	operation := fmt.Sprintf("post the count of account %s for service %s", count.AccountID, count.ServiceID)

	var noMap, late bool
	judge := func(a vendorapi.Answer) vendorapi.Verdict {
		if noMap = unmapped(a); noMap {
			return vendorapi.Declined
		}
		return classify(a)
	}
	err := c.call(ctx, operation, http.MethodPost, path, body, func(r *vendorapi.Request[Keys]) {
		r.Classify, r.Decode = judge, written(judge)
		r.Late = func() { late = true }
	})
	if err == nil {
		return Outcome{Result: Accepted, Definite: true, Late: late}
	}
	unclear := vendorapi.IsUnclear(err)
	result := Undelivered
	switch vendorapi.KindOf(err) {
	case vendorapi.LoginFailed, vendorapi.Faulted:
		result = Faulted
	case vendorapi.Rejected:
		result = Refused
		if noMap {
			result = Unmapped
		}
	default:
		if unclear {
			result = Unclear
		}
	}
	var e *vendorapi.Error
	return Outcome{Result: result, Definite: !unclear, Late: errors.As(err, &e) && e.Late, Err: err}
}

// check finds what could not be meant, before it is sent.
func (c Count) check() error {
	switch {
	case c.ServiceID == "":
		return errors.New("synthesize: a count without a service id")
	case c.AccountID == "":
		return errors.New("synthesize: a count without an account id")
	case c.Units < 0:
		return fmt.Errorf("synthesize: a count of %d units for account %s", c.Units, c.AccountID)
	}
	return nil
}
