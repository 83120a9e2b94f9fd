package accounts_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestAccounts_StatusIsSetToPendingOnlyFromInactive(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.handle(d.services(observed.Add(time.Hour), "Servers"))
	if n := d.asked("PATCH", "/status/pending"); n != 1 {
		t.Errorf("%d requests to set the status, want 1", n)
	}
}

// Counts of what is mapped are told whether or not Synthesize wants to be mapped anew.
func TestAccounts_IntegrationStaysInactive_TheLookIsDone_AndTheMessageComesAgain(t *testing.T) {
	d := newDesk(t)
	d.patience = briefly
	d.sim.Inject(synthesizetest.Fault{Match: on("PATCH", "/status/pending"), Kind: synthesizetest.ServerError, Times: -1})
	m := d.services(observed, "Servers")
	for range 2 {
		failures := d.handle(m)
		if len(failures) != 1 || failures[0].Dead || !strings.Contains(failures[0].Err.Error(), "set the integration to pending") {
			t.Fatalf("%+v, want the message to come again", failures)
		}
	}
	if d.made("Servers") != 1 || !d.known().LookedAt.Equal(observed) || !d.known().Intent.Ended {
		t.Errorf("made %d times, the ledger knows %+v", d.made("Servers"), d.known())
	}
}

func TestAccounts_KeysRefusedAtTheEndOfALook_TheLookIsNotDone(t *testing.T) {
	d := newDesk(t)
	d.sim.Inject(synthesizetest.Fault{Match: on("PATCH", "/status/pending"), Kind: synthesizetest.Unauthorized, Times: -1})
	failures := d.handle(d.services(observed, "Servers"))
	if len(failures) != 1 || failures[0].RetryAfter == 0 || !d.known().LookedAt.IsZero() {
		t.Errorf("%+v, looked at %s", failures, d.known().LookedAt)
	}
}

func TestAccounts_ServiceAnswerLost_IsFoundAndNotMadeTwice(t *testing.T) {
	d := newDesk(t)
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/service"), Kind: synthesizetest.DropAfter})
	if failures := d.handle(d.services(observed, "Servers")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	if d.made("Servers") != 1 {
		t.Errorf("made %d times", d.made("Servers"))
	}
}

func TestAccounts_ServiceRequestLost_IsMadeOnceTheClaimHasEnded(t *testing.T) {
	d := newDesk(t)
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/service"), Kind: synthesizetest.DropBefore})
	m := d.services(observed, "Servers")
	failures := d.handle(m)
	if len(failures) != 1 || failures[0].Dead || failures[0].RetryAfter == 0 {
		t.Fatalf("%+v, want one that rests", failures)
	}
	d.now = d.now.Add(10 * time.Second)
	d.handle(m)
	if n := d.asked("POST", "/service"); n != 1 {
		t.Errorf("%d requests to make it while the first may still take effect", n)
	}
	d.now = d.now.Add(time.Minute)
	if failures := d.handle(m); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	if d.made("Servers") != 1 {
		t.Errorf("made %d times", d.made("Servers"))
	}
}

func TestAccounts_ServiceRenamedAtSynthesizeIsNotMadeAgain(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.sim.RenameService("Servers", "Renamed by somebody"))
	if failures := d.handle(d.services(observed.Add(time.Hour), "Servers")); len(failures) != 0 {
		t.Fatal(failures)
	}
	if n := len(d.sim.Services()); n != 1 {
		t.Errorf("%d services", n)
	}
}

func TestAccounts_OlderServicesMessageIsSuperseded(t *testing.T) {
	d := newDesk(t)
	old := d.services(observed, "Old Name")
	d.handle(d.services(observed.Add(time.Hour), "Servers"))
	before := d.sim.Total()
	if failures := d.handle(old); len(failures) != 0 || d.sim.Total() != before || d.made("Old Name") != 0 {
		t.Errorf("%v, %d requests", failures, d.sim.Total()-before)
	}
}

func TestAccounts_StrangersAreLeftAlone(t *testing.T) {
	d := newDesk(t)
	client := d.stage().Synthesize
	_, err := client.CreateService(context.Background(), synthesize.NewService{Name: "Network Devices", Description: "old", Category: "other", Subcategory: "other"}, nil)
	d.must(err)
	d.handle(d.services(observed, "Servers"))
	svc, err := d.book.Services(context.Background())
	d.must(err)
	if len(svc.Strangers.Services) != 1 || svc.Strangers.Services[0] != "Network Devices" {
		t.Errorf("strangers %v", svc.Strangers.Services)
	}
}

func TestAccounts_ServiceRenamedAtSynthesizeAndInTheRulesWithoutFormerly_IsNotMadeASecondTime(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.sim.RenameService("Servers", "Managed Servers"))
	failures := d.handle(d.services(observed.Add(time.Hour), "Managed Servers"))
	if len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), `formerly: "Servers"`) || len(d.sim.Services()) != 1 {
		t.Fatalf("%+v, services %v", failures, d.sim.Services())
	}
}

func TestAccounts_LedgerOfAnOlderBackupMakesNothing(t *testing.T) {
	d := newDesk(t)
	body := d.received(message.Accounts{RunID: "forgotten", ObservedAt: observed, Services: []message.Service{{Name: "Servers", Description: "x", Category: "other", Subcategory: "other"}}})
	if failures := d.handle(body); len(failures) != 0 || d.made("Servers") != 0 {
		t.Fatalf("%+v, made %d", failures, d.made("Servers"))
	}
}

func TestAccounts_ClaimTakenOverAfterAnOldLook_ServiceIsMadeOnce(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers")
	happened := false
	d.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if happened || !on("GET", "/accounts")(r) { // the services have been read by then
			return
		}
		happened = true
		d.must(d.sim.SeedEarlier(synthesizetest.Earlier{Services: []synthesizetest.Service{{Name: "Servers", Description: "Servers", Category: "other", Subcategory: "other"}}}))
		_, err := d.book.UpdateServices(context.Background(), func(s *ledger.Services) error {
			s.List[s.Index("Servers")].Making = &ledger.Making{Token: "another", Since: d.now.Add(-10 * time.Minute)}
			return nil
		})
		d.must(err)
	})
	if failures := d.handle(m); len(failures) != 0 || !happened {
		t.Fatalf("%+v", failures)
	}
	if n := d.made("Servers"); n != 1 {
		t.Errorf("the service stands %d times", n)
	}
	services, err := d.book.Services(context.Background())
	d.must(err)
	if s, _ := services.ByName("Servers"); s.ID == "" || s.Making != nil {
		t.Errorf("the ledger says %+v", s)
	}
}

// Assumed: the clocks of workers agree within a request's time-out. A claim whose worker's clock is far behind looks old, and
// where two workers have the same message at once a service can be made twice. docs/wrong-bill.md names it.
func TestOutside_ClocksOfWorkersFarApart_AServiceCanBeMadeTwice(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers")
	happened := false
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if !happened && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/service") {
			happened = true
			before := d.now
			d.now = d.now.Add(10 * time.Minute) // the other worker's clock
			if failures := d.handle(m); len(failures) != 0 {
				t.Errorf("%+v", failures)
			}
			d.now = before
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	d.handle(m)
	if n := d.made("Servers"); n != 2 {
		t.Errorf("the service stands %d times: mend the page, it promises less than is true", n)
	}
}
