package usage_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

var observed = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// briefly is the patience of a test in which Synthesize never answers. Where it does, a slow machine must not lose it.
const briefly = 100 * time.Millisecond

// desk is a usage stage before a local Synthesize with two services and some accounts, all mapped.
type desk struct {
	t      *testing.T
	sim    *synthesizetest.Simulator
	url    string
	book   *ledger.Ledger
	stage  *usage.Stage
	tokens atomic.Int64
	serial int
}

func newDesk(t *testing.T, companies ...string) *desk {
	t.Helper()
	d := &desk{t: t, sim: synthesizetest.New(synthesizetest.Options{})}
	server := synthesizetest.Start(d.sim)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.book = ledger.New(memory.New(), time.Now)
	d.stage = &usage.Stage{
		Synthesize: d.client(server.URL, time.Minute), Ledger: d.book, Log: slog.New(slog.DiscardHandler),
		SecretVersion: func(context.Context, bool) (string, error) { return "v1", nil },
		Token:         func() string { return fmt.Sprint("token", d.tokens.Add(1)) },
		Now:           time.Now, Workers: 4,
	}
	ctx := context.Background()
	client := d.client(server.URL, time.Minute)
	var standing []ledger.Standing
	for _, name := range []string{"Servers", "Workstations"} {
		made, err := client.CreateService(ctx, synthesize.NewService{Name: name, Description: name, Category: "other", Subcategory: "other"}, nil)
		d.must(err)
		standing = standing[:0]
		for _, s := range made {
			standing = append(standing, ledger.Standing{ID: s.ID, Name: s.Name})
		}
	}
	_, err := d.book.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Apply([]ledger.Rule{{Name: "Servers"}, {Name: "Workstations"}})
		s.Link(standing, ledger.Services{})
		s.LookedAt = observed
		return nil
	})
	d.must(err)
	for _, id := range companies {
		d.must(client.CreateAccounts(ctx, []synthesize.NewAccount{{ID: id, Name: "Company " + id}}, nil))
		d.must(d.book.NoteAccount(ctx, id, func(a *ledger.Account) { a.Made("Company " + id) }))
	}
	d.sim.MapAll()
	d.sim.ResetLog()
	return d
}

func (d *desk) client(url string, patience time.Duration) *synthesize.Client {
	c, err := synthesize.New(synthesize.Config{
		BaseURL: url, Patience: patience, Random: func() float64 { return 0 },
		Keys: func(context.Context, bool) (synthesize.Keys, error) {
			return synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: synthesizetest.DefaultPartnerKey, Version: "v1"}, nil
		},
	})
	d.must(err)
	return c
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) message(company string, at time.Time, counts map[string]int64) queue.Received {
	d.t.Helper()
	m := message.Usage{RunID: "run" + at.Format("150405"), ObservedAt: at, Account: message.Account{ID: company, Name: "Company " + company}, Counts: counts}
	body, err := m.Encode()
	d.must(err)
	d.serial++
	return queue.Received{ID: fmt.Sprint("m", d.serial), Group: company, Body: body, Receives: 1}
}

func (d *desk) held(company, service string) string {
	return d.sim.Counts()[synthesizetest.Pair{AccountID: company, Service: service}].String()
}

func servers(n int64) map[string]int64 { return map[string]int64{"Servers": n} }

func TestUsage_BatchIsPostedWithOneRebuild(t *testing.T) {
	d := newDesk(t, "1", "2", "3")
	failures, sum := d.stage.Handle(context.Background(), []queue.Received{
		d.message("1", observed, map[string]int64{"Servers": 3, "Workstations": 0}), d.message("2", observed, servers(5)), d.message("3", observed, servers(7)),
	})
	if failures == nil || len(failures) != 0 {
		t.Fatalf("failures %#v, want an empty list that is not nil", failures)
	}
	if sum.Outcomes.Posted != 4 || !sum.Definite {
		t.Errorf("summary %+v", sum)
	}
	if d.held("1", "Servers") != "3" || d.held("1", "Workstations") != "0" || d.held("3", "Servers") != "7" {
		t.Errorf("Synthesize holds %v", d.sim.Counts())
	}
	if got := d.sim.RebuildRequests(); got != 1 {
		t.Errorf("%d posts asked for a rebuild, want 1", got)
	}
	if owed, _ := d.book.RebuildOwed(context.Background(), 0); len(owed) != 0 {
		t.Errorf("a rebuild stays owed: %v", owed)
	}
}

func TestUsage_LastPostNotMapped_AnotherOnePaysTheRebuild(t *testing.T) {
	d := newDesk(t, "1", "2")
	d.sim.UnmapAccount("2")
	failures, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3)), d.message("2", observed, servers(5))})
	if len(failures) != 0 || sum.Outcomes.Posted != 1 || sum.Outcomes.Unmapped != 1 {
		t.Fatalf("%v %+v", failures, sum)
	}
	if got := d.sim.RebuildRequests(); got == 0 {
		t.Error("nobody asked for the rebuild")
	}
	if owed, _ := d.book.RebuildOwed(context.Background(), 0); len(owed) != 0 {
		t.Errorf("a rebuild stays owed: %v", owed)
	}
	a, _ := d.book.Account(context.Background(), "1")
	if p := a.Pairs["Servers"]; p.State != ledger.Told || p.Units != 3 {
		t.Errorf("after the second post of the same units: %+v", p)
	}
}

func TestUsage_NothingMapped_NothingIsOwed(t *testing.T) {
	d := newDesk(t, "1", "2")
	d.sim.UnmapAccount("1", "2")
	if failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3)), d.message("2", observed, servers(5))}); len(failures) != 0 {
		t.Fatal(failures)
	}
	if owed, _ := d.book.RebuildOwed(context.Background(), 0); len(owed) != 0 {
		t.Errorf("owed though nothing was accepted: %v", owed)
	}
}

func TestUsage_OlderMessageAfterANewerOneChangesNothing(t *testing.T) {
	d := newDesk(t, "1")
	later := observed.Add(-time.Hour) // both before the look
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(9))})
	posts := d.sim.Writes()
	failures, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", later, servers(2))})
	if len(failures) != 0 || sum.Outcomes.Superseded != 1 {
		t.Fatalf("%v %+v, want superseded", failures, sum)
	}
	if d.held("1", "Servers") != "9" || d.sim.Writes() != posts {
		t.Errorf("Synthesize holds %s after %d writes more", d.held("1", "Servers"), d.sim.Writes()-posts)
	}
}

// The ledger was restored from a backup; before that, a run's clock was three months ahead. To believe its time would
// make every count look old until then.
func TestUsage_ReadAtATimeThatLiesAhead_ByARunTheLedgerDoesNotKnow_TellsNothing(t *testing.T) {
	d := newDesk(t, "1")
	ahead := time.Now().Add(90 * 24 * time.Hour)
	_, err := d.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.LookedAt = ahead; return nil })
	d.must(err)
	failures, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", ahead, servers(9))})
	if len(failures) != 0 || sum.Outcomes != (ledger.Outcomes{Superseded: 1}) || d.sim.Writes() != 0 {
		t.Errorf("%v %+v, %d writes; want superseded, and nothing told", failures, sum, d.sim.Writes())
	}
	if failures, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(2))}); len(failures) != 0 || sum.Outcomes.Posted != 1 {
		t.Errorf("%v %+v; the next run's count is told", failures, sum)
	}

	// A run that the ledger knows may have any time: its clock was ahead, and all others come after it.
	d = newDesk(t, "1")
	known := ledger.New(d.book.Store(), func() time.Time { return ahead })
	lease, err := known.Begin(context.Background(), "run", time.Hour)
	d.must(err)
	_, err = d.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.LookedAt = ahead; return nil })
	d.must(err)
	if _, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", lease.ObservedAt, servers(9))}); sum.Outcomes.Posted != 1 {
		t.Errorf("%+v; the count of a known run is told", sum)
	}
}

func TestUsage_SameMessageTwiceIsPostedOnce(t *testing.T) {
	d := newDesk(t, "1")
	m := d.message("1", observed, servers(9))
	d.stage.Handle(context.Background(), []queue.Received{m})
	posts := d.sim.Writes()
	_, sum := d.stage.Handle(context.Background(), []queue.Received{m})
	if sum.Outcomes.Unchanged != 1 || d.sim.Writes() != posts {
		t.Errorf("%+v, %d writes more", sum, d.sim.Writes()-posts)
	}
}

func TestUsage_PoisonedMessageDiesAloneWithItsReason(t *testing.T) {
	d := newDesk(t, "1", "2")
	poison := d.message("1", observed, servers(1))
	poison.Body = []byte(strings.Replace(string(poison.Body), `"version":1`, `"version":7`, 1))
	failures, sum := d.stage.Handle(context.Background(), []queue.Received{poison, d.message("2", observed, servers(4))})
	if len(failures) != 1 || failures[0].ID != poison.ID || !failures[0].Dead || !strings.Contains(failures[0].Err.Error(), "version") {
		t.Fatalf("failures %+v", failures)
	}
	if sum.Outcomes.Posted != 1 || d.held("2", "Servers") != "4" {
		t.Errorf("the other company was not told: %+v", sum)
	}
}

func TestUsage_AnswerLostIsMaybeToldAndTriedAgain(t *testing.T) {
	d := newDesk(t, "1")
	d.stage.Synthesize = d.client(d.url, briefly)
	d.sim.Inject(synthesizetest.Fault{Match: isCount, Times: -1, Kind: synthesizetest.DropAfter})
	failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(4))})
	if len(failures) != 1 || failures[0].Dead {
		t.Fatalf("failures %+v, want one that comes again", failures)
	}
	a, _ := d.book.Account(context.Background(), "1")
	if p := a.Pairs["Servers"]; p.State != ledger.MaybeTold {
		t.Errorf("got %+v, want maybe told", p)
	}
	if !a.OpenIntent() {
		t.Error("the run's word about the company counts as kept")
	}
}

func isCount(r synthesizetest.RequestInfo) bool { return strings.HasSuffix(r.Path, "/count") }

func TestUsage_RefusedLoginStopsTheBatchAndIsNoted(t *testing.T) {
	d := newDesk(t, "1", "2", "3", "4", "5", "6", "7", "8")
	d.stage.Workers = 1
	d.sim.RotatePartnerKey("another")
	var batch []queue.Received
	for i := 1; i <= 8; i++ {
		batch = append(batch, d.message(fmt.Sprint(i), observed, servers(int64(i))))
	}
	failures, _ := d.stage.Handle(context.Background(), batch)
	if len(failures) != 8 {
		t.Fatalf("%d of 8 failed", len(failures))
	}
	if got := d.sim.Total(); got > 2 {
		t.Errorf("%d requests with a wrong key, want at most 2", got)
	}
	before := d.sim.Total()
	d.stage.Synthesize = d.client(d.url, time.Minute) // another worker's: only the ledger tells it of the refusal
	d.stage.Handle(context.Background(), batch)
	if got := d.sim.Total(); got != before {
		t.Errorf("the same run called the vendor %d times more after the refusal", got-before)
	}
	a, _ := d.book.Account(context.Background(), "1")
	if p := a.Pairs["Servers"]; p.State != ledger.Never {
		t.Errorf("a refused post left %+v", p)
	}
}

func TestUsage_FaultOfTheWholeIntegration_EndsTheMessageAtItsFirstCount(t *testing.T) {
	d := newDesk(t, "1")
	d.sim.Inject(synthesizetest.Fault{Match: isCount, Times: -1, Kind: synthesizetest.ServerError, Status: 403})
	asked := &asked{Poster: d.stage.Synthesize}
	d.stage.Synthesize = asked
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, map[string]int64{"Servers": 3, "Workstations": 4})})
	if asked.posts != 1 || d.sim.Total() != 1 {
		t.Errorf("%d posts, %d requests, want the first count's alone", asked.posts, d.sim.Total())
	}
}

// asked counts what a stage asks of its client, which sends nothing more itself once the vendor has refused it.
type asked struct {
	usage.Poster
	posts int
}

func (a *asked) PostCount(ctx context.Context, c synthesize.Count) synthesize.Outcome {
	a.posts++
	return a.Poster.PostCount(ctx, c)
}

func TestUsage_AnswerUnclearAndNothingAccepted_TheRebuildStaysOwed(t *testing.T) {
	d := newDesk(t, "1", "2")
	d.sim.UnmapAccount("2")
	d.stage.Synthesize = d.client(d.url, briefly)
	d.sim.Inject(synthesizetest.Fault{Where: synthesizetest.Where{AccountID: "1"}, Match: isCount, Times: -1, Kind: synthesizetest.DropAfter})
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(4)), d.message("2", observed, servers(5))})
	if d.held("1", "Servers") != "4" {
		t.Fatalf("Synthesize holds %q; the count was to take effect", d.held("1", "Servers"))
	}
	if owed, _ := d.book.RebuildOwed(context.Background(), 0); len(owed) != 1 {
		t.Errorf("owed: %v, though a count may stand that people do not see", owed)
	}
}

func TestUsage_MessageWaitsForItsRunsLook(t *testing.T) {
	d := newDesk(t, "1")
	failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed.Add(time.Hour), servers(4))})
	if len(failures) != 1 || failures[0].Dead || failures[0].RetryAfter == 0 {
		t.Fatalf("failures %+v, want one that rests", failures)
	}
	if d.sim.Writes() != 0 {
		t.Error("it was posted before its run has looked")
	}
}

func TestUsage_MessageWaitsForTheAccountThatItsRunIsToMake(t *testing.T) {
	d := newDesk(t)
	d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
		a.NameIntent = &ledger.Intent{RunID: "run", ObservedAt: observed}
	}))
	failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(4))})
	if len(failures) != 1 || failures[0].Dead || failures[0].RetryAfter == 0 || d.sim.Total() != 0 {
		t.Fatalf("failures %+v, %d requests; want one that rests", failures, d.sim.Total())
	}
}

func TestUsage_MappingLostIsTold(t *testing.T) {
	d := newDesk(t, "1")
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed.Add(-time.Hour), servers(4))})
	d.sim.UnmapAccount("1")
	_, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(5))})
	if sum.Outcomes.Lost != 1 || sum.Outcomes.Unmapped != 0 {
		t.Errorf("got %+v, want a lost mapping", sum)
	}
}

func TestUsage_PanicIsThatMessagesFailureAlone(t *testing.T) {
	d := newDesk(t, "1", "2")
	d.stage.Synthesize = panicking{d.stage.Synthesize}
	failures, sum := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(4)), d.message("2", observed, servers(5))})
	if len(failures) != 1 || sum.Outcomes.Posted != 1 {
		t.Fatalf("failures %+v, %+v", failures, sum)
	}
}

type panicking struct{ usage.Poster }

func (p panicking) PostCount(ctx context.Context, c synthesize.Count) synthesize.Outcome {
	if c.AccountID == "1" {
		panic("a bug")
	}
	return p.Poster.PostCount(ctx, c)
}

// A function that is ended while it waits for an answer still writes down that it does so no more.
func TestUsage_EndedWhileACountIsOnItsWay_TheLedgerHearsOfIt(t *testing.T) {
	d := newDesk(t, "1")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if r.Method == "POST" {
			cancel()
		}
	})
	if failures, _ := d.stage.Handle(ctx, []queue.Received{d.message("1", observed, servers(3))}); len(failures) != 1 {
		t.Errorf("%+v, want that it comes again", failures)
	}
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	pair := a.Pairs["Servers"]
	if pair.State != ledger.MaybeTold || len(pair.Open) != 1 || !pair.Open["token2"].Reported && !pair.Open["token1"].Reported {
		t.Errorf("the ledger knows %+v, want an attempt that has ended", pair)
	}
}
