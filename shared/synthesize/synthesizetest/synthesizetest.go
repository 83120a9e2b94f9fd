// Package synthesizetest is a local Gradient MSP Synthesize: its vendor API over HTTP, the person who maps accounts and
// services in its web interface, and everything that can go wrong between a client and it, for tests and demonstrations.
//
//	m := synthesizetest.New(synthesizetest.Options{Seed: 1})
//	srv := synthesizetest.Start(m) // or m.Transport(), without a socket
//	defer srv.Close()
//
// What is documented of the API is done as documented; what is unknown is a field of [Switches], so that a client can be
// tried against each answer. The simulator takes the time from package time, starts no goroutine and keeps no timer, so it
// runs unchanged inside a testing/synctest bubble. The same calls with the same seed give the same ids.
//
// The deprecated list of PSA clients, organization services and alerting are left out; they answer as unknown paths do.
package synthesizetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// The keys of a simulator that was given none.
const (
	DefaultVendorKey  = "local-vendor-key"
	DefaultPartnerKey = "local-partner-key"
)

// Options is what a simulator starts with. The zero value is a fresh custom integration, never synced.
type Options struct {
	VendorKey, PartnerKey string // default: DefaultVendorKey, DefaultPartnerKey
	VendorName            string // default "Local Custom"
	OrganizationName      string // default "Local MSP"
	Seed                  uint64 // ids are derived from it

	Switches Switches // see there for the defaults

	LogLimit  int  // how many of the newest requests are kept; default 100,000, negative none. Counters see all of them.
	NoHistory bool // forget the values a pair held before; for big benchmarks

	// OnRequest is called with each vendor request before a fault or the rate limit is looked at and before anything is
	// evaluated, one call at a time: it may call any method, and inject a fault for this very request.
	OnRequest func(RequestInfo)
}

// String says which integration this is, without the keys.
func (o Options) String() string {
	return fmt.Sprintf("vendor %q, organization %q, seed %d", o.VendorName, o.OrganizationName, o.Seed)
}

// GoString is String, so that %#v shows no key either.
func (o Options) GoString() string { return o.String() }

// Simulator is one vendor integration at a local Synthesize: an http.Handler, and the methods of its administrator and of
// tests. All methods may be called from many goroutines, also from within OnRequest.
type Simulator struct {
	mu        sync.Mutex
	sw        Switches
	onRequest func(RequestInfo)
	hooks     sync.Mutex // one call of onRequest at a time

	vendorKey, partnerKey [sha256.Size]byte // digests: the keys themselves are not kept
	seed                  uint64
	idsGiven              map[string]int

	vendor       vendor
	organization organization
	services     []*service
	serviceNames map[string]string // also of services that are gone, for histories
	accounts     []*account
	accountByID  map[string]*account

	counts    map[key]json.Number
	built     map[key]json.Number
	history   map[key][]Held
	noHistory bool
	posts     map[key]Posts
	psaUnits  map[Pair]json.Number

	rebuild    rebuild
	late       []lateCall
	admitted   window
	injections []*Injection
	log        requestLog
}

// New makes a simulator.
func New(o Options) *Simulator {
	now := time.Now()
	m := &Simulator{
		sw:           o.Switches,
		onRequest:    o.OnRequest,
		vendorKey:    sha256.Sum256([]byte(or(o.VendorKey, DefaultVendorKey))),
		partnerKey:   sha256.Sum256([]byte(or(o.PartnerKey, DefaultPartnerKey))),
		seed:         o.Seed,
		idsGiven:     map[string]int{},
		serviceNames: map[string]string{},
		accountByID:  map[string]*account{},
		counts:       map[key]json.Number{},
		built:        map[key]json.Number{},
		history:      map[key][]Held{},
		noHistory:    o.NoHistory,
		posts:        map[key]Posts{},
		psaUnits:     map[Pair]json.Number{},
		log:          newRequestLog(o.LogLimit),
	}
	m.vendor = vendor{id: m.id("vendor", ""), name: or(o.VendorName, "Local Custom"), created: now, updated: now}
	m.organization = organization{
		id:            m.id("organization", ""),
		name:          or(o.OrganizationName, "Local MSP"),
		integrationID: m.id("integration", ""),
		status:        Inactive,
	}
	return m
}

// id makes an identifier in the form of a Mongo ObjectId, 24 hex digits. It depends on what it is for and on how many were
// given out for that before, so that concurrent calls get the same ids in whatever order they arrive.
func (m *Simulator) id(kind, name string) string {
	what := kind + "/" + name
	m.idsGiven[what]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s", m.seed, m.idsGiven[what], what))
	return hex.EncodeToString(sum[:12])
}

// or returns the text, or the default when there is none.
func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
