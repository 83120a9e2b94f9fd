package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func (d *demo) firstRun(ctx context.Context) error {
	d.chapter("The first run. Nothing is mapped yet: services and accounts appear at Synthesize, counts are not taken.")
	if err := d.run(ctx, fetch.Event{}, fetch.StateDone); err != nil {
		return err
	}
	renderServices(d.p.stdout, d.last.Services)
	return nil
}

func (d *demo) mapped(ctx context.Context) error {
	d.chapter("The administrator maps accounts and services in Synthesize. The second run posts.")
	d.sim.MapAll()
	return d.run(ctx, fetch.Event{}, fetch.StateDone)
}

func (d *demo) nothingNew(ctx context.Context) error {
	d.chapter("Nothing changes. The next run reads everything and sends no count at all.")
	before := d.sim.Writes()
	if err := d.run(ctx, fetch.Event{}, fetch.StateDone); err != nil {
		return err
	}
	d.say("writing requests to Synthesize: %d", d.sim.Writes()-before)
	return nil
}

// first finds the first visible active company with items, and its active items, beside those to be left alone.
func (d *demo) first(most int, not ...int64) (autotasktest.Company, []autotasktest.Item) {
	byCompany := map[int64][]autotasktest.Item{}
	d.tenant.Items(func(i autotasktest.Item) bool {
		if !i.Inactive {
			byCompany[i.Company] = append(byCompany[i.Company], i)
		}
		return true
	})
	for _, c := range d.tenant.Companies() {
		if n := len(byCompany[c.ID]); c.ID != 0 && !c.Inactive && !c.Hidden && n > 0 && n <= most && !slices.Contains(not, c.ID) {
			return c, byCompany[c.ID]
		}
	}
	return autotasktest.Company{}, nil
}

func (d *demo) retired(ctx context.Context) error {
	gone, items := d.first(40)
	other, others := d.first(1000, gone.ID)
	var laptop autotasktest.Item
	for _, i := range others {
		if i.Type == autotasktest.TypeLaptop {
			laptop = i
		}
	}
	d.chapter("A laptop of %q is retired, and %q leaves with all its %d devices. A zero is a count: it is posted.", clean(other.Name), clean(gone.Name), len(items))
	d.tenant.Retire(laptop.ID)
	for _, i := range items {
		d.tenant.Retire(i.ID)
	}
	if err := d.run(ctx, fetch.Event{}, fetch.StateDone); err != nil {
		return err
	}
	renderChanges(d.p.stdout, d.last.Changes, 0, listed)
	return nil
}

func (d *demo) outage(ctx context.Context) error {
	company, items := d.first(1000)
	d.chapter("A device of %q is retired, and Synthesize breaks down in the middle of the run.", clean(company.Name))
	for _, i := range items {
		if i.Type == autotasktest.TypeLaptop || i.Type == autotasktest.TypeDesktop || i.Type == autotasktest.TypeServer {
			d.tenant.Retire(i.ID)
			break
		}
	}
	broken := d.sim.Inject(synthesizetest.Fault{Match: func(r synthesizetest.RequestInfo) bool { return r.Method == "POST" }, Times: -1, Kind: synthesizetest.ServerError})
	if err := d.run(ctx, fetch.Event{}, fetch.StateFailed); err != nil {
		return err
	}
	d.say("the exit code says so (1); what was not told is kept in the ledger")
	broken.Remove()
	d.say("Synthesize is back, and the next run tells it:")
	return d.run(ctx, fetch.Event{}, fetch.StateDone)
}

// stale replays a message of an old run, as an operator might from the dead letters, through the real usage stage.
func (d *demo) stale(ctx context.Context) error {
	d.chapter("A message of an old run turns up again, with an old count. It is refused: never older over newer.")
	book := ledger.New(d.store, d.p.now)
	account, err := d.toldAccount(ctx, book)
	if err != nil {
		return err
	}
	m := message.Usage{
		RunID: "an-old-run", ObservedAt: account.Intent.ObservedAt.Add(-24 * time.Hour),
		Account: message.Account{ID: account.ID, Name: account.Name}, Counts: map[string]int64{"Managed Servers": 4711},
	}
	body, err := m.Encode()
	if err != nil {
		return err
	}
	before := d.sim.Writes()
	stage := &usage.Stage{
		Ledger: book, Log: slog.New(slog.DiscardHandler), Now: d.p.now, Workers: 1, Token: func() string { return "stale" },
		SecretVersion: func(context.Context, bool) (string, error) { return "", nil },
	}
	failures, summary := stage.Handle(ctx, []queue.Received{{ID: "1", Group: account.ID, Body: body}})
	if len(failures) != 0 || summary.Outcomes.Superseded != 1 || d.sim.Writes() != before {
		return fmt.Errorf("demo, step %d: the old message was not refused: %v %+v", d.step, failures, summary)
	}
	d.say("\"Managed Servers\" of %q: 4711 units as of yesterday: superseded; requests sent: 0", clean(account.Name))
	return nil
}

func (d *demo) toldAccount(ctx context.Context, book *ledger.Ledger) (ledger.Account, error) {
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return ledger.Account{}, err
	}
	for _, id := range slices.SortedFunc(maps.Keys(accounts), byNumber) {
		if a := accounts[id]; a.Intent != nil && a.Intent.Ended && a.Exists {
			return a, nil
		}
	}
	return ledger.Account{}, errors.New("demo: no account was told anything")
}

func (d *demo) lost(ctx context.Context) error {
	company, _ := d.first(1000)
	d.chapter("Somebody unmaps the account of %q, which gets a new server. That is a lost mapping: named, and exit code 1.", clean(company.Name))
	id := strconv.FormatInt(company.ID, 10)
	if err := d.sim.UnmapAccount(id); err != nil {
		return err
	}
	d.tenant.AddItem(autotasktest.Item{Company: company.ID, Type: autotasktest.TypeServer})
	if err := d.run(ctx, fetch.Event{}, fetch.StateFailed); err != nil {
		return err
	}
	for _, a := range d.last.Attention {
		if a.Kind == fetch.KindMappingLost {
			d.say("%s", clean(a.Text))
		}
	}
	if err := d.sim.MapAccount(id); err != nil {
		return err
	}
	d.say("It is mapped again, and the next run heals it:")
	return d.run(ctx, fetch.Event{}, fetch.StateDone)
}

func (d *demo) held(ctx context.Context) error {
	d.chapter("An import goes wrong: half of all laptops vanish from Autotask. The guard holds the run; nobody is un-billed.")
	var retired []int64
	d.tenant.Items(func(i autotasktest.Item) bool {
		if i.Type == autotasktest.TypeLaptop && !i.Inactive && i.ID%2 == 0 {
			retired = append(retired, i.ID)
		}
		return true
	})
	for _, id := range retired {
		d.tenant.Retire(id)
	}
	if err := d.run(ctx, fetch.Event{}, fetch.StateHeld); err != nil {
		return err
	}
	d.say("reason: %s", d.last.Reason)
	for _, id := range retired {
		d.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	}
	d.say("The import is put right, and the next run passes:")
	return d.run(ctx, fetch.Event{}, fetch.StateDone)
}
