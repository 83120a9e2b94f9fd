package local

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Checked is what a check found.
type Checked struct {
	Autotask   AutotaskChecked   `json:"autotask"`
	Synthesize SynthesizeChecked `json:"synthesize"`
	Rules      []RuleChecked     `json:"rules"`
	Advice     []string          `json:"advice"` // what needs a hand, each with what to do
	Failed     bool              `json:"failed"` // a run would fail as things stand
}

// AutotaskChecked is the Autotask side of a check.
type AutotaskChecked struct {
	OK        bool         `json:"ok"`
	Zone      string       `json:"zone,omitempty"`
	Tenant    string       `json:"tenant,omitempty"`
	Database  int64        `json:"database,omitempty"`
	Limit     int64        `json:"limit,omitempty"` // requests an hour, of all integrations together
	Used      int64        `json:"used,omitempty"`
	Companies int64        `json:"companies,omitempty"`
	Items     int64        `json:"items,omitempty"` // active ones
	Budget    fetch.Budget `json:"budget"`          // what a run may use of the hour, and needs
	Types     []string     `json:"types,omitempty"`
}

// SynthesizeChecked is the Synthesize side of a check.
type SynthesizeChecked struct {
	OK           bool     `json:"ok"`
	Organization string   `json:"organization,omitempty"`
	Integration  string   `json:"integration,omitempty"`
	Status       string   `json:"status,omitempty"`
	Services     []string `json:"services,omitempty"`
	Accounts     int      `json:"accounts"`
	Mapped       int      `json:"mapped"`
	Unmapped     int      `json:"unmapped"`
	NotSaid      int      `json:"notSaid"` // Synthesize does not say whether they are mapped
}

// RuleChecked is how a rule fits the tenant.
type RuleChecked struct {
	Service  string `json:"service"`
	Standing bool   `json:"standing"`          // stands at Synthesize already
	Unknown  bool   `json:"unknown,omitempty"` // whether it does: Synthesize could not be read
	Note     string `json:"note,omitempty"`
}

// Check logs in to both vendors and looks around. It writes nothing anywhere. The error is a *fetch.SettingsError where a run
// could not begin as it is set up: the ledger is another tenant's; what a vendor answers is in Checked.
func (m *Machine) Check(ctx context.Context) (Checked, error) {
	s, err := m.open(true)
	if err != nil {
		return Checked{}, &fetch.SettingsError{Err: err}
	}
	c := &checker{session: s}
	c.autotaskSide(ctx)
	if c.ended == nil {
		c.synthesizeSide(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return c.out, ctx.Err()
	case c.ended != nil:
		return c.out, c.ended
	}
	c.rules()
	return c.out, nil
}

type checker struct {
	*session
	out   Checked
	types []services.Type
	look  *accounts.Look // nil if Synthesize could not be looked at
	ended error          // why a run could not begin
}

func (c *checker) advise(format string, args ...any) {
	c.out.Advice = append(c.out.Advice, fmt.Sprintf(format, args...))
}

func (c *checker) fail(format string, args ...any) {
	c.out.Failed = true
	c.advise(format, args...)
}

// shutOut says that a vendor could not be logged in to. The remedy is for a login that was refused; no answer has another.
func (c *checker) shutOut(vendor string, err error, remedy string) {
	if !vendorapi.IsRefused(err) && !vendorapi.IsFault(err) {
		remedy = "Try again later; if it stays so, see whether this machine reaches it"
	}
	c.fail("%s. %s", of(vendor, err), remedy)
}

// of says which vendor an error is of, where it does not begin with that.
func of(vendor string, err error) string {
	if text := err.Error(); strings.HasPrefix(text, vendor+": ") {
		return text
	}
	return vendor + ": " + err.Error()
}

func (c *checker) autotaskSide(ctx context.Context) {
	login, err := c.autotask.Login(ctx)
	if err != nil {
		c.shutOut("Autotask", err, "Check AUTOTASK_USERNAME, AUTOTASK_SECRET and AUTOTASK_INTEGRATION_CODE; the user must be an API User (API-only)")
		return
	}
	a := &c.out.Autotask
	a.OK, a.Zone, a.Database = true, login.Zone.Name, login.Zone.Database
	a.Limit, a.Used = login.Budget.Limit, login.Budget.Used
	a.Budget = fetch.BudgetOf(c.autotask.Allowance())
	if login.Budget.Used*2 > login.Budget.Limit {
		c.advise("Autotask: %d of %d requests of the hour are used, by all integrations together; Autotask answers more slowly from half on, and refuses everybody at the end", a.Used, a.Limit)
	}
	own, err := c.autotask.OwnCompany(ctx)
	if err != nil {
		c.fail("Autotask: company 0 cannot be read: %v", err)
		return
	}
	a.Tenant = own.Name
	if _, err := c.book.BindAutotask(ctx, ledger.AutotaskTenant{Database: a.Database, Name: own.Name}); err != nil {
		c.ended = foreign(err)
		return
	}
	types, err := c.autotask.Types(ctx)
	if err != nil {
		c.fail("%s. Give the API user the right to read configuration item types", of("Autotask", err))
		return
	}
	for _, t := range types {
		c.types = append(c.types, services.Type{ID: t.ID, Name: t.Name, Active: t.Active})
		a.Types = append(a.Types, t.Name)
	}
	sort.Strings(a.Types)
	for _, entity := range []autotask.Entity{autotask.Companies, autotask.ConfigurationItems} {
		access, err := c.autotask.QueryAccess(ctx, entity)
		switch {
		case err != nil:
			c.advise("Autotask: the rights on %s cannot be read: %v", entity, err)
		case access == autotask.AccessNone:
			c.fail("Autotask: this user may not read %s. Give his security level full read access", entity)
		case access == autotask.AccessUnknown:
			c.advise("Autotask: it does not say how much of %s this user may read; make sure that his security level has full read access: what he cannot see is in no count", entity)
		case access != autotask.AccessAll:
			c.advise("Autotask: this user may read %s only in part (%s): what he cannot see is in no count. Give the API user's security level full read access", entity, access)
		}
	}
	c.count(ctx)
}

func (c *checker) count(ctx context.Context) {
	var err error
	if c.out.Autotask.Items, err = c.autotask.Count(ctx, autotask.ConfigurationItems, autotask.Eq("isActive", true)); err != nil {
		c.fail("%s. Give the API user the right to read configuration items", of("Autotask", err))
	}
	c.out.Autotask.Budget.Needed = autotask.RequestsFor(c.out.Autotask.Items)
	if b := c.out.Autotask.Budget; b.Percent > 0 && b.Needed > b.Allowed {
		c.advise("Autotask: reading the items needs about %d requests, and a run may use %d now (AUTOTASK_BUDGET_PERCENT=%d of what is left): it would %s (AUTOTASK_OVER_BUDGET). Run when other integrations are quiet, or raise the percentage", b.Needed, b.Allowed, b.Percent, b.Over)
	}
	if c.out.Autotask.Companies, err = c.autotask.Count(ctx, autotask.Companies, autotask.GTE("id", 0)); err != nil {
		c.fail("%s. Give the API user the right to read companies", of("Autotask", err))
	}
}

// synthesizeSide looks as a run does, on a copy of the ledger that is thrown away.
func (c *checker) synthesizeSide(ctx context.Context) {
	look, err := c.accountsStage().Take(ctx, fetch.LedgerRules(c.Rules))
	var other *ledger.TenantError
	s, org := &c.out.Synthesize, look.Organization
	switch {
	case errors.As(err, &other):
		c.ended = foreign(err)
		return
	case err != nil && org.OrganizationID == "":
		c.shutOut("Synthesize", err, "Check SYNTHESIZE_VENDOR_API_KEY and SYNTHESIZE_PARTNER_API_KEY; both are shown once, when the custom integration's tokens are generated")
		return
	}
	s.OK, s.Organization, s.Integration, s.Status = true, org.Name, org.VendorName, string(org.Status)
	for _, service := range look.Vendor.Services {
		s.Services = append(s.Services, service.Name)
	}
	if err != nil {
		c.fail("%s", of("Synthesize", err))
		return
	}
	c.look = &look
	s.Accounts = len(look.Accounts)
	for _, a := range look.Accounts {
		switch {
		case a.Mapped == nil:
			s.NotSaid++
		case *a.Mapped:
			s.Mapped++
		default:
			s.Unmapped++
		}
	}
	switch {
	case s.Accounts == 0:
		c.advise("Synthesize: no accounts yet; the first run makes them, then map them in Synthesize under Integrations")
	case s.Unmapped > 0:
		c.advise("Synthesize: %d of %d accounts are not mapped; open the integration in Synthesize, map accounts, map services, finish", s.Unmapped, s.Accounts)
	}
}

func (c *checker) rules() {
	unmatched := map[string]bool{}
	if c.types != nil {
		_, warnings, err := c.Rules.Match(c.types)
		var none *services.NoTypesError
		if errors.As(err, &none) {
			c.fail("Rules: %v", err)
			for _, name := range none.Rules() {
				unmatched[name] = true
			}
		}
		for _, w := range warnings {
			c.advise("Rules: %s", w)
		}
	}
	for _, r := range c.Rules {
		checked := RuleChecked{Service: r.Service, Unknown: c.look == nil}
		name := ""
		checked.Standing, name = c.standing(r.Service)
		switch {
		case r.Retired:
			checked.Note = "retired: what stands there becomes 0"
		case unmatched[r.Service]:
			checked.Note = "fits no type of this tenant"
		case checked.Standing && name != r.Service:
			checked.Note = fmt.Sprintf("called %q there", name)
		case c.look != nil && !checked.Standing:
			checked.Note = c.missing(r.Service)
		}
		c.out.Rules = append(c.out.Rules, checked)
	}
}

// standing tells whether a run will find a rule's service at Synthesize, and what it is called there.
func (c *checker) standing(service string) (stands bool, name string) {
	if c.look == nil {
		return false, ""
	}
	known, _ := c.look.Services.ByName(service)
	for _, at := range c.look.Vendor.Services {
		if at.ID == known.ID {
			return true, at.Name
		}
	}
	return false, ""
}

// missing says what becomes of a rule whose service does not stand there.
func (c *checker) missing(service string) string {
	if err := c.look.Renamed(service); err != nil {
		c.fail("Rules: %v", err)
		return "stands there, renamed from what the rules called it"
	}
	return "made by the first run"
}
