package fetch

import (
	"context"
	"errors"
	"strconv"

	"golang.org/x/sync/errgroup" // the ordinary way to run calls side by side and take the first error

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/services"
)

// read reads types, then companies and items side by side (Autotask limits each by itself), and counts. The rules are
// held against the types before any item is read.
func (r *run) read(ctx context.Context) error {
	var over *autotask.BudgetError
	defer func() {
		r.result.Read.Requests = r.Autotask.Requests()
		r.result.Budget = BudgetOf(r.Autotask.Allowance())
		r.result.Budget.Exceeded = over != nil
	}()
	types, err := r.typesAndRights(ctx)
	if err != nil {
		return err
	}
	matched, warnings, err := r.match(types)
	if err != nil {
		return err
	}
	var companies []autotask.Company
	var items autotask.ItemCounts
	both, bothCtx := errgroup.WithContext(ctx)
	both.Go(func() error {
		var err error
		companies, err = r.Autotask.Companies(bothCtx)
		return err
	})
	both.Go(func() error {
		var err error
		items, err = r.Autotask.CountItems(bothCtx, r.base.SplitHint)
		return err
	})
	if err := both.Wait(); err != nil {
		var slow *autotask.TimeError
		if !errors.As(err, &over) && !errors.As(err, &slow) && ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	// Refused in the middle, and renewed by what stood in the secret then: another tenant's, or a user's who may read less.
	if r.Autotask.InUse() != r.bound {
		if err := r.bind(ctx); err != nil {
			return err
		}
		if err := r.readRights(ctx); err != nil {
			return err
		}
	}
	r.fleet = count(types, companies, items, matched, r.IncludeOwnCompany, r.InactiveZero)
	if r.InForce != nil {
		if inForce, _, err := r.InForce.Match(tenantTypes(types)); err != nil {
			r.inForceProblem = err.Error()
		} else {
			r.inForce = count(types, companies, items, inForce, r.IncludeOwnCompany, r.InactiveZero)
		}
	}
	requests := r.result.Read.Requests
	r.result.Read = r.fleet.stats
	r.result.Read.Requests = requests
	r.reportFleet(warnings)
	r.reportRights()
	return nil
}

// typesAndRights reads what must be known before any item is read.
func (r *run) typesAndRights(ctx context.Context) (types []autotask.Type, err error) {
	all, allCtx := errgroup.WithContext(ctx)
	all.Go(func() error {
		var err error
		types, err = r.Autotask.Types(allCtx)
		return err
	})
	all.Go(func() error { return r.readRights(allCtx) })
	all.Go(func() error { return r.readCompanyTypes(allCtx) })
	if err := all.Wait(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return types, nil
}

// match holds the rules against the tenant's types. A rule that fits nothing is an error of the rules, unless its types
// had items the last time: then the tenant has changed, and the guard holds the run instead.
func (r *run) match(types []autotask.Type) (services.Matched, []string, error) {
	matched, warnings, err := r.Rules.Match(tenantTypes(types))
	var none *services.NoTypesError
	if errors.As(err, &none) && r.hadItems(none) {
		r.unmatched = none
		return matched, append(warnings, err.Error()), nil
	}
	if err != nil {
		return matched, nil, &SettingsError{err}
	}
	return matched, warnings, nil
}

func tenantTypes(types []autotask.Type) []services.Type {
	tenant := make([]services.Type, len(types))
	for i, t := range types {
		tenant[i] = services.Type{ID: t.ID, Name: t.Name, Active: t.Active}
	}
	return tenant
}

// hadItems tells whether every rule that matches no type matched items when the comparison was last moved.
func (r *run) hadItems(none *services.NoTypesError) bool {
	for _, name := range none.Rules() {
		had := false
		for _, entries := range r.base.Entries {
			for entry, items := range entries {
				had = had || items > 0 && none.Names(name, entry)
			}
		}
		if !had {
			return false
		}
	}
	return true
}

func typeID(id int64) string { return strconv.FormatInt(id, 10) }
