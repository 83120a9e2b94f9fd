package accounts_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// renaming has Synthesize keep another name than it is given.
func (d *desk) renaming(from, to string) {
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/service") {
			body, err := io.ReadAll(r.Body)
			d.must(err)
			text := strings.ReplaceAll(string(body), from, to)
			again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(text))
			d.must(err)
			again.Header = r.Header
			r = again
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
}

// Names are texts that people type. Should Synthesize keep one otherwise than it was given, the service is known by its id.
func TestAccounts_SynthesizeKeepsAnotherName_TheServiceIsMadeOnceAndKnownByItsID(t *testing.T) {
	d := newDesk(t)
	d.renaming("Managed  Servers", "Managed Servers")
	for night := range 3 {
		at := observed.Add(time.Duration(night) * 24 * time.Hour)
		if failures := d.handle(d.services(at, "Managed  Servers", "Workstations")); len(failures) != 0 {
			t.Fatalf("%+v", failures)
		}
	}
	if n := len(d.sim.Services()); n != 2 {
		t.Errorf("%d services: %+v", n, d.sim.Services())
	}
	services, err := d.book.Services(context.Background())
	d.must(err)
	if s, _ := services.ByName("Managed  Servers"); s.ID == "" || s.Adopted || len(services.Strangers.Services) != 0 {
		t.Errorf("the ledger knows %+v, and calls strange %v", s, services.Strangers.Services)
	}
}

// Assumed: the answer that would have told the id of a service whose name Synthesize keeps otherwise is not lost. It is made
// once more then, and known by its id from there on. docs/wrong-bill.md names it.
func TestOutside_SynthesizeKeepsAnotherNameAndItsAnswerIsLost_ASecondOneIsMade(t *testing.T) {
	d := newDesk(t)
	d.renaming("Managed  Servers", "Managed Servers")
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/service"), Kind: synthesizetest.DropAfter})
	d.handle(d.services(observed, "Managed  Servers"))
	for night := range 3 {
		at := observed.Add(time.Duration(night+1) * 24 * time.Hour)
		if failures := d.handle(d.services(at, "Managed  Servers")); len(failures) != 0 {
			t.Fatalf("%+v", failures)
		}
	}
	if n := len(d.sim.Services()); n != 2 {
		t.Errorf("%d services: mend the page, if it promises less than is true", n)
	}
}

// Synthesize says that it made the service and lists it nowhere: not even a later run makes it again.
func TestAccounts_SynthesizeSaysThatItMadeAServiceAndDoesNotListIt_IsNotAskedAgain(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Workstations"))
	asked := 0
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/service") {
			return http.DefaultTransport.RoundTrip(r)
		}
		asked++
		body := `{"id":"v","skus":[]}`
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}
	for night := range 3 {
		at := observed.Add(time.Duration(night+1) * 24 * time.Hour)
		failures := d.handle(d.services(at, "Workstations", "Servers"))
		if len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), "does not list it") {
			t.Fatalf("%+v", failures)
		}
	}
	if asked != 1 {
		t.Errorf("asked for %d times", asked)
	}
}

// Two that have appeared since may both be it. A person says which; nothing is made and nothing is guessed.
func TestAccounts_SynthesizeDoesNotListAServiceItMade_OfTwoStrangersNoneIsTakenForIt(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.handle(d.services(observed, "Workstations"))
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/service") {
			return http.DefaultTransport.RoundTrip(r)
		}
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":"v","skus":[]}`)), Request: r}, nil
	})}
	d.handle(d.services(observed.Add(time.Hour), "Workstations", "Servers"))
	d.http = nil
	for _, name := range []string{"Somebody's", "Somebody else's"} {
		_, err := d.stage().Synthesize.CreateService(ctx, synthesize.NewService{Name: name, Category: "other", Subcategory: "other"}, nil)
		d.must(err)
	}
	d.now = d.now.Add(time.Minute)
	failures := d.handle(d.services(observed.Add(2*time.Hour), "Workstations", "Servers"))
	services, err := d.book.Services(ctx)
	d.must(err)
	if s, _ := services.ByName("Servers"); len(failures) != 1 || !failures[0].Dead || s.ID != "" || d.made("Servers") != 0 {
		t.Errorf("%+v, the ledger knows %+v", failures, s)
	}
}

// Nor is one taken for it that has the name of another of ours, and that a person made in that moment: its counts would go
// to that one.
func TestAccounts_SynthesizeDoesNotListAServiceItMade_AnotherOfOursIsNotTakenForIt(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.handle(d.services(observed, "Workstations"))
	looks := -100
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/service") {
			return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":"v","skus":[]}`)), Request: r}, nil
		}
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/api/vendor-api") {
			if looks++; looks == 2 {
				ours := d.http
				d.http = nil
				_, err := d.stage().Synthesize.CreateService(ctx, synthesize.NewService{Name: "Laptops", Category: "other", Subcategory: "other"}, nil)
				d.must(err)
				d.http = ours
			}
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	d.handle(d.services(observed.Add(time.Hour), "Workstations", "Servers"))
	d.now = d.now.Add(time.Minute)
	looks = 0
	failures := d.handle(d.services(observed.Add(2*time.Hour), "Workstations", "Servers", "Laptops"))
	services, err := d.book.Services(ctx)
	d.must(err)
	if s, _ := services.ByName("Servers"); looks < 2 || len(failures) != 1 || s.ID != "" {
		t.Errorf("looked %d times, %+v, the ledger knows %+v", looks, failures, s)
	}
}

// With an integration that is made anew all services have new ids. None of them has to do with what was asked for before.
func TestAccounts_IntegrationMadeAnewWhileAServiceIsAskedFor_ItIsMade(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Workstations"))
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/service") {
			return http.DefaultTransport.RoundTrip(r)
		}
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":"v","skus":[]}`)), Request: r}, nil
	})}
	next := observed.Add(time.Hour)
	d.handle(d.services(next, "Workstations", "Servers"))
	d.http = nil
	d.must(d.sim.RenameService("Workstations", "Renamed by somebody"))
	d.sim.RemakeIntegration(synthesizetest.Remaking{})
	next = next.Add(time.Hour)
	if failures := d.handle(d.services(next, "Workstations", "Servers")); len(failures) != 0 || d.made("Servers") != 1 {
		t.Errorf("%+v, made %d", failures, d.made("Servers"))
	}
}
