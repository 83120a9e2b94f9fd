package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// kindAct holds what was done and by whom, one document each, by time. They never expire: a bill may be disputed years later.
const kindAct Kind = "act"

// What is recorded.
const (
	ActRun     = "run"
	ActRules   = "rules"
	ActMode    = "mode"
	ActHold    = "hold"
	ActResume  = "resume"
	ActApprove = "approve"
	ActRelease = "release"
	ActUndo    = "release undone"
	ActImport  = "import"
	ActTenant  = "tenant accepted"
)

// Act is one thing that was done: a run, or a person's decision.
type Act struct {
	At      time.Time `json:"at"`
	What    string    `json:"what"`
	Actor   string    `json:"actor"`            // the IAM principal, the OS user and host, or the schedule
	Target  string    `json:"target,omitempty"` // the run, the company, the mode
	Reason  string    `json:"reason,omitempty"` // in the actor's words
	Detail  string    `json:"detail,omitempty"` // in the program's words
	State   string    `json:"state,omitempty"`  // of a run: what became of it
	Held    bool      `json:"held,omitempty"`   // of a run: it held something back, itself or companies
	Rules   string    `json:"rules,omitempty"`  // hash of the service rules; of a decision: of the last run's
	Version string    `json:"version,omitempty"`
}

// Word is who decided something, and why.
type Word struct {
	Actor  string    `json:"actor"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// String is the word as a report shows it.
func (w Word) String() string {
	text := fmt.Sprintf("%s at %s", w.Actor, w.At.UTC().Format("2006-01-02 15:04 MST"))
	if w.Reason != "" {
		text += ": " + w.Reason
	}
	return text
}

func (a Act) word() Word { return Word{a.Actor, a.Reason, a.At} }

func actKey(at time.Time, what string) Key {
	return Key{kindAct, fmt.Sprintf("%016d-%s", at.UnixMilli(), what)}
}

// decide is update for a decision: the document and the act that says whose it was are one write. A change that alters
// nothing records nothing.
func decide[T any](ctx context.Context, l *Ledger, key Key, act Act, change func(*T) error) (T, error) {
	at := l.now().UTC().Truncate(time.Millisecond)
	if err := l.underRules(ctx, &act); err != nil {
		var none T
		return none, err
	}
	for try := 0; ; try++ {
		var doc T
		docs, err := l.store.Get(ctx, key, actKey(at, act.What))
		if err != nil {
			return doc, fmt.Errorf("read %s from the ledger: %w", key, err)
		}
		if err := decode(docs[0], &doc); err != nil {
			return doc, err
		}
		before, err := json.Marshal(doc)
		if err != nil {
			return doc, fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		if err := change(&doc); err != nil {
			return doc, err
		}
		body, err := json.Marshal(doc)
		if err != nil {
			return doc, fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		if bytes.Equal(body, before) { // also of a document that is not there
			return doc, nil
		}
		if docs[1].Version > 0 { // another decision of the same millisecond
			at = at.Add(time.Millisecond)
			continue
		}
		act.At = at
		said, err := json.Marshal(act)
		if err != nil {
			return doc, fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		err = l.store.Write(ctx, Write{Key: key, IfVersion: docs[0].Version, Body: body}, Write{Key: actKey(at, act.What), Body: said})
		if err == nil {
			return doc, nil
		}
		if !isConflict(err) || try >= maxTries {
			return doc, fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		if err := yield(ctx, try); err != nil {
			return doc, fmt.Errorf("write %s to the ledger: %w", key, err)
		}
	}
}

// NoteRun records a run, by its observation time: when it begins, and again when it has ended.
func (l *Ledger) NoteRun(ctx context.Context, act Act) error {
	act.What = ActRun
	_, err := update(ctx, l, actKey(act.At, ActRun), func(known *Act) error { *known = act; return nil })
	return err
}

// EndRun corrects what became of a run, once all of it is delivered, or not.
func (l *Ledger) EndRun(ctx context.Context, observedAt time.Time, state string) error {
	_, err := update(ctx, l, actKey(observedAt, ActRun), func(known *Act) error { known.State = state; return nil })
	return err
}

// NoteAct records what is no change of a document of the ledger: rules that were stored elsewhere.
func (l *Ledger) NoteAct(ctx context.Context, act Act) error {
	if err := l.underRules(ctx, &act); err != nil {
		return err
	}
	act.At = l.now().UTC().Truncate(time.Millisecond)
	_, err := update(ctx, l, actKey(act.At, act.What), func(known *Act) error { *known = act; return nil })
	return err
}

var rulesKey = Key{kindState, "rules"}

// rulesWord says which rules the last run used.
type rulesWord struct {
	Hash string `json:"hash"`
}

// underRules has an act that brings no rules of its own say which were in force: those of the last run.
func (l *Ledger) underRules(ctx context.Context, act *Act) error {
	if act.Rules != "" {
		return nil
	}
	var known rulesWord
	_, err := l.load(ctx, rulesKey, &known)
	act.Rules = known.Hash
	return err
}

// NoteRules records that the rules are others than the last run's; the first rules are no change.
func (l *Ledger) NoteRules(ctx context.Context, act Act) error {
	var known rulesWord
	if _, err := l.load(ctx, rulesKey, &known); err != nil || known.Hash == act.Rules {
		return err
	}
	act.What, act.Detail = ActRules, "first used by run "+act.Target
	if known.Hash != "" {
		act.Detail += "; until then " + known.Hash
	}
	_, err := decide(ctx, l, rulesKey, act, func(now *rulesWord) error {
		now.Hash = act.Rules
		return nil
	})
	return err
}

// Acts reads all that was recorded, oldest first.
func (l *Ledger) Acts(ctx context.Context) ([]Act, error) {
	acts := []Act{}
	for doc, err := range l.store.List(ctx, kindAct) {
		if err != nil {
			return nil, fmt.Errorf("read the acts from the ledger: %w", err)
		}
		var a Act
		if err := decode(doc, &a); err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	return acts, nil
}
