package synthesize_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

func TestPostCount_Outcomes(t *testing.T) {
	type fault = synthesizetest.Fault
	always := func(f fault) fault { f.Times = -1; return f }
	busy := fault{Kind: synthesizetest.TooManyRequests}
	broken := fault{Kind: synthesizetest.ServerError, Status: 502, HTML: true}
	lost := fault{Kind: synthesizetest.DropAfter}
	for _, c := range []struct {
		name     string
		unmapped bool
		faults   []fault
		result   synthesize.Result
		definite bool
		requests int  // 0: not asserted
		stored   bool // afterwards at Synthesize
	}{
		{"accepted", false, nil, synthesize.Accepted, true, 1, true},
		{"accepted with an empty body", false, []fault{{Kind: synthesizetest.EmptyBody}}, synthesize.Accepted, true, 1, true},
		{"accepted with half a body", false, []fault{{Kind: synthesizetest.DropMidAnswer}}, synthesize.Accepted, true, 1, true},
		{"accepted after a 429", false, []fault{busy}, synthesize.Accepted, true, 2, true},
		{"accepted after a web page", false, []fault{broken}, synthesize.Accepted, true, 2, true},
		{"accepted after a lost answer", false, []fault{lost}, synthesize.Accepted, true, 2, true},
		{"a web page instead of an answer is no acceptance", false, []fault{{Kind: synthesizetest.Answer, Status: 200, HTML: true}}, synthesize.Accepted, true, 2, true},
		{"unmapped", true, nil, synthesize.Unmapped, true, 1, false},
		{"unmapped after a 429", true, []fault{busy}, synthesize.Unmapped, true, 2, false},
		{"unmapped after a 502", true, []fault{broken}, synthesize.Unmapped, false, 2, false},
		{"unmapped after a lost answer", true, []fault{lost}, synthesize.Unmapped, false, 2, false},
		{"another 404", false, []fault{{Kind: synthesizetest.NotFound}}, synthesize.Refused, true, 1, false},
		{"400", false, []fault{{Kind: synthesizetest.BadRequest, Messages: []string{"no", "map found"}}}, synthesize.Refused, true, 1, false},
		{"413", false, []fault{{Kind: synthesizetest.Answer, Status: 413, HTML: true}}, synthesize.Refused, true, 1, false},
		{"400 after a lost answer", false, []fault{lost, {Kind: synthesizetest.BadRequest}}, synthesize.Refused, false, 2, true},
		{"429 without end", false, []fault{always(busy)}, synthesize.Undelivered, true, 0, false},
		{"502 without end", false, []fault{always(broken)}, synthesize.Unclear, false, 0, false},
		{"429 without end after a lost answer", false, []fault{lost, always(busy)}, synthesize.Unclear, false, 0, true},
		{"answers lost without end", false, []fault{always(lost)}, synthesize.Unclear, false, 0, true},
		{"403", false, []fault{{Kind: synthesizetest.Forbidden}}, synthesize.Faulted, true, 1, false},
		{"vendor profile not found", false, []fault{{Kind: synthesizetest.VendorNotFound}}, synthesize.Faulted, true, 1, false},
		{"403 after a lost answer", false, []fault{lost, {Kind: synthesizetest.Forbidden}}, synthesize.Faulted, false, 2, true},
	} {
		in(t, c.name, func(t *testing.T, w *world) {
			service := w.stock(t, 1, !c.unmapped)
			for _, f := range c.faults {
				w.sim.Inject(f)
			}
			start := time.Now()
			o := w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: "1", Units: 12})
			if o.Result != c.result || o.Definite != c.definite {
				t.Errorf("outcome %s, definite %v (%v); want %s, %v", o.Result, o.Definite, o.Err, c.result, c.definite)
			}
			if (o.Err == nil) != (o.Result == synthesize.Accepted) {
				t.Errorf("%s with error %v", o.Result, o.Err)
			}
			if c.requests != 0 && w.sim.Total() != c.requests {
				t.Errorf("%d requests, want %d", w.sim.Total(), c.requests)
			}
			if stored := len(w.sim.Counts()) == 1; stored != c.stored {
				t.Errorf("stored: %v, want %v", stored, c.stored)
			}
			if took := time.Since(start); took > synthesizePatience {
				t.Errorf("took %s, longer than patience", took)
			}
			if o.Err != nil {
				noSecret(t, o.Err.Error())
			}
		})
	}
}

const synthesizePatience = vendorapi.DefaultPatience + time.Millisecond

func TestPostCount_OfAServiceThatIsNotMapped_IsUnmappedHoweverItIsPut(t *testing.T) {
	for _, message := range []string{"No service map found with id: {serviceId}", "no map found", "No account mapping found"} {
		in(t, message, func(t *testing.T, w *world) {
			service := w.stock(t, 1, false)
			if err := w.sim.MapAccount("1"); err != nil {
				t.Fatal(err)
			}
			w.sim.Switch(func(s *synthesizetest.Switches) { s.ServiceUnmappedMessage = message })
			o := w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: "1", Units: 1})
			if o.Result != synthesize.Unmapped || !o.Definite {
				t.Errorf("outcome %+v, want a definite unmapped", o)
			}
		})
	}
}

func TestPostCount_OfAnUnknownService_IsNotUnmapped(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		w.stock(t, 1, true)
		o := w.PostCount(t.Context(), synthesize.Count{ServiceID: strings.Repeat("0", 24), AccountID: "1", Units: 1})
		if o.Result != synthesize.Refused || !strings.Contains(o.Err.Error(), "Service Not Found") {
			t.Errorf("outcome %+v, want refused with the reason", o)
		}
	})
}

func TestPostCount_OnTheWire(t *testing.T) {
	for _, c := range []struct {
		count synthesize.Count
		query string
		body  string
	}{
		{synthesize.Count{AccountID: "175", Units: 12}, "", `{"accountId":"175","unitCount":12}`},
		{synthesize.Count{AccountID: "175", Units: 0, NoBuild: true}, "no_build=true", `{"accountId":"175","unitCount":0}`},
	} {
		in(t, c.query, func(t *testing.T, w *world) {
			c.count.ServiceID = w.stock(t, 200, true)
			if o := w.PostCount(t.Context(), c.count); o.Result != synthesize.Accepted {
				t.Fatalf("outcome %+v", o)
			}
			r := w.sim.Requests()[0]
			if r.Query.Encode() != c.query || string(r.Body) != c.body || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" {
				t.Errorf("sent %q with query %q, header %v", r.Body, r.Query.Encode(), r.Header)
			}
			want := map[synthesizetest.Pair]json.Number{{AccountID: "175", Service: "Managed Servers"}: json.Number(fmt.Sprint(c.count.Units))}
			if got := w.sim.Counts(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("stored %v, want %v", got, want)
			}
		})
	}
}

func TestPostCount_OfWhatCannotBeMeant_IsNotSent(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 1, true)
		for _, count := range []synthesize.Count{
			{ServiceID: "", AccountID: "1", Units: 1}, {ServiceID: service, AccountID: "", Units: 1}, {ServiceID: service, AccountID: "1", Units: -1},
		} {
			if o := w.PostCount(t.Context(), count); o.Result != synthesize.Refused || !o.Definite || o.Err == nil {
				t.Errorf("outcome of %+v: %+v, want refused", count, o)
			}
		}
		if w.sim.Total() != 0 {
			t.Errorf("%d requests, want none", w.sim.Total())
		}
	})
}

func TestPostCount_ContextEnds_WhileTheAnswerIsAwaited_IsUnclear(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 1, true)
		w.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.HangAfter})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		o := w.PostCount(ctx, synthesize.Count{ServiceID: service, AccountID: "1", Units: 1})
		if o.Result != synthesize.Unclear || o.Definite {
			t.Errorf("outcome %+v, want unclear", o)
		}
		// A context that has ended sends nothing, which is quite clear.
		if o := w.PostCount(ctx, synthesize.Count{ServiceID: service, AccountID: "1", Units: 2}); o.Result != synthesize.Undelivered || !o.Definite {
			t.Errorf("outcome %+v, want undelivered", o)
		}
		if w.sim.Total() != 1 {
			t.Errorf("%d requests, want 1", w.sim.Total())
		}
	})
}

func TestPostCount_AcceptedAfterAnAttemptThatWasNeverAnswered_SaysThatOneIsLate(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 1, true)
		w.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.DropBefore})
		if o := w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: "1", Units: 1}); o.Result != synthesize.Accepted || !o.Late {
			t.Errorf("outcome %+v, want accepted, and late", o)
		}
		if o := w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: "1", Units: 1}); o.Result != synthesize.Accepted || o.Late {
			t.Errorf("outcome %+v, want accepted, and nothing late", o)
		}
	})
}

// A proxy that has lost patience says nothing of what the vendor does with the request. An answer of the vendor's own, cut
// on its way, says that he is done with it.
func TestPostCount_AcceptedAfterAProxysAnswer_SaysThatOneIsLate(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 1, true)
		for _, c := range []struct {
			fault synthesizetest.Fault
			late  bool
		}{
			{synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 504, HTML: true}, true},
			{synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 502}, true},
			{synthesizetest.Fault{Kind: synthesizetest.Answer, Status: 408}, true},
			{synthesizetest.Fault{Kind: synthesizetest.DropMidAnswer}, false},
			{synthesizetest.Fault{Kind: synthesizetest.TooManyRequests}, false},
		} {
			w.sim.Inject(c.fault)
			if o := w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: "1", Units: 1}); o.Result != synthesize.Accepted || o.Late != c.late {
				t.Errorf("%s %d: outcome %+v, want accepted, late %v", c.fault.Kind, c.fault.Status, o, c.late)
			}
		}
	})
}

func TestPostCount_Thousands_KeepBelowTheLimit(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 1000, true)
		w.sim.Switch(func(s *synthesizetest.Switches) { s.Latency = 50 * time.Millisecond })
		start := time.Now()
		done := make(chan synthesize.Outcome)
		for i := range 1000 {
			go func() {
				done <- w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: fmt.Sprint(i + 1), Units: int64(i)})
			}()
		}
		for range 1000 {
			if o := <-done; o.Result != synthesize.Accepted {
				t.Errorf("outcome %+v", o)
			}
		}
		if w.sim.PeakRate() >= 100 || w.sim.PeakInFlight() > 8 || w.sim.Total() != 1000 {
			t.Errorf("%d requests, up to %d in a second, %d at once; want 1000, below 100, at most 8", w.sim.Total(), w.sim.PeakRate(), w.sim.PeakInFlight())
		}
		if took := time.Since(start); took > 14*time.Second {
			t.Errorf("took %s for 1000 posts at 80 a second", took)
		}
	})
}

func TestPostCount_TighterLimitThanDocumented_IsFound(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 500, true)
		w.sim.Switch(func(s *synthesizetest.Switches) { s.RateLimit = 20 })
		done := make(chan synthesize.Outcome)
		for i := range 500 {
			go func() {
				done <- w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: fmt.Sprint(i + 1), Units: 1})
			}()
		}
		for range 500 {
			if o := <-done; o.Result != synthesize.Accepted {
				t.Errorf("outcome %+v", o)
			}
		}
		if w.sim.Total() > 1000 {
			t.Errorf("%d requests for 500 posts", w.sim.Total())
		}
	})
}

func TestPostCount_BodyContradictsItsStatus_TheBodyIsBelieved(t *testing.T) {
	for body, want := range map[string]synthesize.Result{
		`{"statusCode":404,"message":"No account map found with id: 1"}`: synthesize.Unmapped,
		`{"status":400,"message":["bad"]}`:                               synthesize.Refused,
		`{"statusCode":403,"message":"anomaly"}`:                         synthesize.Faulted,
		`{"status":201,"message":"ok"}`:                                  synthesize.Accepted,
		`fine`:                                                           synthesize.Accepted,
	} {
		in(t, body, func(t *testing.T, _ *world) {
			o := answered(t, 200, body).PostCount(t.Context(), synthesize.Count{ServiceID: "s", AccountID: "1", Units: 1})
			if o.Result != want || !o.Definite {
				t.Errorf("outcome %+v, want a definite %s", o, want)
			}
		})
	}
}

func TestPostCount_UnmappedAnswers_ProveTheLoginAndKeepPatience(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		service := w.stock(t, 400, false)
		w.sim.Switch(func(s *synthesizetest.Switches) { s.Latency = time.Second })
		start := time.Now()
		done := make(chan synthesize.Outcome)
		for i := range 400 {
			go func() {
				done <- w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: fmt.Sprint(i + 1), Units: 1})
			}()
		}
		for range 400 {
			if o := <-done; o.Result != synthesize.Unmapped || !o.Definite {
				t.Errorf("outcome %+v, want a definite unmapped", o)
			}
		}
		if took := time.Since(start).Round(time.Second); took != 51*time.Second {
			t.Errorf("took %s, want one second alone and 50 with eight at once", took)
		}
	})
}
