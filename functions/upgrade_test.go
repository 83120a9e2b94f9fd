package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/queue"
)

var golden = flag.String("upgrade-golden", "", "write the golden files of this version (docs/releasing.md), as VERSION")

// underWay is a stack in the middle of its work, as a version of the program left it.
type underWay struct {
	Table    json.RawMessage          // the ledger
	Messages map[string][]wireMessage // by queue
	Letters  map[string][]awstest.Letter
}

type wireMessage struct{ Group, Body string }

// twoNights is the world in which the golden files were made: everything is mapped and told.
func twoNights(s *stack) {
	s.t.Helper()
	s.run()
	s.sim.MapAll()
	s.run()
}

// changes are what happened before the run whose messages are under way: a device less, and two companies more.
func changes(s *stack) {
	s.t.Helper()
	s.retire(1, desktop)
	for id := int64(6); id <= 7; id++ {
		s.newCompany(id, 3)
	}
}

// newCompany is a client with some desktops and a server.
func (s *stack) newCompany(id int64, desktops int) {
	s.tenant.SetCompany(autotasktest.Company{ID: id, Name: fmt.Sprintf("Company %d", id)})
	s.tenant.AddItem(autotasktest.Item{ID: 8000 + id, Company: id, Type: 3})
	for n := range desktops {
		s.tenant.AddItem(autotasktest.Item{ID: 9000 + id*100 + int64(n), Company: id, Type: 1})
	}
}

// leave stops in the middle: a run has queued its messages, and one of them is with the dead letters.
func (s *stack) leave() underWay {
	s.t.Helper()
	changes(s)
	s.invoke([]byte(`{}`))
	out := underWay{Messages: map[string][]wireMessage{}, Letters: map[string][]awstest.Letter{}}
	for _, name := range []string{"accounts.fifo", "usage.fifo"} {
		q := s.cloud.Queue(name)
		for _, r := range q.Receive(q.Len()) {
			if name == "usage.fifo" && r.Group == "7" {
				out.Letters["usage-dead.fifo"] = append(out.Letters["usage-dead.fifo"], awstest.Letter{
					Body: string(r.Body), Group: r.Group, Attributes: map[string]string{"reason": "tried 10 times: Synthesize was out of reach"},
				})
				continue
			}
			out.Messages[name] = append(out.Messages[name], wireMessage{r.Group, string(r.Body)})
		}
	}
	out.Table = s.cloud.Table()
	return out
}

// takeUp puts this program where another version left.
func (s *stack) takeUp(u underWay) {
	s.t.Helper()
	s.cloud.SetTable(justLeft(s.t, u.Table))
	for name, messages := range u.Messages {
		for i, m := range messages {
			if err := s.cloud.Queue(name).Send(context.Background(), []queue.Message{{Group: m.Group, DeduplicationID: fmt.Sprint("upgrade-", i), Body: []byte(m.Body)}}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for name, letters := range u.Letters {
		for _, l := range letters {
			s.cloud.Bury(name, l)
		}
	}
}

// justLeft lets nothing be expired in a table that was left long ago.
func justLeft(t testing.TB, table json.RawMessage) json.RawMessage {
	t.Helper()
	var items map[string]map[string]map[string]string
	if err := json.Unmarshal(table, &items); err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if item["ttl"] != nil {
			item["ttl"] = map[string]string{"N": strconv.FormatInt(time.Now().AddDate(1, 0, 0).Unix(), 10)}
		}
	}
	return json.RawMessage(object(items))
}

// Each release leaves its files in testdata/upgrade; every later one must finish what it had under way.
func TestUpgrade_EachEarlierVersionsLedgerMessagesAndDeadLetters_AreFinished(t *testing.T) {
	t.Parallel()
	if *golden != "" {
		s := deploy(t, nil)
		twoNights(s)
		text, err := json.Marshal(s.leave())
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, "", " "); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", "upgrade", *golden+".json"), append(indented.Bytes(), '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("testdata/upgrade/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var u underWay
			if err := json.Unmarshal(text, &u); err != nil {
				t.Fatal(err)
			}
			s := deploy(t, nil)
			twoNights(s) // so that Synthesize is as it was
			changes(s)
			s.takeUp(u)
			s.mustType("report --stack prod", 0)
			s.deliver()
			s.deliver() // what waited for its account
			if n := s.cloud.Queue("usage.fifo").Len() + s.cloud.Queue("accounts.fifo").Len(); n != 0 {
				t.Errorf("%d messages are left", n)
			}
			s.sim.MapAll()
			s.mustType("dead-letters list --stack prod", 0, "Company 7")
			s.mustType("dead-letters replay --stack prod", 0, "1")
			if n := len(s.cloud.Letters("usage-dead.fifo")); n != 0 {
				t.Errorf("%d dead letters are left", n)
			}
			s.run()
			s.run()
			s.truth()
			if n := len(s.sim.Services()); n != 2 {
				t.Errorf("%d services stand at Synthesize", n)
			}
		})
	}
}
