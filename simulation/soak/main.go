// Command soak lives through many histories of the simulation and reports what they met:
//
//	go run ./simulation/soak -seeds 0:100000 -for 5m
//	go run ./simulation/soak -histories 20000 -for 5m
//	go build -o soak ./simulation/soak && ./soak -seeds 0:100000 -for 1h -journal histories.jsonl
//	go run ./simulation/soak -journal histories.jsonl -sum
//
// A journal keeps what each sitting lived through, so that a long search can be made in many; -sum adds them up.
//
// It ends with 1 if a rule does not hold in a history, and prints the story of each such history, reduced.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/simulation"
	"github.com/synthsync/synthsync/simulation/journal"
)

// found is what one process has to say in the end.
type found struct {
	Histories int `json:"Histories"`
	Steps     int
	Next      uint64 // the first seed not lived through
	Coverage  map[string]int
	Failing   []failing
}

type failing struct {
	Seed  uint64
	Story string
}

func main() {
	runtime.MemProfileRate = 0 // nobody asks, and it costs
	testing.Init()
	seeds := flag.String("seeds", "", "the seeds, as from:to; the default begins anywhere")
	lasts := flag.Duration("for", 5*time.Minute, "how long at most")
	histories := flag.Uint64("histories", 1e9, "how many at most, if -seeds is not said")
	processes := flag.Int("processes", runtime.NumCPU(), "how many processes")
	first := flag.Bool("first", false, "stop at the first history that fails, and say after how many, in one line")
	stride := flag.Uint64("stride", 0, "set by the command for its own processes")
	path := flag.String("journal", "", "a file to which a line about this sitting is added")
	sum := flag.Bool("sum", false, "print what the sittings of the -journal met together, and do nothing else")
	flag.Parse()
	if *sum {
		if err := sumUp(*path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	from, to, err := between(*seeds, *histories)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if *first {
		untilFirst(from, to, *lasts)
		return
	}
	if *stride > 0 {
		worker(from, to, *stride, *lasts)
		return
	}
	os.Exit(lead(from, to, *lasts, int(min(to-from, uint64(max(*processes, 1)))), *path))
}

func between(text string, histories uint64) (from, to uint64, err error) {
	if text == "" {
		from = uint64(time.Now().UnixNano() / 1e6 % 1e10) //nolint:gosec // the time is after 1970
		return from, from + max(histories, 1), nil
	}
	a, b, _ := strings.Cut(text, ":")
	from, errA := strconv.ParseUint(a, 10, 64)
	to, errB := strconv.ParseUint(b, 10, 64)
	if errA != nil || errB != nil || from >= to {
		return 0, 0, fmt.Errorf("-seeds %q: must be from:to, two numbers", text)
	}
	return from, to, nil
}

// collectSeldom lets the garbage of many histories lie: one is small, and gone after it.
func collectSeldom() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(400 << 20)
}

// worker lives through every stride-th seed. One process uses one processor, so that one seed is one history.
func worker(from, to, stride uint64, lasts time.Duration) {
	runtime.GOMAXPROCS(1)
	collectSeldom()
	end := time.Now().Add(lasts)
	f := found{Coverage: map[string]int{}}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "soak",
		F: func(t *testing.T) {
			for f.Next = from; f.Next < to && time.Now().Before(end) && len(f.Failing) < 5; f.Next += stride {
				out := simulation.Run(t, f.Next)
				f.Histories++
				f.Steps += out.Steps
				for what, n := range out.Coverage {
					f.Coverage[what] += n
				}
				if out.Invariant != "" {
					f.Failing = append(f.Failing, failing{f.Next, simulation.Shrink(t, out, 600).String()})
				}
			}
			_ = json.NewEncoder(os.Stdout).Encode(f)
		},
	}}, nil, nil)
}

// untilFirst is for the mutants: is there a history that fails, and after how many?
func untilFirst(from, to uint64, lasts time.Duration) {
	runtime.GOMAXPROCS(1)
	collectSeldom()
	end := time.Now().Add(lasts)
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "first",
		F: func(t *testing.T) {
			seed := from
			for ; seed < to && time.Now().Before(end); seed++ {
				if out := simulation.Run(t, seed); out.Invariant != "" {
					fmt.Printf("FAILS after %d: %s\n", seed-from+1, out.Invariant)
					return
				}
			}
			fmt.Printf("HOLDS after %d\n", seed-from)
		},
	}}, nil, nil)
}

func lead(from, to uint64, lasts time.Duration, processes int, path string) int {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	fmt.Printf("seeds from %d, at most %s, %d processes\n", from, lasts, processes)
	began := time.Now()
	all := make([]found, processes)
	errs := make([]error, processes)
	var group sync.WaitGroup
	for i := range processes {
		group.Go(func() {
			//nolint:gosec // this very program
			command := exec.Command(self, "-seeds", fmt.Sprintf("%d:%d", from+uint64(i), to), "-for", lasts.String(), "-stride", strconv.Itoa(processes))
			command.Stderr = os.Stderr
			out, err := command.Output()
			if err == nil {
				if at := strings.LastIndex(string(out), `{"Histories"`); at >= 0 {
					err = json.Unmarshal([]byte(strings.TrimSpace(strings.SplitN(string(out)[at:], "\n", 2)[0])), &all[i])
				} else {
					err = fmt.Errorf("process %d said: %.2000s", i, out)
				}
			}
			errs[i] = err
		})
	}
	group.Wait()
	sum, code := report(all, errs, time.Since(began))
	if path != "" {
		s := sitting{began.UTC(), commit(), from, min(sum.Next, to), sum.Histories, sum.Steps, time.Since(began).Seconds(), nil, sum.Coverage}
		for _, f := range sum.Failing {
			s.Failing = append(s.Failing, f.Seed)
		}
		if err := journal.Append(path, s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
	}
	return code
}

func report(all []found, errs []error, took time.Duration) (sum found, code int) {
	sum = found{Coverage: map[string]int{}}
	for i, f := range all {
		if errs[i] != nil {
			fmt.Println("a process ended badly:", errs[i])
			code = 1
		}
		sum.Histories += f.Histories
		sum.Steps += f.Steps
		sum.Next = max(sum.Next, f.Next)
		for what, n := range f.Coverage {
			sum.Coverage[what] += n
		}
		sum.Failing = append(sum.Failing, f.Failing...)
	}
	fmt.Printf("%d histories in %s, %.0f a second; %d steps\n\n", sum.Histories, took.Round(time.Second), float64(sum.Histories)/took.Seconds(), sum.Steps)
	if empty := table(sum.Coverage); empty > 0 {
		fmt.Printf("%d cells are empty\n", empty)
	}
	for _, f := range sum.Failing {
		fmt.Printf("\nSEED %d FAILS\n%s\n", f.Seed, f.Story)
		code = 1
	}
	if code == 0 {
		fmt.Println("every rule held in every history")
	}
	return sum, code
}

// table prints how often each fault, and each thing that somebody did, met each stage, and the states of pairs that were seen.
// It returns how many cells that can be met were not.
func table(coverage map[string]int) (empty int) {
	kinds := map[bool]map[string]bool{true: {}, false: {}}
	pairs := map[string]int{}
	for _, what := range simulation.Kinds() {
		kinds[simulation.IsAct(what)][what] = true
	}
	for cell, n := range coverage {
		what, stage, _ := strings.Cut(cell, " @ ")
		if stage == simulation.Pairs {
			pairs[what] = n
			continue
		}
		kinds[simulation.IsAct(what)][what] = true
	}
	for _, acts := range []bool{false, true} {
		fmt.Printf("%-30s", map[bool]string{false: "what went wrong", true: "what somebody did"}[acts])
		for _, stage := range simulation.Stages {
			fmt.Printf(" %10s", stage)
		}
		fmt.Println()
		for _, what := range slices.Sorted(maps.Keys(kinds[acts])) {
			fmt.Printf("%-30s", what)
			for _, stage := range simulation.Stages {
				n := coverage[what+" @ "+stage]
				switch {
				case n > 0:
					fmt.Printf(" %10d", n)
				case simulation.CannotMeet(what, stage):
					fmt.Printf(" %10s", "-")
				default:
					fmt.Printf(" %10s", "EMPTY")
					empty++
				}
			}
			fmt.Println()
		}
		fmt.Println()
	}
	fmt.Println("how the ledger's pairs went from state to state")
	for _, what := range slices.Sorted(maps.Keys(pairs)) {
		fmt.Printf("%-45s %10d\n", what, pairs[what])
	}
	fmt.Println()
	return empty
}
