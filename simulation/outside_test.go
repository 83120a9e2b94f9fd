package simulation

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// The histories stay within what is assumed of the vendors. Here the world leaves that, one assumption at a time, and this
// is what happens then. docs/wrong-bill.md says the same in words.

// outside is a quiet tenant of three clients with ten desktops each, mapped and told.
func outside(t *testing.T, story func(*sim)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSim(0, map[string]int{})
		defer s.stop()
		s.populate()
		for company := range int64(3) {
			for range 9 {
				s.add(1+company, desktop)
			}
		}
		s.night()
		s.vendor.MapAll()
		s.night()
		s.holds(t, 1, "10")
		story(s)
	})
}

// night is a run with everything that follows from it, and the day after it.
func (s *sim) night() {
	s.fetchRun(fetch.Event{})
	s.run(time.Time{})
	s.pass(24 * time.Hour)
}

// holds says what Synthesize should hold of a client's workstations.
func (s *sim) holds(t *testing.T, company int64, want string) {
	t.Helper()
	got := ""
	for pair, units := range s.vendor.Counts() {
		if pair.Service == workstations && pair.AccountID == strconv.FormatInt(company, 10) {
			got = units.String()
		}
	}
	if got != want {
		t.Fatalf("Synthesize holds %q of client %d, not %q\n%s", got, company, want, strings.Join(s.story, "\n"))
	}
}

// retire takes desktops away from a client.
func (s *sim) retire(company int64, n int) {
	for id := s.nextItem; n > 0 && id > 0; id -= 7 {
		if i := s.items[id]; i.Company == company && !i.Inactive {
			i.Inactive = true
			s.set(i, true)
			n--
		}
	}
}

// post has a request of nobody's take effect at Synthesize: one that was under way for very long.
func (s *sim) post(t *testing.T, company, units int) {
	t.Helper()
	id := ""
	for _, service := range s.vendor.Services() {
		if service.Name == workstations {
			id = service.ID
		}
	}
	body := fmt.Sprintf(`{"accountId":"%d","unitCount":%d}`, company, units)
	r := httptest.NewRequest(http.MethodPost, "/api/vendor-api/service/"+id+"/count", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Gradient-Token", base64.StdEncoding.EncodeToString([]byte(s.keys.now.VendorAPIKey+":"+s.keys.now.PartnerAPIKey)))
	w := httptest.NewRecorder()
	s.vendor.ServeHTTP(w, r)
	if w.Code > 299 {
		t.Fatal(w.Code, w.Body)
	}
}

// Assumed: a request takes effect within the client's time-out, or never.
func TestOutside_ACountTakesEffectADayLate_ItStandsUntilTheNextNight(t *testing.T) {
	outside(t, func(s *sim) {
		s.retire(1, 2)
		s.night()
		s.holds(t, 1, "8")
		s.post(t, 1, 10) // from the night before the last
		s.holds(t, 1, "10")
		s.night()
		s.holds(t, 1, "8")
	})
}

// Assumed: what Autotask counts and what it lists is all that the filter asks for.
func TestOutside_AutotaskKeepsAFewDevicesBackEverywhere_FewerAreToldUntilTheyAreBack(t *testing.T) {
	outside(t, func(s *sim) {
		var kept []autotasktest.Item
		for id := s.nextItem; len(kept) < 2; id -= 7 {
			kept = append(kept, s.items[id])
			s.tenant.DeleteItem(id) // the world does not know of it
		}
		s.fetchRun(fetch.Event{})
		s.run(time.Time{})
		if s.invariant != "a complete read or nothing" {
			t.Fatalf("the simulation's own rules see nothing: %q", s.invariant)
		}
		s.problem, s.invariant = "", ""
		s.run(time.Time{})
		s.pass(24 * time.Hour)
		s.holds(t, 3, "8")
		for _, i := range kept {
			s.tenant.AddItem(i)
		}
		s.night()
		s.holds(t, 3, "10")
	})
}

// Of many devices the guard holds the run.
func TestOutside_AutotaskKeepsManyDevicesBackEverywhere_TheRunIsHeld(t *testing.T) {
	outside(t, func(s *sim) {
		for id, item := range s.items {
			if item.Company == 3 || item.Company == 2 {
				s.tenant.DeleteItem(id)
			}
		}
		s.night()
		if s.last.State != fetch.StateHeld {
			t.Fatalf("the run is %s", s.last.State)
		}
		s.holds(t, 2, "10")
		s.holds(t, 3, "10")
	})
}

// Assumed: a count that was taken stands until another one is posted.
func TestOutside_SynthesizeForgetsCountsAtTheMonthsBegin_TheNextNightTellsThemAgain(t *testing.T) {
	outside(t, func(s *sim) {
		s.vendor.AgeMonth(false)
		s.holds(t, 1, "")
		s.night()
		s.holds(t, 1, "10")
	})
}

// Assumed: posting sets. If it added, every night would make it worse, and nothing of ours could notice: Synthesize tells no
// vendor what it holds.
func TestOutside_SynthesizeAddsInsteadOfSetting_ItIsWrongAndNothingNotices(t *testing.T) {
	outside(t, func(s *sim) {
		s.front = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/count") {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), `"unitCount":10`, `"unitCount":20`, 1)))
			}
			s.vendor.ServeHTTP(w, r)
		})
		s.night()
		s.holds(t, 1, "20")
		if s.last.State != fetch.StateDone || s.problem != "" {
			t.Fatalf("the run is %s, %s", s.last.State, s.problem)
		}
	})
}

// Assumed: nobody renames a service at Synthesize before the ledger has seen its id.
func TestOutside_AServiceIsRenamedBeforeItsIDIsKnown_ASecondOneIsMade(t *testing.T) {
	outside(t, func(s *sim) {
		// Made by a request whose answer was lost, found by nobody yet, renamed by a person: what the ledger knows of it is its name.
		_, err := s.book().UpdateServices(t.Context(), func(known *ledger.Services) error {
			known.List[known.Index(workstations)].ID = ""
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, service := range s.vendor.Services() {
			if service.Name == workstations {
				_ = s.vendor.RenameService(service.ID, "Workstations")
			}
		}
		s.night()
		names := map[string]bool{}
		for _, service := range s.vendor.Services() {
			names[service.Name] = true
		}
		if !names["Workstations"] || !names[workstations] {
			t.Fatalf("the services are %v", names)
		}
	})
}

// Assumed: counts do not come back by themselves. Those that a disconnect kept stand again with their accounts, also those of
// an earlier integration; the two nights after it set them right where the account is made again.
func TestOutside_CountsComeBackAfterADisconnect_TheyAreSetAgain(t *testing.T) {
	outside(t, func(s *sim) {
		s.retire(1, 10)
		s.add(1, server)
		s.fetchRun(fetch.Event{Force: true})
		s.run(time.Time{})
		s.holds(t, 1, "0")
		s.post(t, 1, 10)
		s.vendor.Disconnect(synthesizetest.Disconnecting{KeepCounts: true})
		s.night() // makes the accounts again
		s.vendor.MapAll()
		s.holds(t, 1, "10")
		s.night()
		s.holds(t, 1, "0")
	})
}

func (s *sim) book() *ledger.Ledger { return ledger.New(s.table, time.Now) }
