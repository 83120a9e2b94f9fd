package accounts_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// making are the requests to make a service of a name.
func making(name string) func(synthesizetest.RequestInfo) bool {
	return func(r synthesizetest.RequestInfo) bool {
		return on("POST", "/service")(r) && strings.Contains(string(r.Body), `"`+name+`"`)
	}
}

// refuses has Synthesize say no to a service for good.
func (d *desk) refuses(name string) {
	d.sim.Inject(synthesizetest.Fault{Match: making(name), Kind: synthesizetest.BadRequest, Times: -1})
}

func (d *desk) known() ledger.Services {
	d.t.Helper()
	services, err := d.book.Services(context.Background())
	d.must(err)
	return services
}

func dies(failures []queue.Failure, reasons ...string) bool {
	if len(failures) != 1 || !failures[0].Dead {
		return false
	}
	for _, reason := range reasons {
		if !strings.Contains(failures[0].Err.Error(), reason) {
			return false
		}
	}
	return true
}

func TestAccounts_OneServiceIsRefused_OthersAndAccountsAreMade_AndItsMessageDies(t *testing.T) {
	d := newDesk(t)
	d.refuses("Servers")
	m := d.services(observed, "Servers", "Workstations")
	failures := d.handle(m, d.account(observed, "1", "A"))
	if !dies(failures, `make service "Servers"`, "400") || failures[0].ID != m.ID || strings.Contains(failures[0].Err.Error(), "Workstations") {
		t.Fatalf("%+v, want the services message dead, for the one service", failures)
	}
	if d.made("Workstations") != 1 || len(d.sim.Accounts()) != 1 || d.sim.Status() != "pending" {
		t.Errorf("services %v, accounts %v, status %s", d.sim.Services(), d.sim.Accounts(), d.sim.Status())
	}
	known := d.known()
	if servers, _ := known.ByName("Servers"); !known.LookedAt.Equal(observed) || servers.ID != "" || servers.Making != nil {
		t.Errorf("the ledger knows %+v: counts wait for the look, or the service for a claim", known)
	}
	d.sim.ClearFaults()
	if failures := d.handle(m); len(failures) != 0 || d.made("Servers") != 1 || d.made("Workstations") != 1 {
		t.Errorf("replayed when the cause is mended: %+v, services %v", failures, d.sim.Services())
	}
}

func TestAccounts_EveryServiceIsRefused_TheReasonNamesThemAll(t *testing.T) {
	d := newDesk(t)
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/service"), Kind: synthesizetest.BadRequest, Times: -1})
	if failures := d.handle(d.services(observed, "Servers", "Workstations")); !dies(failures, `"Servers"`, `"Workstations"`) {
		t.Errorf("%+v", failures)
	}
}

func TestAccounts_AServiceStandsUnderAnOlderName_OthersAreMade(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.sim.RenameService("Servers", "Managed Servers"))
	later := observed.Add(time.Hour)
	if failures := d.handle(d.services(later, "Managed Servers", "Workstations")); !dies(failures, `formerly: "Servers"`) {
		t.Fatalf("%+v", failures)
	}
	if d.made("Workstations") != 1 || !d.known().LookedAt.Equal(later) {
		t.Errorf("services %v, looked at %s", d.sim.Services(), d.known().LookedAt)
	}
}

// Something between here and Synthesize shows a wrong certificate. Nobody has refused the service.
func TestAccounts_CertificateIsWrong_IsNoRefusalOfTheService(t *testing.T) {
	d := newDesk(t)
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/service") {
			r = r.Clone(r.Context())
			r.URL.Scheme, r.URL.Host = "https", stranger.Listener.Addr().String()
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	failures := d.handle(d.services(observed, "Servers"))
	if len(failures) != 1 || failures[0].Dead || !d.known().LookedAt.IsZero() {
		t.Errorf("%+v, looked at %s", failures, d.known().LookedAt)
	}
}
