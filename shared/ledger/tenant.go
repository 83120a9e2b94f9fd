package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

var tenantKey = Key{kindState, "tenant"}

// Tenant is what the ledger is bound to: one Autotask tenant, and one integration of one organization at Synthesize.
type Tenant struct {
	Autotask   AutotaskTenant   `json:"autotask,omitzero"`
	Synthesize SynthesizeTenant `json:"synthesize,omitzero"`
}

// AutotaskTenant is told apart by its database number and the name of company 0, the MSP itself.
type AutotaskTenant struct {
	Database int64  `json:"database"`
	Name     string `json:"name"` // empty while the API user may not see company 0
}

// another tells whether two are different tenants: both the number and the name differ. A name that nobody has seen is the
// same as none.
func (t AutotaskTenant) another(seen AutotaskTenant) bool {
	return t.Database != seen.Database && (t.Name != seen.Name || t.Name == "")
}

func (t AutotaskTenant) String() string { return fmt.Sprintf("%q (database %d)", t.Name, t.Database) }

// SynthesizeTenant is told apart by the ids of organization and vendor.
type SynthesizeTenant struct {
	OrganizationID string `json:"organizationId"`
	VendorID       string `json:"vendorId"`
	Name           string `json:"name,omitempty"` // of the organization, for people
}

func (t SynthesizeTenant) String() string {
	return fmt.Sprintf("%q (organization %s, vendor %s)", t.Name, t.OrganizationID, t.VendorID)
}

// TenantError says that the ledger belongs to another tenant.
type TenantError struct {
	Vendor string // "Autotask" or "Synthesize"
	Bound  string
	Seen   string
}

func (e *TenantError) Error() string {
	return fmt.Sprintf("this ledger belongs to the %s tenant %s, and the settings lead to %s; use that tenant's own ledger, or, if the tenant really moved, say so once with --accept-tenant (a stack that moves is deployed anew, with a ledger of its own)", e.Vendor, e.Bound, e.Seen)
}

// Tenant reads what the ledger is bound to.
func (l *Ledger) Tenant(ctx context.Context) (Tenant, error) {
	var t Tenant
	_, err := l.load(ctx, tenantKey, &t)
	return t, err
}

// BindAutotask binds the ledger to the tenant on its first run, and refuses another one with a *TenantError. One of
// database number and name may change; note then says so.
func (l *Ledger) BindAutotask(ctx context.Context, seen AutotaskTenant) (note string, err error) {
	_, err = update(ctx, l, tenantKey, func(t *Tenant) error {
		note = ""
		bound := t.Autotask
		switch {
		case bound == AutotaskTenant{}, bound == seen:
		case bound.another(seen):
			return &TenantError{"Autotask", bound.String(), seen.String()}
		case seen.Name == "":
			seen.Name = bound.Name // it cannot be seen now
		case bound.Name == "": // it could not be seen until now
		default:
			note = fmt.Sprintf("the Autotask tenant was %s and is now %s: followed, as only one of the two changed", bound, seen)
		}
		t.Autotask = seen
		return nil
	})
	return note, err
}

// BindSynthesize binds the ledger to the integration on its first look, and refuses another one with a *TenantError.
func (l *Ledger) BindSynthesize(ctx context.Context, seen SynthesizeTenant) error {
	_, err := update(ctx, l, tenantKey, func(t *Tenant) error {
		bound := t.Synthesize
		if bound != (SynthesizeTenant{}) && (bound.OrganizationID != seen.OrganizationID || bound.VendorID != seen.VendorID) {
			return &TenantError{"Synthesize", bound.String(), seen.String()}
		}
		t.Synthesize = seen
		return nil
	})
	return err
}

// AcceptTenant is a person's word that the tenant moved: everything told becomes unknown; services, accounts and what
// the guard compares with are forgotten, and the next look binds the ledger anew. What older runs meant to tell or make is
// superseded, dead letters included: the new tenant's companies may have the same ids. The binding goes last, so that one
// cut short is simply repeated.
func (l *Ledger) AcceptTenant(ctx context.Context) error {
	fence, err := l.fence(ctx)
	if err != nil {
		return err
	}
	accounts, err := l.Accounts(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(accounts))
	for id := range accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if err := l.UpdateAccounts(ctx, nil, accounts, ids, func(a *Account) {
		if a.Exists || len(a.Pairs) > 0 {
			a.gone()
		}
		for key, p := range a.Pairs {
			p.EverTold, p.Units = false, 0 // the new tenant was told nothing, so "no map" there is no loss
			a.set(key, p)
		}
		a.Wanted, a.Released, a.Adopted, a.Making, a.Intent, a.NameIntent = false, false, false, nil, &fence, &fence
	}); err != nil {
		return err
	}
	if _, err := l.UpdateServices(ctx, func(s *Services) error {
		s.List, s.Strangers, s.LookedAt, s.Proven, s.Intent = nil, Strangers{}, time.Time{}, "", &fence
		return nil
	}); err != nil {
		return err
	}
	if _, err := update(ctx, l, baselineKey, func(b *Baseline) error { *b = Baseline{NotBefore: fence.ObservedAt}; return nil }); err != nil {
		return err
	}
	if err := l.forgetDecisions(ctx); err != nil {
		return err
	}
	_, err = update(ctx, l, tenantKey, func(t *Tenant) error { *t = Tenant{}; return nil })
	return err
}

// fence is an intent that has ended, newer than every run so far and older than every run to come.
func (l *Ledger) fence(ctx context.Context) (Intent, error) {
	h, err := update(ctx, l, headKey, func(h *head) error {
		if err := h.usable(); err != nil {
			return err
		}
		h.Format = Format
		h.issue(l.now().UTC().Truncate(time.Millisecond))
		return nil
	})
	return Intent{RunID: "(another tenant accepted)", ObservedAt: h.Issued, Ended: true}, err
}
