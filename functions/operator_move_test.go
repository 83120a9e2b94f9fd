package functions_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// onALaptop runs on one machine until all is mapped and told, and exports its ledger.
func (s *stack) onALaptop() {
	s.t.Helper()
	folder := s.t.TempDir()
	c := autotasktest.DefaultCredentials
	env := ""
	for name, value := range map[string]string{
		"AUTOTASK_URL": s.env["AUTOTASK_URL"], "SYNTHESIZE_URL": s.env["SYNTHESIZE_URL"], "AUTOTASK_USERNAME": c.Username,
		"AUTOTASK_SECRET": c.Secret, "AUTOTASK_INTEGRATION_CODE": c.IntegrationCode,
		"SYNTHESIZE_VENDOR_API_KEY": synthesizetest.DefaultVendorKey, "SYNTHESIZE_PARTNER_API_KEY": synthesizetest.DefaultPartnerKey,
	} {
		env += fmt.Sprintf("%s=%s\n", name, value)
	}
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte(env), 0o600); err != nil {
		s.t.Fatal(err)
	}
	place := " --ledger " + filepath.Join(folder, "synthsync.ledger")
	s.mustType("run --env-file "+filepath.Join(folder, ".env")+place, 0, "10 not mapped")
	s.sim.MapAll()
	s.mustType("run --env-file "+filepath.Join(folder, ".env")+place, 0, "10 posted")
	s.moved = filepath.Join(folder, "moved.jsonl")
	s.mustType("ledger export "+s.moved+place, 0, "documents of the ledger are in")
}

func TestOperator_LedgerMovesFromALaptopToAStackAndBack(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.onALaptop()
	made := len(s.sim.Accounts())
	s.retire(1, desktop)
	if err := s.cloud.Queue("usage.fifo").Send(t.Context(), []queue.Message{{Group: "1", DeduplicationID: "x", Body: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	s.mustType("ledger import "+s.moved+" --stack prod --reason moved", 1, "1 messages of the stack's queue usage are on their way")
	s.drain("usage.fifo", s.usage) // it cannot be read, and ends with the dead letters
	s.mustType("ledger import "+s.moved+" --stack prod --reason moved", 0, "are imported", "synthsync run --stack prod")
	s.mustType("run --stack prod", 0, "10 posted", "0 made")
	s.truth()
	if len(s.sim.Accounts()) != made {
		t.Errorf("%d accounts, %d before", len(s.sim.Accounts()), made)
	}
	s.mustType("log --stack prod", 0, "import", "moved")
	s.mustType("ledger import "+s.moved+" --stack prod --reason again", 2, "--replace")

	back := filepath.Join(t.TempDir(), "back.jsonl")
	s.mustType("ledger export "+back+" --stack prod", 0)
	text, err := os.ReadFile(back)
	if err != nil || strings.Contains(string(text), autotasktest.DefaultCredentials.Secret) {
		t.Fatalf("%v, or a secret is in the export", err)
	}
	ledger := filepath.Join(t.TempDir(), "synthsync.ledger")
	s.mustType("ledger import "+back+" --ledger "+ledger+" --reason back", 0)
	env := filepath.Join(filepath.Dir(s.moved), ".env")
	s.mustType("run --env-file "+env+" --ledger "+ledger, 0, "10 posted", "0 made")
	s.truth()
}

// asked lets something happen when the command has asked, and answers yes then.
type asked struct {
	said      bytes.Buffer
	question  string
	meanwhile func()
	answers   chan struct{}
}

func (a *asked) Write(text []byte) (int, error) {
	n, err := a.said.Write(text)
	if a.meanwhile != nil && strings.Contains(a.said.String(), a.question) {
		a.meanwhile()
		a.meanwhile = nil
		close(a.answers)
	}
	return n, err
}

func (a *asked) Read(p []byte) (int, error) {
	<-a.answers
	return strings.NewReader("yes\n").Read(p)
}

// A message comes on its way while a person thinks about the import's question.
func TestOperator_ImportIntoAStack_AMessageComesWhileThePersonIsAsked_NothingIsImported(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	moved := filepath.Join(t.TempDir(), "moved.jsonl")
	s.mustType("ledger export "+moved+" --stack prod", 0)
	cmd, stdout, _ := s.command("ledger import " + moved + " --stack prod --replace --reason restored")
	person := &asked{question: "Replace what", answers: make(chan struct{}), meanwhile: func() {
		if err := s.cloud.Queue("usage.fifo").Send(t.Context(), []queue.Message{{Group: "1", DeduplicationID: "x", Body: []byte("{}")}}); err != nil {
			t.Error(err)
		}
	}}
	cmd.Stdin, cmd.Stderr = person, person
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(person.said.String(), "1 messages of the stack's queue usage are on their way") {
		t.Errorf("%v\n%s%s", err, stdout, person.said.String())
	}
}
