package fetch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// bounded takes documents as long as DynamoDB does, and no longer.
type bounded struct{ ledger.Store }

func (b bounded) Write(ctx context.Context, writes ...ledger.Write) error {
	for _, w := range writes {
		if len(w.Body) > 400<<10-256 {
			return fmt.Errorf("%s has %d bytes", w.Key, len(w.Body))
		}
	}
	return b.Store.Write(ctx, writes...)
}

// Thousands of clients fall at once: the whole is held, recorded, and can be approved.
func TestCompanyGuard_ThousandsOfCompaniesFall_TheRunIsHeldAndCanBeApproved(t *testing.T) {
	o := newOffice(t)
	o.book = ledger.New(bounded{o.store}, func() time.Time { return o.now })
	o.stage.Ledger = o.book
	o.stage.Guard.MaxCompanyDropPercent = 50
	var gone []int64
	for c := int64(1000); c < 4000; c++ {
		o.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("A company of an ordinary name ", c)})
		gone = append(gone, o.add(c, 1, 6)[1:]...)
		o.add(c, 3, 1)
	}
	o.night()
	for _, id := range gone {
		o.tenant.Retire(id)
	}
	o.now = o.now.Add(24 * time.Hour)
	held, err := o.run(fetch.Event{})
	if err != nil || held.State != fetch.StateHeld {
		t.Fatalf("%s: %.300v", held.State, err)
	}
	o.approve(held.RunID)
	o.now = o.now.Add(time.Hour)
	if r, err := o.run(fetch.Event{}); err != nil || r.State != fetch.StateDone || len(r.Holds) != 0 {
		t.Errorf("approved: %s, %d holds, %.300v", r.State, len(r.Holds), err)
	}
}

// A rule of forty types loses one, and with it 180 clients fall. Each is held by itself and can be approved, however long the rule.
func TestCompanyGuard_ALongRuleChanges_ManyCompaniesFall_EachIsHeldByItself(t *testing.T) {
	o := newOffice(t)
	o.book = ledger.New(bounded{o.store}, func() time.Time { return o.now })
	o.stage.Ledger = o.book
	o.stage.Guard.MaxCompanyDropPercent = 20
	rule := "- service: Everything\n  types:\n"
	for n := range 40 {
		name := fmt.Sprintf("A type of device with a long name, number %d", n)
		o.tenant.SetType(autotasktest.Type{ID: int64(100 + n), Name: name})
		rule += fmt.Sprintf("    - %q\n", name)
	}
	for c := int64(1000); c < 1600; c++ {
		o.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("A company of an ordinary name ", c)})
		o.add(c, 100, 10)
		if c < 1180 {
			o.add(c, 139, 6)
		}
	}
	o.stage.Rules = parsed(t, rule)
	o.night()
	o.stage.Rules = parsed(t, rule[:strings.LastIndex(rule, "    - ")])
	o.now = o.now.Add(24 * time.Hour)
	for _, held := range []int{180, 0} {
		r, err := o.run(fetch.Event{})
		if err != nil || r.State != fetch.StateDone || len(r.Holds) != held {
			t.Fatalf("%s, %d holds, %.300v", r.State, len(r.Holds), err)
		}
		o.told()
		if held > 0 {
			o.approve(r.RunID)
		}
		o.now = o.now.Add(24 * time.Hour)
	}
}

// Hundreds of types leave Autotask's list, and many clients fall with them. What is held fits into a document, and can be approved.
func TestCompanyGuard_HundredsOfTypesVanish_TheRunIsHeldAndCanBeApproved(t *testing.T) {
	o := newOffice(t)
	o.book = ledger.New(bounded{o.store}, func() time.Time { return o.now })
	o.stage.Ledger = o.book
	o.stage.Guard.MaxCompanyDropPercent = 20
	const types, clients = 400, 200
	rule := "- service: Everything\n  types:\n    - Desktop\n"
	for n := range int64(types) {
		name := fmt.Sprintf("A type of device with a long name, number %d", n)
		o.tenant.SetType(autotasktest.Type{ID: 100 + n, Name: name})
		rule += fmt.Sprintf("    - %q\n", name)
	}
	long := strings.Repeat("A company of a long name ", 20)
	for c := int64(1000); c < 1000+clients; c++ {
		o.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint(long, c)})
		o.add(c, 1, 10)
		for n := range int64(10) {
			o.add(c, 100+(10*c+n)%types, 1)
		}
	}
	o.stage.Rules = parsed(t, rule)
	o.night()
	for n := range int64(types) {
		o.tenant.RemoveType(100 + n)
	}
	o.now = o.now.Add(24 * time.Hour)
	held, err := o.run(fetch.Event{})
	if err != nil || held.State != fetch.StateHeld {
		t.Fatalf("%s: %.300v", held.State, err)
	}
	o.approve(held.RunID)
	o.now = o.now.Add(time.Hour)
	if r, err := o.run(fetch.Event{}); err != nil || r.State != fetch.StateDone || len(r.Holds) != 0 {
		t.Errorf("approved: %s, %d holds, %.300v", r.State, len(r.Holds), err)
	}
}
