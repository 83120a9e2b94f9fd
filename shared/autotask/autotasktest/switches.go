package autotasktest

import "time"

// Switches are the ways in which tenants and sources differ. They may be changed at any time by Switch.
type Switches struct {
	Latency         time.Duration                  // of every authenticated request
	SlotFreedLate   time.Duration                  // a slot of the limit in flight is freed so long after the answer
	HourLimit       int64                          // requests in 60 minutes, of all integrations together
	OthersUsed      int64                          // of them, what others have used
	BudgetStatus    int                            // of the refusal beyond the limit, which is not documented; 0: 429
	BudgetAfter     time.Duration                  // Retry-After of that refusal; 0: none
	LatencySteps    time.Duration                  // added from half of the hour's limit on, twice that from three quarters on; the vendor's: 500 ms
	ThreadStatus    int                            // of the refusal of a fourth request in flight; 0: 429; 500 has been reported too
	LockoutAfter    int                            // failed logins until the user is locked; 0: never
	Errors2023      bool                           // a wrong code is 500 with a text, as in older reports
	OtherCodes      []string                       // integration codes of others that are accepted too
	QueryAccess     string                         // what the user may read: All, Restricted, or None, which refuses queries
	Restricted      bool                           // the user's rights were narrowed: only companies with even ids and their items
	ZoneURL         func(host, zone string) string // nil: http://host/zone/ATServicesRest/
	ForeignNextPage bool                           // nextPageUrl points to another host
	EmptyLastPage   bool                           // a full last page has a nextPageUrl too, to an empty one
	GetPageEmpty    bool                           // GET of a POST-born page link: 200 with nothing, instead of 405
	Missing404      bool                           // a missing id is 404, instead of 200 with null
	UpperAcronyms   bool                           // rmmDeviceUID instead of rmmDeviceUid
	Gzip            bool                           // answers are packed for clients that accept it; whether the vendor does is not documented
}

// Switch changes how the tenant behaves.
func (t *Tenant) Switch(change func(*Switches)) { t.do(func() { change(&t.sw) }) }

// SetCredentials changes what is accepted: a rotation.
func (t *Tenant) SetCredentials(c Credentials) { t.do(func() { t.credentials, t.failed = c, 0 }) }

// MoveZone moves the tenant: the old zone refuses everybody, the zone call names the new one.
func (t *Tenant) MoveZone(zone string, database int64) {
	t.do(func() { t.zone, t.database = zone, database })
}

// Unlock lets a locked user in again, as an administrator can.
func (t *Tenant) Unlock() { t.do(func() { t.failed = 0 }) }
