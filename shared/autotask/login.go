package autotask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Login is what is known once the vendor has taken the credentials.
type Login struct {
	Zone          Zone
	Budget        Budget
	SecretVersion string // of the credentials that were taken
}

// InUse is what requests go out with. It changes only where a login was refused, and looked up afresh.
type InUse struct {
	Zone          Zone
	SecretVersion string
}

// InUse is what the last request went out with. Whose tenant an answer is about is known for it alone.
func (c *Client) InUse() InUse {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := InUse{SecretVersion: c.used.Version}
	if c.zone != nil {
		in.Zone = *c.zone
	}
	return in
}

// Budget is the tenant's limit of requests, which all integrations share.
type Budget struct {
	Limit  int64
	Used   int64         // in the window that ends now
	Window time.Duration // an hour, as far as known
}

// Left is how many requests all integrations together may still send now.
func (b Budget) Left() int64 { return max(0, b.Limit-b.Used) }

// Login looks the zone up and proves the credentials by one request that goes alone. When they are refused, zone and
// credentials are looked up once more, and a second request goes out only if one of them has changed. A refusal is a
// *vendorapi.RefusedError, and ends the client.
func (c *Client) Login(ctx context.Context) (Login, error) {
	budget, err := c.Budget(ctx)
	if first := c.lastUsed(); isUnknownUser(err) {
		// The vendor has not even seen the secret. A name that was put right since gets its chance like a secret.
		var refused *vendorapi.RefusedError
		errors.As(err, &refused)
		refused.SecretVersion = first.Version
		fresh, lookup := c.config.Credentials(ctx, true)
		switch {
		case lookup != nil:
			refused.Lookup = lookup
		case fresh != first:
			c.spent += c.caller.Counters().Authenticated
			c.begin(&fresh)
			budget, err = c.Budget(ctx)
		}
	}
	if err != nil {
		return Login{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.share.begin(budget, c.config.BudgetPercent, c.Requests())
	return Login{Zone: *c.zone, Budget: budget, SecretVersion: c.used.Version}, nil
}

// isUnknownUser tells whether the zone lookup knew no such user.
func isUnknownUser(err error) bool {
	var refused *vendorapi.RefusedError
	return errors.As(err, &refused) && refused.Operation == operationZone
}

func (c *Client) lastUsed() Credentials {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}

// Budget asks how much of the tenant's requests is used now. The question is one of them.
func (c *Client) Budget(ctx context.Context) (Budget, error) {
	var budget Budget
	err := c.do(ctx, call{
		operation: "read ThresholdInformation",
		key:       "ThresholdInformation",
		path:      "ThresholdInformation",
		decode: func(body io.Reader) error {
			var answer struct {
				refusal
				Limit   *int64 `json:"externalRequestThreshold"`
				Minutes *int64 `json:"requestThresholdTimeframe"`
				Used    *int64 `json:"currentTimeframeRequestCount"`
			}
			if err := readSmall(body, &answer); err != nil {
				return err
			}
			if answer.Limit == nil || answer.Minutes == nil || answer.Used == nil {
				return fmt.Errorf("%w: a field of ThresholdInformation is missing", errNotAnAnswer)
			}
			budget = Budget{*answer.Limit, *answer.Used, time.Duration(*answer.Minutes) * time.Minute}
			return nil
		},
	})
	return budget, err
}

// Access is how much of an entity an API user may read. A user whose rights were narrowed gets fewer rows, not an error.
type Access string

// The levels of access.
const (
	AccessAll        Access = "All"
	AccessRestricted Access = "Restricted"
	AccessNone       Access = "None"
	AccessUnknown    Access = "" // the vendor does not say, or not in words that are known
)

// QueryAccess asks how much of an entity the user may query. An answer that does not say it is AccessUnknown and no error:
// it says nothing about the rows. Nor does a refusal to answer it, whose error is of the kind Rejected and ends no other call.
func (c *Client) QueryAccess(ctx context.Context, entity Entity) (Access, error) {
	var access Access
	err := c.do(ctx, call{
		operation: "read the access to " + string(entity),
		key:       entity,
		aside:     true,
		path:      string(entity) + "/entityInformation",
		decode: func(body io.Reader) error {
			var answer struct {
				refusal
				Info *struct {
					CanQuery *bool           `json:"canQuery"`
					Access   json.RawMessage `json:"userAccessForQuery"`
				} `json:"info"`
			}
			if err := readSmall(body, &answer); err != nil {
				return err
			}
			if answer.Info == nil {
				return nil
			}
			// The level by its name, or by its number in the vendor's list.
			level := map[string]Access{
				`"All"`: AccessAll, `"Restricted"`: AccessRestricted, `"None"`: AccessNone,
				`0`: AccessNone, `1`: AccessAll, `2`: AccessRestricted,
			}[string(answer.Info.Access)]
			if can := answer.Info.CanQuery; can != nil && !*can {
				level = AccessNone
			}
			access = level
			return nil
		},
	})
	return access, err
}
