package synthesize_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

func TestOrganization_NeverSynced_ThenActive(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		o, err := w.Organization(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if o.OrganizationID != w.sim.OrganizationID() || o.VendorID != w.sim.VendorID() || o.IntegrationID != w.sim.IntegrationID() || o.Name != "Local MSP" || o.VendorName != "Local Custom" {
			t.Errorf("read %+v", o)
		}
		if o.Status != synthesize.Inactive || !o.LastSyncedAt.IsZero() {
			t.Errorf("status %s, last synced %s; want inactive and never", o.Status, o.LastSyncedAt)
		}
		if err := w.SetPending(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.sim.Status() != synthesizetest.Pending {
			t.Errorf("status %s, want pending", w.sim.Status())
		}
		service := w.stock(t, 1, true)
		w.PostCount(t.Context(), synthesize.Count{ServiceID: service, AccountID: "1", Units: 1})
		if o, err = w.Organization(t.Context()); err != nil || o.Status != synthesize.Active || o.LastSyncedAt.IsZero() {
			t.Errorf("read %+v, %v; want active and synced", o, err)
		}
	})
}

func TestVendor_ServicesWithTheirIds_OldOrNew(t *testing.T) {
	for _, omit := range []bool{false, true} {
		in(t, fmt.Sprint("without _id ", omit), func(t *testing.T, w *world) {
			id := w.stock(t, 0, false)
			w.sim.Switch(func(s *synthesizetest.Switches) { s.OmitUnderscoreID = omit })
			v, err := w.Vendor(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := synthesize.Service{ID: id, Name: "Managed Servers", Description: "Servers", Category: "other", Subcategory: "other"}
			if v.ID != w.sim.VendorID() || v.OrganizationID != w.sim.OrganizationID() || len(v.Services) != 1 || v.Services[0] != want {
				t.Errorf("read %+v, want %+v", v, want)
			}
		})
	}
	in(t, "only _id", func(t *testing.T, _ *world) {
		v, err := answered(t, 200, `{"status":200,"data":{"_id":"v","skus":[{"_id":"s","name":"Servers"}]}}`).Vendor(t.Context())
		if err != nil || v.ID != "v" || v.Services[0].ID != "s" {
			t.Errorf("read %+v, %v; want the old ids", v, err)
		}
	})
}

func TestCreateService_ReturnsAllServices(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		w.stock(t, 0, false)
		services, err := w.CreateService(t.Context(), synthesize.NewService{Name: "Managed Workstations", Description: "PCs", Category: "other", Subcategory: "other"}, nil)
		if err != nil || len(services) != 2 || services[1].Name != "Managed Workstations" || services[1].ID != w.sim.ServiceID("Managed Workstations") {
			t.Errorf("made %+v, %v; want the old one and the new one", services, err)
		}
	})
	in(t, "wrapped", func(t *testing.T, _ *world) {
		services, err := answered(t, 201, `{"status":201,"data":{"id":"v","skus":[{"id":"s","name":"Servers"}]}}`).CreateService(t.Context(), synthesize.NewService{Name: "Servers"}, nil)
		if err != nil || len(services) != 1 {
			t.Errorf("made %+v, %v; want one", services, err)
		}
	})
}

func TestCreations_AfterAnUnclearAttempt_AreNotRepeated(t *testing.T) {
	create := map[string]func(*testing.T, *world) error{
		"service": func(t *testing.T, w *world) error {
			_, err := w.CreateService(t.Context(), synthesize.NewService{Name: "Servers", Description: "S", Category: "other", Subcategory: "other"}, nil)
			return err
		},
		"accounts": func(t *testing.T, w *world) error {
			return w.CreateAccounts(t.Context(), []synthesize.NewAccount{{ID: "1", Name: "One"}}, nil)
		},
	}
	for name, create := range create {
		for _, f := range []synthesizetest.Fault{
			{Kind: synthesizetest.DropAfter},
			{Kind: synthesizetest.ServerError},
			{Kind: synthesizetest.ServerError, Status: 503, RetryAfter: "1"},
			{Kind: synthesizetest.Answer, Status: 200, HTML: true},
		} {
			in(t, name+" "+string(f.Kind), func(t *testing.T, w *world) {
				w.sim.Inject(f)
				err := create(t, w)
				if !vendorapi.IsUnclear(err) || w.sim.Total() != 1 {
					t.Errorf("%d requests, error %v; want one and unclear", w.sim.Total(), err)
				}
			})
		}
		in(t, name+" after a 429 is repeated", func(t *testing.T, w *world) {
			w.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.TooManyRequests})
			if err := create(t, w); err != nil || w.sim.Total() != 2 {
				t.Errorf("%d requests, error %v; want two and none", w.sim.Total(), err)
			}
		})
	}
}

func TestAccounts_MappedIsYesNoOrUnknown(t *testing.T) {
	for shape, want := range map[synthesizetest.AccountShape]string{
		synthesizetest.ThreeFields: "unknown unknown", synthesizetest.WithIsMapped: "true false", synthesizetest.WithMappingID: "true false",
	} {
		in(t, string(shape), func(t *testing.T, w *world) {
			w.stock(t, 2, false)
			w.sim.Switch(func(s *synthesizetest.Switches) { s.AccountShape = shape })
			if err := w.sim.MapAccount("1"); err != nil {
				t.Fatal(err)
			}
			accounts, err := w.Accounts(t.Context())
			if err != nil || len(accounts) != 2 || accounts[0].ID != "1" || accounts[0].Name != "Client 1" {
				t.Fatalf("read %+v, %v", accounts, err)
			}
			if got := mapped(accounts[0]) + " " + mapped(accounts[1]); got != want {
				t.Errorf("mapped: %s, want %s", got, want)
			}
		})
	}
	in(t, "mappingId alone", func(t *testing.T, _ *world) {
		accounts, err := answered(t, 200, `[{"id":"1","name":"a","mappingId":"m"},{"id":"2","name":"b","mappingId":""}]`).Accounts(t.Context())
		if err != nil || mapped(accounts[0])+" "+mapped(accounts[1]) != "true unknown" {
			t.Errorf("read %+v, %v", accounts, err)
		}
	})
}

func mapped(a synthesize.Account) string {
	if a.Mapped == nil {
		return "unknown"
	}
	return fmt.Sprint(*a.Mapped)
}

func TestReads_WhatDoesNotParse_IsNeverTakenForEmpty(t *testing.T) {
	bodies := []string{"", "null", "{}", "<html>", `{"data":null}`, `{"data":{}}`, `{"statusCode":200,"message":"ok"}`, `[{"name":"no id"}]`, `[{"id":"1"}`,
		`[{"id":"1"}]]`, `{"data":{"id":"v","skus":null}}`, `{"data":{"id":"v","skus":[{"name":"no id"}]}}`, `[{"id":1}]`}
	for _, body := range bodies {
		in(t, body, func(t *testing.T, _ *world) {
			c := answered(t, 200, body)
			accounts, err := c.Accounts(t.Context())
			if err == nil || accounts != nil {
				t.Errorf("accounts read as %v, want an error", accounts)
			}
			c = answered(t, 200, body)
			if v, err := c.Vendor(t.Context()); err == nil || v.Services != nil {
				t.Errorf("vendor read as %v, want an error", v)
			}
			c = answered(t, 200, body)
			if o, err := c.Organization(t.Context()); err == nil {
				t.Errorf("organization read as %v, want an error", o)
			}
		})
	}
	in(t, "an empty list is one", func(t *testing.T, _ *world) {
		if accounts, err := answered(t, 200, " [ ] \n").Accounts(t.Context()); err != nil || accounts == nil || len(accounts) != 0 {
			t.Errorf("read %v, %v; want an empty list", accounts, err)
		}
	})
}

func TestReads_SpoiltAnswer_IsReadAgain(t *testing.T) {
	for _, kind := range []synthesizetest.Kind{synthesizetest.EmptyBody, synthesizetest.TruncatedJSON, synthesizetest.DropMidAnswer, synthesizetest.ServerError, synthesizetest.DropAfter} {
		in(t, string(kind), func(t *testing.T, w *world) {
			w.stock(t, 500, false)
			w.sim.Inject(synthesizetest.Fault{Kind: kind})
			if accounts, err := w.Accounts(t.Context()); err != nil || len(accounts) != 500 || w.sim.Total() != 2 {
				t.Errorf("%d accounts in %d requests, %v; want 500 in 2", len(accounts), w.sim.Total(), err)
			}
		})
	}
}

func TestCreateAccounts_OnTheWire(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		if err := w.CreateAccounts(t.Context(), nil, nil); err != nil || w.sim.Total() != 0 {
			t.Errorf("%d requests for no accounts, %v", w.sim.Total(), err)
		}
		if err := w.CreateAccounts(t.Context(), []synthesize.NewAccount{{ID: "175", Name: " Müller & Söhne "}}, nil); err != nil {
			t.Fatal(err)
		}
		if body := string(w.sim.Requests()[0].Body); body != `[{"id":"175","name":" Müller \u0026 Söhne ","description":""}]` {
			t.Errorf("sent %s", body)
		}
		if a := w.sim.Accounts(); len(a) != 1 || a[0].Name != " Müller & Söhne " {
			t.Errorf("made %+v, want the name unchanged", a)
		}
	})
}

func TestCreateAccounts_SomeExist_IsAConflict(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		w.stock(t, 1, false)
		err := w.CreateAccounts(t.Context(), []synthesize.NewAccount{{ID: "1", Name: "One"}, {ID: "2", Name: "Two"}}, nil)
		var conflict *synthesize.ConflictError
		if !errors.As(err, &conflict) || w.sim.Total() != 1 || vendorapi.IsUnclear(err) {
			t.Errorf("%d requests, error %v; want one and a conflict", w.sim.Total(), err)
		}
	})
}

func TestCreateAccounts_TooMany_IsRefusedWithItsStatus(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		w.sim.Switch(func(s *synthesizetest.Switches) { s.MaxBatch = 1 })
		err := w.CreateAccounts(t.Context(), []synthesize.NewAccount{{ID: "1", Name: "One"}, {ID: "2", Name: "Two"}}, nil)
		var answer *vendorapi.Error
		if !errors.As(err, &answer) || answer.Status != 413 || answer.Kind != vendorapi.Rejected {
			t.Errorf("error %v, want a 413", err)
		}
	})
}

func TestRenameAccount_ChangesTheNameAlone(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		if err := w.CreateAccounts(t.Context(), []synthesize.NewAccount{{ID: "a/b c", Name: "Old", Description: "kept"}}, nil); err != nil {
			t.Fatal(err)
		}
		w.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.DropAfter}) // a rename may be repeated
		if err := w.RenameAccount(t.Context(), "a/b c", "New"); err != nil {
			t.Fatal(err)
		}
		if a := w.sim.Accounts()[0]; a.ID != "a/b c" || a.Name != "New" || a.Description != "kept" {
			t.Errorf("account is %+v", a)
		}
		if err := w.RenameAccount(t.Context(), "", "New"); err == nil || !strings.Contains(err.Error(), "without id") {
			t.Errorf("error %v of a rename without id", err)
		}
	})
}
