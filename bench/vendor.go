package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// tenant is what a vendor process serves.
type tenant struct {
	Items        int
	Companies    int
	Latency      time.Duration
	Distribution string
}

// vendor is both vendors in a process of its own, so that what they cost is counted to nobody. It is told what to do and
// asked what it saw by requests to /bench/.
type vendor struct {
	autotask http.Handler
	truth    map[string]int64

	mu     sync.Mutex
	seen   seen
	flying int
	faults float64 // of all queries, so many fail
	random *rand.Rand
}

// seen is what a vendor saw since it was last asked.
type seen struct {
	Requests     int           // to Autotask, all of them
	ItemRequests int           // of these, about configuration items
	Served       time.Duration // how long those took, together
	Span         time.Duration // from the begin of the first one to the end of the last
	Peak         int           // the most of them in flight at once
	Faulted      int           // made to fail

	first time.Time
}

// addresses is what a vendor process prints when it serves.
type addresses struct{ Autotask, Synthesize string }

// serve serves until its standard input ends.
func serve(t tenant, in io.Reader, out io.Writer) error {
	v, err := newVendor(t)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: v, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	synthesize := synthesizetest.Start(synthesizetest.New(synthesizetest.Options{NoHistory: true, LogLimit: -1}))
	defer synthesize.Close()
	if err := json.NewEncoder(out).Encode(addresses{"http://" + listener.Addr().String(), synthesize.URL}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in) // whoever started this has ended when it ends
	return err
}

// typeNames are the types of the tenant; the first one has id 1.
var typeNames = []string{"Desktop", "Laptop", "Server", "Printer"}

func newVendor(t tenant) (*vendor, error) {
	place, known := distributions[t.Distribution]
	if !known {
		return nil, fmt.Errorf("no distribution is called %q", t.Distribution)
	}
	at := autotasktest.NewTenant(autotasktest.Options{LogLimit: -1})
	for i, name := range typeNames {
		at.SetType(autotasktest.Type{ID: int64(i) + 1, Name: name})
	}
	for i := range t.Companies {
		at.SetCompany(autotasktest.Company{ID: int64(i) + 1, Name: fmt.Sprintf("Company %d", i+1)})
	}
	at.Generate(t.Items, func(i int) int64 { return place.id(i, t.Items) }, func(i int) autotasktest.Item {
		r := scatter(uint64(i)) //nolint:gosec // not negative
		company := int64(r%uint64(t.Companies)) + 1
		if place.huge && r>>40%10 < 9 {
			company = 1
		}
		return autotasktest.Item{Company: company, Type: int64(r>>32%uint64(len(typeNames))) + 1, Inactive: r>>48%10 == 0} //nolint:gosec // below 2^32
	})
	// The hour's allowance is left out of it: several contestants follow each other within one hour.
	at.Switch(func(s *autotasktest.Switches) { s.Latency, s.HourLimit = t.Latency, 1<<40 })
	v := &vendor{autotask: at, truth: map[string]int64{}, random: rand.New(rand.NewPCG(0, 2))} //nolint:gosec // no secret
	for company, types := range at.ActiveItems() {
		for typ, n := range types {
			v.truth[pair(company, typ)] = n
		}
	}
	return v, nil
}

// pair names a company and a type in what contestants print.
func pair(company, typ int64) string { return fmt.Sprintf("%d|%d", company, typ) }

// scatter is the finaliser of SplitMix64: the same number each time for a place, with no pattern between neighbours.
func scatter(place uint64) uint64 {
	z := (place + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/bench/begin": // with ?faults=0.01&seed=1
		v.mu.Lock()
		v.seen = seen{}
		_, _ = fmt.Sscan(cmp.Or(r.URL.Query().Get("faults"), "0"), &v.faults)
		var seed uint64
		_, _ = fmt.Sscan(cmp.Or(r.URL.Query().Get("seed"), "0"), &seed)
		v.random = rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // no secret
		v.mu.Unlock()
	case "/bench/seen":
		v.mu.Lock()
		defer v.mu.Unlock()
		_ = json.NewEncoder(w).Encode(v.seen)
	case "/bench/truth":
		_ = json.NewEncoder(w).Encode(v.truth)
	default:
		v.answer(w, r)
	}
}

// answer lets Autotask answer, and counts.
func (v *vendor) answer(w http.ResponseWriter, r *http.Request) {
	items := strings.Contains(r.URL.Path, "/ConfigurationItems/query")
	begun := time.Now()
	fault := v.begin(items, begun)
	defer func() { v.end(items, begun) }()
	switch fault {
	case noFault:
		v.autotask.ServeHTTP(w, r)
	case serverError:
		time.Sleep(10 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"errors":["Object reference not set to an instance of an object."]}`)
	case tooMany:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case reset:
		panic(http.ErrAbortHandler)
	}
}

// What is made to fail, one as often as the other.
const (
	noFault = iota
	serverError
	tooMany
	reset
	faultKinds
)

func (v *vendor) begin(items bool, now time.Time) (fault int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen.Requests++
	if !items {
		return noFault
	}
	v.seen.ItemRequests++
	if v.seen.first.IsZero() {
		v.seen.first = now
	}
	v.flying++
	v.seen.Peak = max(v.seen.Peak, v.flying)
	if v.random.Float64() < v.faults {
		v.seen.Faulted++
		return 1 + v.random.IntN(faultKinds-1)
	}
	return noFault
}

func (v *vendor) end(items bool, begun time.Time) {
	if !items {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.flying--
	v.seen.Served += time.Since(begun)
	v.seen.Span = time.Since(v.seen.first)
}
