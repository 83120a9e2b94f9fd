package synthesizetest

import (
	"strings"
	"time"
)

// Switches decide what the public documents leave open, and how fast the simulator is. The zero value is the likeliest
// Synthesize, except where a worse one is as likely. They may be changed at any time with [Simulator.Switch].
type Switches struct {
	// OmitUnderscoreID leaves "_id" out of vendors and services; "id" remains. The newest known clients know "id" only.
	OmitUnderscoreID bool `json:"omitUnderscoreId"`
	// AccountShape is which fields an account has in lists. Default: the three of the vendor's guide.
	AccountShape AccountShape `json:"accountShape"`
	// Batch is what becomes of the other accounts of a POST when one exists already. The answer is 409 in each case.
	Batch BatchMode `json:"batch"`
	// MaxBatch is how many accounts one POST or PATCH may have before it is answered 413. Default: no limit.
	MaxBatch int `json:"maxBatch"`
	// MaxBodyBytes is how large a body may be before it is answered 413. Default: 10 MiB.
	MaxBodyBytes int64 `json:"maxBodyBytes"`

	// LenientNegative stores negative unit counts instead of refusing them.
	LenientNegative bool `json:"lenientNegative"`
	// LenientNull stores a unit count of null as 0 instead of refusing it.
	LenientNull bool `json:"lenientNull"`
	// LenientAccountID takes an account id that is a JSON number as its text.
	LenientAccountID bool `json:"lenientAccountId"`

	// ServiceUnmappedMessage is what a count is told when its account is mapped and its service is not; {accountId} and
	// {serviceId} are filled in. Default: the same message as for an account, which is the documented one for both.
	ServiceUnmappedMessage string `json:"serviceUnmappedMessage"`
	// UnknownServiceMessage is what a service id that does not exist is told, filled in alike. Default "Service Not Found".
	UnknownServiceMessage string `json:"unknownServiceMessage"`
	// UnauthorizedMessage is what a wrong token is told. Default "Unauthorized".
	UnauthorizedMessage string `json:"unauthorizedMessage"`
	// ArrayMessages sends the message of a 400 as an array of strings.
	ArrayMessages bool `json:"arrayMessages"`

	// RebuildAfter404 lets a count that was answered 404 ask for a rebuild, too.
	RebuildAfter404 bool `json:"rebuildAfter404"`
	// RefuseDuplicateServices answers a second service of one name 409. Default: it is stored beside the first.
	RefuseDuplicateServices bool `json:"refuseDuplicateServices"`
	// MapOnCreate maps new accounts and services at once, as though somebody stood by.
	MapOnCreate bool `json:"mapOnCreate"`
	// OldStatuses accepts "disabled" and "error" as well, which were allowed in 2023.
	OldStatuses bool `json:"oldStatuses"`

	// CountStatus is the "status" in the body of an accepted count; the HTTP status remains 201. Default 201.
	CountStatus int `json:"countStatus"`
	// CreatedStatus is the HTTP status of an accepted POST of services or accounts. Default 201.
	CreatedStatus int `json:"createdStatus"`

	// RateLimit is how many requests are admitted within any second, the documented 100 by default; negative: no limit.
	RateLimit int `json:"rateLimit"`
	// LimitRetryAfter is the Retry-After header of a 429 by the rate limit. Default: none, none is documented.
	LimitRetryAfter string `json:"limitRetryAfter"`
	// Latency passes before each request is evaluated.
	Latency time.Duration `json:"latencyNs"`
	// Debounce is how long after the last request for a rebuild the view is built. Default 500 ms (the real one is not
	// known); negative: at once.
	Debounce time.Duration `json:"debounceNs"`
}

// AccountShape is which fields an account has in lists.
type AccountShape string

// The shapes that sources of different years show.
const (
	ThreeFields   AccountShape = ""          // id, name, description: the guide's sample
	WithIsMapped  AccountShape = "isMapped"  // and isMapped: schema of November 2023
	WithMappingID AccountShape = "mappingId" // and isMapped and, when mapped, mappingId: clients of 2026
)

// BatchMode is what becomes of the other accounts of a batch when one of them exists already.
type BatchMode string

// The ways a data base may take a batch.
const (
	Atomic          BatchMode = ""         // none is stored
	PartialUntil    BatchMode = "until"    // those before the first duplicate are stored
	PartialAllOther BatchMode = "allOther" // all that are no duplicates are stored
)

// Switch changes switches while the simulator runs.
func (m *Simulator) Switch(change func(*Switches)) {
	m.lock()
	defer m.mu.Unlock()
	change(&m.sw)
}

// Switches returns the switches as they stand, defaults not filled in.
func (m *Simulator) Switches() Switches {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sw
}

// OnRequest replaces the function called before each vendor request; see [Options].
func (m *Simulator) OnRequest(f func(RequestInfo)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onRequest = f
}

func (s Switches) maxBody() int64 {
	if s.MaxBodyBytes > 0 {
		return s.MaxBodyBytes
	}
	return 10 << 20
}

func (s Switches) created() int { return orNumber(s.CreatedStatus, 201) }

func (s Switches) rateLimit() int { return orNumber(s.RateLimit, 100) }

func (s Switches) debounce() time.Duration {
	if s.Debounce == 0 {
		return 500 * time.Millisecond
	}
	return max(s.Debounce, 0)
}

// fill puts the ids of a call into a message.
func fill(message, accountID, serviceID string) string {
	return strings.NewReplacer("{accountId}", accountID, "{serviceId}", serviceID).Replace(message)
}

func orNumber(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
