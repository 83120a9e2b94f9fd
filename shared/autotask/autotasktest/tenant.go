// Package autotasktest is a local Autotask PSA over real HTTP, for tests and for the demo: strict where the vendor is
// strict, lax where it is lax, with live data, limits, and faults on demand.
//
// A Tenant is an http.Handler; Start puts it on a loopback address in one line. It needs no goroutine of its own and
// reads the time from package time, so it also runs inside a synctest bubble.
package autotasktest

import (
	"sync"
	"time"
)

// Null stands for a company or a type that an item does not have.
const Null int64 = -1 << 62

// Company is an Autotask company. Id 0 is the MSP itself.
type Company struct {
	ID       int64
	Name     string
	Inactive bool
	Type     int64 // a picklist: 1 customer, 3 prospect, 7 vendor; 0 counts as 1
	Parent   int64 // 0: none
	Hidden   bool  // the user may not see it; its items he sees
}

// Type is a configuration item type.
type Type struct {
	ID       int64
	Name     string
	Inactive bool
}

// Item is a configuration item.
type Item struct {
	ID       int64
	Company  int64 // Null: none
	Type     int64 // Null: none
	Inactive bool
}

// Credentials are what every authenticated request must carry.
type Credentials struct{ Username, Secret, IntegrationCode string }

// DefaultCredentials are a tenant's credentials unless Options say otherwise.
var DefaultCredentials = Credentials{"api.user@msp.example", "S3cret#with=odd$signs", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0"}

// Options are how a tenant begins. The zero value is a tenant with its own company and nothing else.
type Options struct {
	Name        string // of company 0
	Database    int64  // the tenant's database number
	Credentials Credentials
	LogLimit    int // requests kept in the log; 0: 100,000; negative: none
}

// Tenant is one simulated Autotask tenant. It is safe for use by many goroutines.
type Tenant struct {
	mu          sync.Mutex
	sw          Switches
	credentials Credentials
	database    int64
	zone        string
	failed      int // logins since the last good one
	companies   map[int64]Company
	companyIDs  []int64 // sorted
	types       map[int64]Type
	typeIDs     []int64 // sorted
	items       items
	faults      []*Fault
	onRequest   func(Request)
	hooks       sync.Mutex // one call of onRequest at a time
	log         []Request
	logLimit    int
	seq         int
	hour        []time.Time
	slots       map[string]*slot
	peak        map[string]int // by entity
	now         map[string]int // in flight, by entity
	all         int
	peakAll     int
}

// NewTenant makes a tenant.
func NewTenant(o Options) *Tenant {
	if o.Name == "" {
		o.Name = "Example MSP"
	}
	if o.Database == 0 {
		o.Database = 20264
	}
	if o.Credentials == (Credentials{}) {
		o.Credentials = DefaultCredentials
	}
	if o.LogLimit == 0 {
		o.LogLimit = 100_000
	}
	t := &Tenant{
		sw: Switches{HourLimit: 10_000}, credentials: o.Credentials, database: o.Database, zone: "zone5", logLimit: o.LogLimit,
		companies: map[int64]Company{}, types: map[int64]Type{}, items: newItems(),
		slots: map[string]*slot{}, peak: map[string]int{}, now: map[string]int{},
	}
	t.SetCompany(Company{Name: o.Name})
	return t
}
