package ledger

import (
	"context"
	"fmt"
	"time"
)

var heldKey = Key{kindState, "held"}

// Held is what the newest run held back: all of itself, or some companies. It is what a person may approve, and nothing
// else: a newer run replaces it, held or not, but for one that passed as approved.
type Held struct {
	RunID      string    `json:"runId,omitempty"`
	ObservedAt time.Time `json:"observedAt,omitzero"`
	Base       time.Time `json:"base,omitzero"` // observedAt of what it was compared with
	Hand       bool      `json:"hand,omitempty"`
	Holds      []HeldFor `json:"holds,omitempty"`
	Approved   *Word     `json:"approved,omitempty"`
	Served     string    `json:"served,omitempty"` // the newest run that the approval let pass; another may need it, if that one was not heard
}

// HeldFor is one reason, with the counts that a person has seen.
type HeldFor struct {
	Key    string  `json:"key"`
	Text   string  `json:"text"`
	Was    int64   `json:"was"`
	Now    int64   `json:"now"`              // units of all that the reason is about, also where it is one of items
	Spread []int64 `json:"spread,omitempty"` // Now by groups of companies
	// Of one company: its units by service.
	Services map[string]int64 `json:"services,omitempty"`
	// Of one company: the rules that a person had changed when it was first held back, and how.
	Rule       string `json:"rule,omitempty"`
	RuleChange string `json:"ruleChange,omitempty"`
}

// For finds a reason by its key.
func (h Held) For(key string) (HeldFor, bool) {
	for _, f := range h.Holds {
		if f.Key == key {
			return f, true
		}
	}
	return HeldFor{}, false
}

// ApprovalError says why a run cannot be approved.
type ApprovalError struct {
	RunID  string
	Other  bool // what is held now is another run's, or nothing
	Reason string
}

func (e *ApprovalError) Error() string { return fmt.Sprintf("run %s %s", e.RunID, e.Reason) }

// Held reads what the newest run held back.
func (l *Ledger) Held(ctx context.Context) (Held, error) {
	var h Held
	_, err := l.load(ctx, heldKey, &h)
	return h, err
}

// NoteHeld records what a run holds back, nothing included: whatever an older run held can be approved no more. A run
// that holds nothing back after one that held nothing back writes nothing.
//
// read is what the run had read here when it decided. If that has been approved since, and the run holds something, the
// person's word stands and is returned as approved: the run has not heard it, and the next one will.
func (l *Ledger) NoteHeld(ctx context.Context, now, read Held) (approved Held, err error) {
	_, err = update(ctx, l, heldKey, func(h *Held) error {
		approved = Held{}
		switch {
		case len(now.Holds) > 0 && h.Approved != nil && h.RunID == read.RunID && read.Approved == nil:
			approved = *h
		case now.RunID == h.RunID && len(h.Holds) > 0 && len(now.Holds) > 0:
			// Lambda has begun this run anew. A person may have been shown the first one's figures, and approves under this
			// name: what he approves is those. Where they are others now, the next run is held, and says so.
		case now.ObservedAt.After(h.ObservedAt) && (len(now.Holds) > 0 || now.Hand || len(h.Holds) > 0 || h.Hand):
			*h = now
		}
		return nil
	})
	return approved, err
}

// NoteServed records that an approval, as it was read, lets a run pass.
func (l *Ledger) NoteServed(ctx context.Context, read Held, runID string) error {
	_, err := update(ctx, l, heldKey, func(h *Held) error {
		if h.RunID == read.RunID && h.Approved != nil {
			h.Served = runID
		}
		return nil
	})
	return err
}

// Approve records a person's word that what a run held back may pass, and only that. The first word for a run stands;
// mine tells whether this was it. The error is an *ApprovalError if the run holds nothing that could be approved.
func (l *Ledger) Approve(ctx context.Context, runID string, act Act) (held Held, mine bool, err error) {
	act.What, act.Target = ActApprove, runID
	held, err = decide(ctx, l, heldKey, act, func(h *Held) error {
		mine = false
		switch {
		case h.RunID != runID, h.Served != "":
			return &ApprovalError{RunID: runID, Other: true, Reason: "is not what is held now"}
		case len(h.Holds) == 0 && h.Hand:
			return &ApprovalError{RunID: runID, Reason: "was held by a person's word, not by the guard; end that with: synthsync resume"}
		case len(h.Holds) == 0:
			return &ApprovalError{RunID: runID, Reason: "holds nothing back"}
		case h.Approved == nil:
			act.At = l.now().UTC()
			word := act.word()
			h.Approved, mine = &word, true
		}
		return nil
	})
	return held, mine && err == nil, err
}
