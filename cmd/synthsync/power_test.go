//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

var executable = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "synthsync-power")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "synthsync")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// machine is the real command as a process of its own, on a ledger that stays.
type machine struct {
	*operator
	path   string
	random *rand.Rand
	truths map[string]map[string]bool // every number that was ever true, by account and service
}

func newMachine(t *testing.T, seed uint64) *machine {
	t.Helper()
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{operator: newOperator(t), path: path, random: rand.New(rand.NewPCG(seed, 1)), truths: map[string]map[string]bool{}} //nolint:gosec // chance, not secrecy
	m.remember()
	return m
}

func (m *machine) remember() {
	for pair, n := range m.counted() {
		if m.truths[pair] == nil {
			m.truths[pair] = map[string]bool{"0": true} // before its first device
		}
		m.truths[pair][strconv.FormatInt(n, 10)] = true
	}
}

// happens is a day at the MSP.
func (m *machine) happens() {
	companies := m.tenant.Companies()
	for range 1 + m.random.IntN(4) {
		c := companies[1+m.random.IntN(len(companies)-1)]
		if m.random.IntN(2) == 0 {
			m.tenant.AddItem(autotasktest.Item{Company: c.ID, Type: autotasktest.TypeLaptop})
		} else {
			m.retire(1, func(i autotasktest.Item) bool { return i.Company == c.ID })
		}
		m.remember()
	}
}

func (m *machine) start(args ...string) *exec.Cmd {
	m.t.Helper()
	cmd := exec.Command(m.path, args...)
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	m.stdout.Reset()
	m.stderr.Reset()
	cmd.Stdout, cmd.Stderr = &m.stdout, &m.stderr
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return cmd
}

// sound fails if the ledger's file is damaged, or if Synthesize holds a number that was never true.
func (m *machine) sound(what string) {
	m.t.Helper()
	if _, err := os.Stat(m.ledger); err == nil {
		db, err := bbolt.Open(m.ledger, 0o600, &bbolt.Options{ReadOnly: true, Timeout: 5 * time.Second})
		if err != nil {
			m.t.Fatalf("%s: %v", what, err)
		}
		_ = db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				m.t.Errorf("%s: the ledger is damaged: %v", what, err)
			}
			return nil
		})
		_ = db.Close()
	}
	for pair, units := range m.sim.Counts() {
		if key := pair.AccountID + "|" + pair.Service; units.String() != "0" && !m.truths[key][units.String()] {
			m.t.Errorf("%s: %s stands at %s, which was never true: %v", what, key, units, m.truths[key])
		}
	}
}

// TestPowerCuts kills the command at random moments under load, and starts it again on the same ledger, with no repair by
// hand. POWER_CUTS says how often; the default is a small share of what CI does.
func TestPowerCuts_AtRandomMoments_NothingIsLostAndNothingWrong(t *testing.T) {
	cuts, err := strconv.Atoi(os.Getenv("POWER_CUTS"))
	if err != nil {
		cuts = 6
	}
	const worlds = 2
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number
	for world := range worlds {
		t.Run(fmt.Sprint("world ", world), func(t *testing.T) {
			m := newMachine(t, seed+uint64(world)) //nolint:gosec // small
			t.Logf("seed %d", seed+uint64(world))  //nolint:gosec // small
			longest, killed := time.Duration(0), 0
			for n := 0; killed < cuts/worlds && n < 4*cuts; n++ {
				m.happens()
				if n == 3 {
					m.sim.MapAll()
				}
				begun := time.Now()
				cmd := m.start("run", "--ledger", m.ledger)
				ended := make(chan struct{})
				go func() {
					_ = cmd.Wait()
					close(ended)
				}()
				if longest == 0 { // the first one shows how long a run takes
					<-ended
					longest = time.Since(begun)
					continue
				}
				select {
				case <-time.After(time.Duration(m.random.Int64N(int64(longest)))):
					_ = cmd.Process.Kill()
					killed++
					<-ended
				case <-ended:
				}
				m.sound(fmt.Sprintf("after cut %d", killed))
			}
			m.sim.MapAll()
			for range 2 {
				if cmd := m.start("run", "--ledger", m.ledger); cmd.Wait() != nil && cmd.ProcessState.ExitCode() != 0 {
					t.Fatalf("exit %d: %s", cmd.ProcessState.ExitCode(), m.stderr.String())
				}
			}
			m.sound("in the end")
			m.truth()
			if n := len(m.sim.Services()); n != 2 {
				t.Errorf("%d services stand at Synthesize", n)
			}
			t.Logf("%d cuts", killed)
		})
	}
}

// tiny is a file system of so many kilobytes, which needs root.
func tiny(t *testing.T, kilobytes int) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", kilobytes), "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system of its own can be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	return dir
}

func TestDiskFull_ClearMessage_NothingHalfTold_AndTheNextRunHeals(t *testing.T) {
	m := newMachine(t, 1)
	dir := tiny(t, 128)
	m.ledger = filepath.Join(dir, "synthsync.ledger")
	failed := 0
	for range 6 {
		cmd := m.start("run", "--ledger", m.ledger)
		_ = cmd.Wait()
		m.sound("on a full disk")
		m.sim.MapAll()
		m.happens()
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			failed++
			if text := m.stderr.String(); code != 1 && code != 2 || !strings.Contains(text, "no space left") || !strings.Contains(text, "ledger") || strings.Contains(text, "panic") {
				t.Fatalf("exit %d: %s", code, text)
			}
		}
	}
	if failed == 0 {
		t.Fatal("the disk was not full")
	}
	if out, err := exec.Command("mount", "-o", "remount,size=64m", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for range 2 {
		if cmd := m.start("run", "--ledger", m.ledger); cmd.Wait() != nil {
			t.Fatalf("with space: %s", m.stderr.String())
		}
	}
	m.sound("in the end")
	m.truth()
}

func TestDiskReadOnly_ClearMessageBeforeAnybodyIsCalled(t *testing.T) {
	m := newMachine(t, 1)
	dir := tiny(t, 16<<10)
	m.ledger = filepath.Join(dir, "synthsync.ledger")
	if cmd := m.start("run", "--ledger", m.ledger); cmd.Wait() != nil {
		t.Fatal(m.stderr.String())
	}
	writes := m.sim.Writes()
	if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	cmd := m.start("run", "--ledger", m.ledger)
	_ = cmd.Wait()
	if text := m.stderr.String(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(text, "read-only") || !strings.Contains(text, m.ledger) {
		t.Errorf("exit %d: %s", cmd.ProcessState.ExitCode(), text)
	}
	if m.sim.Writes() != writes {
		t.Error("something was told")
	}
	// Who only looks needs no right to write.
	if cmd := m.start("report", "--ledger", m.ledger); cmd.Wait() != nil {
		t.Errorf("report: %s", m.stderr.String())
	}
}
