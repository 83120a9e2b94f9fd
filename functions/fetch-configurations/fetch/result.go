package fetch

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
)

// States of a run.
const (
	StateReading = "reading" // in the ledger only: the run has begun, or was cut off
	StateQueued  = "queued"  // in the ledger only: messages are on their way
	StateDone    = "done"
	StateHeld    = "held"
	StateFailed  = "failed"
)

// Result is what a run reports: the Lambda's answer, the command's --json, and (without Usage) the ledger's record.
type Result struct {
	RunID      string           `json:"runId"`
	ObservedAt time.Time        `json:"observedAt"`
	State      string           `json:"state"`
	Mode       string           `json:"mode,omitempty"`
	DryRun     bool             `json:"dryRun,omitempty"`
	Reason     string           `json:"reason,omitempty"` // when held or failed
	Read       ReadStats        `json:"read"`
	Services   map[string]int64 `json:"services"` // units by service, all companies
	Accounts   AccountStats     `json:"accounts"`
	Usage      ledger.Outcomes  `json:"usage"`
	Due        int              `json:"due"`               // counts that the run tells, or (observe, dry run, held) would tell
	Would      *Would           `json:"would,omitempty"`   // of a run that told nobody: what it would have told
	Holds      []Hold           `json:"holds,omitempty"`   // of a held run; of one that is done, the companies that it held back
	Changes    []Change         `json:"changes,omitempty"` // the counts due; at most maxListed
	Attention  []Attention      `json:"attention,omitempty"`
	Budget     Budget           `json:"budget"`
	Notified   *Notified        `json:"notified,omitempty"`  // what became of telling a person, where that is set up
	RulesDiff  *RulesDiff       `json:"rulesDiff,omitempty"` // of a dry run that tried other rules
	// Decided says that the run has compared everything, whatever became of it then: Holds and Attention are all there is.
	Decided bool `json:"-"`
}

// Capped is the result with its lists cut to what a record in the ledger or a Lambda's answer may hold.
func (r Result) Capped() Result {
	r.Changes = r.Changes[:min(len(r.Changes), maxListed)]
	r.Attention = fewer(r.Attention, maxAttentionPerKind, maxAccountIDs)
	if d := r.RulesDiff; d != nil {
		short := *d
		short.Pairs = short.Pairs[:min(len(short.Pairs), maxListed)]
		r.RulesDiff = &short
	}
	return r
}

// Record is the result as the ledger keeps it. What is too long for a document loses its lists, never its totals.
func (r Result) Record() (json.RawMessage, error) {
	r = r.Capped()
	body, err := json.Marshal(r)
	if err != nil || len(body) <= maxRecord {
		return body, err
	}
	r.Changes = nil
	r.Reason = cut(r.Reason)
	r.Attention = fewer(r.Attention, maxAttentionPerKind/10, maxAccountIDs/10)
	if body, err = json.Marshal(r); err != nil || len(body) <= maxRecord {
		return body, err
	}
	if more := len(r.Holds) - maxAttentionPerKind; more > 0 { // what can be approved stands in a document of its own
		r.Holds = append(r.Holds[:maxAttentionPerKind:maxAttentionPerKind], Hold{Text: fmt.Sprintf("… and %d more", more)})
	}
	return json.Marshal(r)
}

// cut is a text as long as a person reads.
func cut(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), 10_000)], "")
}

// ReadStats is what was read from Autotask.
type ReadStats struct {
	Companies       int              `json:"companies"`
	Items           int64            `json:"items"`
	Requests        int64            `json:"requests"`
	Uncovered       map[string]int64 `json:"uncovered"`        // items by type that no rule names
	Untyped         int64            `json:"untyped"`          // items without a type
	Invisible       int64            `json:"invisibleCompany"` // items whose company cannot be seen
	OwnCompany      int64            `json:"ownCompany"`       // items of company 0, left out
	InactiveCompany int64            `json:"inactiveCompany"`  // items of companies not marked active; they count

	// Rights is what the API user may read, by entity: All, Restricted, or empty where Autotask does not say.
	Rights map[string]string `json:"rights,omitempty"`
}

// AccountStats is what happened to accounts at Synthesize; the cloud's fetch stage counts what it queued.
type AccountStats struct {
	Created int `json:"created"`
	Renamed int `json:"renamed"`
}

// What a run does when it needs more of Autotask's hour than its share.
const (
	OverStop = "stop"
	OverWait = "wait"
)

// Budget is Autotask's limit of requests an hour, which all integrations of the tenant share, and this run's share of it.
type Budget struct {
	Limit         int64  `json:"limit"`
	Used          int64  `json:"used"`              // at the login
	Percent       int64  `json:"percent"`           // of what is left, for a run; 0: no limit of our own
	Over          string `json:"over,omitempty"`    // what a run does that needs more: OverStop or OverWait
	Allowed       int64  `json:"allowed,omitempty"` // requests after the login, of what was left then
	Needed        int64  `json:"needed,omitempty"`  // to read the items, estimated
	WaitedSeconds int64  `json:"waitedSeconds,omitempty"`
	Exceeded      bool   `json:"exceeded,omitempty"` // the run was stopped over it
}

// BudgetOf says how a run stands with Autotask's hour.
func BudgetOf(a autotask.Allowance) Budget {
	b := Budget{
		Limit: a.Login.Limit, Used: a.Login.Used, Percent: a.Percent, Over: OverStop,
		Allowed: a.Allowed, Needed: a.Needed, WaitedSeconds: int64(a.Waited.Seconds()),
	}
	if a.Waits {
		b.Over = OverWait
	}
	return b
}

// SharePercent is what the read needs in percent of what the run may use: above 100 it does not fit. 0: not known, or no
// limit of our own.
func (b Budget) SharePercent() float64 {
	if b.Percent <= 0 || b.Limit <= 0 || b.Needed <= 0 {
		return 0
	}
	return 100 * float64(b.Needed) / float64(max(1, b.Allowed))
}

// Attention is one thing that a person should know of or decide; it never stops a run.
type Attention struct {
	Kind      string `json:"kind"`
	Text      string `json:"text"`
	Units     int64  `json:"units,omitempty"`
	AccountID string `json:"accountId,omitempty"` // if it is about one account
	Account   string `json:"account,omitempty"`   // its company's name, where Text alone does not do
	Service   string `json:"service,omitempty"`
	Type      string `json:"type,omitempty"` // if it is about a type of configuration item
	Why       string `json:"why,omitempty"`  // in a few words, where a list has room for no more
	// Of what stands for many more of its kind, where there is no room for them: how many, and the accounts they are about.
	More       int      `json:"more,omitempty"`
	AccountIDs []string `json:"accountIds,omitempty"`
}

// Kinds of attention.
const (
	KindInvisible       = "company invisible"
	KindInactive        = "company inactive"
	KindNoAccount       = "no account"
	KindUncovered       = "uncovered type"
	KindOrphans         = "items without a visible company"
	KindUntyped         = "items without a type"
	KindOwnCompany      = "own company left out"
	KindRules           = "rules"
	KindTenant          = "tenant"
	KindClock           = "clock"
	KindStranger        = "stands at Synthesize"
	KindUnmapped        = "not mapped"
	KindMappingLost     = "mapping lost"
	KindReleased        = "released"
	KindMerged          = "probably merged"
	KindCompanyHeld     = "company held"
	KindSlowFall        = "slow fall"
	KindApproved        = "approved"
	KindMode            = "mode"
	KindRights          = "rights"
	KindOtherType       = "company type"
	KindNotCustomer     = "not a customer"
	KindDuplicateNames  = "companies of one name"
	maxListed           = 500 // changes in a record: DynamoDB takes 400 KB a document
	maxAttentionPerKind = 100
	maxAccountIDs       = 2_000   // of a kind, that are named beyond that: 10 bytes each
	maxRecord           = 250_000 // bytes of a record, which shares its document with the baseline
)
