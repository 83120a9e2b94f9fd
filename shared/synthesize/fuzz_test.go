package synthesize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// canned gives every request the same answer.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: c.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r,
	}, nil
}

// FuzzAnswers gives a client any answer to any of its requests. Half an answer is never taken for a whole one, a count is
// accepted only by a 2xx that does not contradict itself, every error says whose it is, and none shows a key.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"organizationId":"o","name":"MSP","vendorId":"v","vendorName":"Custom","integrationId":"i","status":"inactive","lastSyncedAt":"1900-01-01T00:00:00Z"}`,
		`{"status":200,"data":{"id":"v","name":"Custom","organizationId":"o","skus":[{"id":"s","name":"Servers","category":"other","subcategory":"other"}]}}`,
		`{"_id":"v","skus":[{"_id":"s"}]}`, `{"data":{"id":"v","skus":null}}`, `{"data":null,"id":"v","skus":[{}]}`, `{"data":{"id":"v","skus":[null]}}`,
		`[{"id":"1","name":"One","description":"","isMapped":true},{"id":"2","name":"Two","mappingId":"m"}]`, `[]`, `[{}]`, `[]x`, `[{"id":"1"}`, `[null]`,
		`{"statusCode":404,"message":"No account map found with id: 1"}`, `{"statusCode":404,"message":["Vendor Profile Not Found"]}`,
		`{"statusCode":500}`, `{"status":"429","message":7}`, `{"status":409,"message":"exists"}`, `<html>`, ``, `null`, `{}`,
		`{"message":"` + vendorKey + ` and ` + partnerKey + `"}`, `{"organizationId":"` + vendorKey + `"}`, `[{"id":7,"name":"` + partnerKey + `"}]`,
	} {
		for question := range uint8(7) {
			f.Add(question, uint16(200), []byte(body))
			f.Add(question, uint16(404), []byte(body))
		}
	}
	for _, status := range []uint16{201, 204, 400, 401, 403, 409, 413, 429, 500, 503} {
		f.Add(uint8(5), status, []byte(`{}`))
	}
	f.Fuzz(func(t *testing.T, question uint8, status uint16, body []byte) {
		if status < 200 || status > 599 || status >= 300 && status < 400 {
			status = 200
		}
		c, err := synthesize.New(synthesize.Config{
			BaseURL: "http://localhost", Keys: keys, HTTP: &http.Client{Transport: canned{int(status), body}}, MaxAttempts: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		good := status <= 299
		switch question % 7 {
		case 0:
			var o synthesize.Organization
			if o, err = c.Organization(t.Context()); err == nil && (o.OrganizationID == "" || o.Status == "" || !o.LastSyncedAt.IsZero() && o.LastSyncedAt.Year() < 2000) {
				t.Fatalf("half an organization: %+v", o)
			}
		case 1:
			var v synthesize.Vendor
			v, err = c.Vendor(t.Context())
			if err == nil {
				whole(t, v.ID, v.Services)
			}
		case 2:
			var services []synthesize.Service
			services, err = c.CreateService(t.Context(), synthesize.NewService{Name: "Servers"}, nil)
			if err == nil {
				whole(t, "v", services)
			}
		case 3:
			var accounts []synthesize.Account
			if accounts, err = c.Accounts(t.Context()); err == nil {
				var other []json.RawMessage
				if json.Unmarshal(body, &other) != nil || other == nil || len(other) != len(accounts) {
					t.Fatalf("%d accounts, another decoder finds %d", len(accounts), len(other))
				}
				for _, a := range accounts {
					if a.ID == "" {
						t.Fatal("an account without id")
					}
				}
			}
		case 4:
			err = c.CreateAccounts(t.Context(), []synthesize.NewAccount{{ID: "1", Name: "One"}}, nil)
			var conflict *synthesize.ConflictError
			if status == http.StatusConflict && !errors.As(err, &conflict) {
				t.Fatalf("a conflict ends as %v", err)
			}
		case 5, 6:
			o := c.PostCount(t.Context(), synthesize.Count{ServiceID: "s", AccountID: "1", Units: 3, NoBuild: question%7 == 6})
			err = o.Err
			if (o.Result == synthesize.Accepted) != (err == nil) || o.Result == synthesize.Accepted && !o.Definite {
				t.Fatalf("outcome %+v", o)
			}
			if o.Result == synthesize.Unmapped && !strings.Contains(strings.ToLower(string(body)), "no") {
				t.Fatalf("nobody said that it is not mapped: %+v", o)
			}
			if o.Result == synthesize.Unclear && o.Definite || status >= 500 && o.Definite {
				t.Fatalf("unclear, and definite all the same: %+v", o)
			}
		}
		if err == nil {
			if !good {
				t.Fatalf("status %d was taken for an answer", status)
			}
			return
		}
		if !strings.Contains(err.Error(), "Synthesize") || vendorapi.KindOf(err) == "" && !vendorapi.IsRefused(err) && !vendorapi.IsFault(err) {
			t.Fatalf("an error that does not say whose it is: %v", err)
		}
		if text := string(body); !strings.Contains(strings.NewReplacer(vendorKey, "", partnerKey, "").Replace(text), "SECRET") {
			noSecret(t, err.Error()) // else what the vendor says is not the secret, but like a part of it
		}
		if len(err.Error()) > 2000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
	})
}

func whole(t *testing.T, id string, services []synthesize.Service) {
	t.Helper()
	if id == "" || services == nil {
		t.Fatalf("half a vendor: %q, %v", id, services)
	}
	for _, s := range services {
		if s.ID == "" {
			t.Fatalf("a service without id: %+v", s)
		}
	}
}
