package synthesize_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
	"github.com/synthsync/synthsync/shared/vendorapi"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

const (
	vendorKey  = "vendor-key-SECRET1"
	partnerKey = "partner-key-SECRET2"
)

func keys(context.Context, bool) (synthesize.Keys, error) {
	return synthesize.Keys{VendorAPIKey: vendorKey + "\n", PartnerAPIKey: " " + partnerKey, Version: "v1"}, nil
}

// world is a client and what it talks to, in virtual time.
type world struct {
	*synthesize.Client
	sim *synthesizetest.Simulator
}

// in runs a test against a fresh simulator.
func in(t *testing.T, name string, test func(t *testing.T, w *world), change ...func(*synthesize.Config)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sim := synthesizetest.New(synthesizetest.Options{VendorKey: vendorKey, PartnerKey: partnerKey})
			test(t, &world{connect(t, sim, change...), sim})
		})
	})
}

func connect(t *testing.T, handler http.Handler, change ...func(*synthesize.Config)) *synthesize.Client {
	t.Helper()
	network := vendorapitest.NewNetwork(t)
	network.Serve("localhost", handler)
	config := synthesize.Config{
		BaseURL: "http://localhost/", Keys: keys, HTTP: network.Client(),
		Random: func() float64 { return 0.5 },
	}
	for _, c := range change {
		c(&config)
	}
	client, err := synthesize.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// stock makes n accounts, ids 1 to n, and a service, all mapped if so wished, and returns the service's id.
func (w *world) stock(t *testing.T, n int, mapped bool) string {
	t.Helper()
	var earlier synthesizetest.Earlier
	for i := range n {
		earlier.Accounts = append(earlier.Accounts, synthesizetest.Account{ID: fmt.Sprint(i + 1), Name: fmt.Sprintf("Client %d", i+1)})
	}
	earlier.Services = []synthesizetest.Service{{Name: "Managed Servers", Description: "Servers", Category: "other", Subcategory: "other"}}
	if err := w.sim.SeedEarlier(earlier); err != nil {
		t.Fatal(err)
	}
	if mapped {
		w.sim.MapAll()
	}
	return w.sim.ServiceID("Managed Servers")
}

// answered is a client of something that always gives the same answer.
func answered(t *testing.T, status int, body string) *synthesize.Client {
	t.Helper()
	return connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
}

// noSecret fails if a text shows what must not be shown.
func noSecret(t *testing.T, texts ...string) {
	t.Helper()
	token := synthesizetest.Token(vendorKey, partnerKey)
	for _, text := range texts {
		for _, secret := range []string{"SECRET", token, token[:16]} {
			if strings.Contains(text, secret) {
				t.Errorf("%q shows a secret", text)
			}
		}
	}
}

func TestNew_WithoutAGoodAddressOrKeys_SaysWhatToDo(t *testing.T) {
	for base, want := range map[string]string{
		"http://app.usegradient.com":    "SYNTHESIZE_URL",
		"https://me:SECRET@example.com": "SYNTHESIZE_URL",
	} {
		_, err := synthesize.New(synthesize.Config{BaseURL: base, Keys: keys})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New with %q: error %v does not name the setting", base, err)
			continue
		}
		noSecret(t, err.Error())
	}
	if _, err := synthesize.New(synthesize.Config{Keys: keys}); err != nil {
		t.Errorf("New without an address: %v, want the default one", err)
	}
	if _, err := synthesize.New(synthesize.Config{}); err == nil {
		t.Error("New without keys is accepted")
	}
}

func TestRefusal_CostsAtMostTwoRequests(t *testing.T) {
	rotated := func(context.Context, bool) (synthesize.Keys, error) {
		return synthesize.Keys{VendorAPIKey: vendorKey, PartnerAPIKey: "wrong"}, nil
	}
	rotating := func(_ context.Context, fresh bool) (synthesize.Keys, error) {
		return synthesize.Keys{VendorAPIKey: vendorKey, PartnerAPIKey: fmt.Sprint("wrong ", fresh)}, nil
	}
	for name, c := range map[string]struct {
		keys     func(context.Context, bool) (synthesize.Keys, error)
		requests int
	}{"the secret is the same": {rotated, 1}, "the secret is another, as wrong": {rotating, 2}} {
		in(t, name, func(t *testing.T, w *world) {
			service := w.stock(t, 20, true)
			done := make(chan synthesize.Outcome)
			for i := range 20 {
				go func() {
					done <- w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: fmt.Sprint(i + 1), Units: 1})
				}()
			}
			for range 20 {
				o := <-done
				if o.Result != synthesize.Faulted || !o.Definite || !vendorapi.IsRefused(o.Err) {
					t.Errorf("outcome %+v, want a definite fault by refusal", o)
				}
			}
			if _, err := w.Accounts(t.Context()); !vendorapi.IsRefused(err) {
				t.Errorf("a later read ends with %v, want the refusal", err)
			}
			if w.sim.Total() != c.requests || !vendorapi.IsRefused(w.Stopped()) {
				t.Errorf("%d requests, stopped by %v; want %d and the refusal", w.sim.Total(), w.Stopped(), c.requests)
			}
		}, func(config *synthesize.Config) { config.Keys = c.keys })
	}
}

func TestRotatedPartnerKey_IsLookedUpAndUsed(t *testing.T) {
	var fresh synthesize.Keys
	in(t, "", func(t *testing.T, w *world) {
		fresh = synthesize.Keys{VendorAPIKey: vendorKey, PartnerAPIKey: w.sim.RotatePartnerKey("another-SECRET3")}
		if _, err := w.Organization(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.sim.Total() != 2 {
			t.Errorf("%d requests, want 2", w.sim.Total())
		}
	}, func(config *synthesize.Config) {
		config.Keys = func(ctx context.Context, again bool) (synthesize.Keys, error) {
			if again {
				return fresh, nil
			}
			return keys(ctx, again)
		}
	})
}

func TestEmptyKey_SendsNothing(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		_, err := w.Organization(t.Context())
		if vendorapi.KindOf(err) != vendorapi.NoLogin || !strings.Contains(err.Error(), "partner API key is empty") || w.sim.Total() != 0 {
			t.Errorf("%d requests, error %v; want none, and the key named", w.sim.Total(), err)
		}
	}, func(config *synthesize.Config) {
		config.Keys = func(context.Context, bool) (synthesize.Keys, error) {
			return synthesize.Keys{VendorAPIKey: vendorKey, PartnerAPIKey: " \n"}, nil
		}
	})
}

func TestErrors_NeverShowASecret(t *testing.T) {
	token := synthesizetest.Token(vendorKey, partnerKey)
	for _, status := range []int{400, 401, 403, 404, 500} {
		in(t, fmt.Sprint(status), func(t *testing.T, _ *world) {
			c := answered(t, status, `{"statusCode":1,"message":"you sent `+token+` made of `+vendorKey+` and `+partnerKey+`"}`)
			_, err := c.Organization(t.Context())
			var answer *vendorapi.Error
			if !errors.As(err, &answer) || answer.Status != status {
				t.Fatalf("error %v, want one of status %d", err, status)
			}
			noSecret(t, err.Error(), fmt.Sprintf("%+v %#v", *answer, answer.Err), answer.Head)
		})
	}
}
