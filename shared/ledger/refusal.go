package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Vendors as the ledger files their refusals.
const (
	Autotask   = "autotask"
	Synthesize = "synthesize"
)

// Refusal is a vendor's refusal of a login. It is not tried again within the run that met it, by any stage, until the
// secret has another version.
type Refusal struct {
	Vendor        string    `json:"vendor"`
	RunID         string    `json:"runId"`
	ObservedAt    time.Time `json:"observedAt"`
	SecretVersion string    `json:"secretVersion"`
	Text          string    `json:"text"` // what the vendor said, without secrets
	// Earlier are refusals of other versions, the newest first: messages of different runs meet different ones.
	Earlier []Refusal `json:"earlier,omitempty"`
}

// maxRefusals is how many versions of a secret are remembered as refused.
const maxRefusals = 5

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s refused the login in run %s (secret version %q): %s; correct the secret, the next run tries again", r.Vendor, r.RunID, r.SecretVersion, r.Text)
}

func refusalKey(vendor string) Key { return Key{kindState, "refusal-" + vendor} }

// NoteRefusal records a refusal, unless one of the same version is recorded that a newer run met.
func (l *Ledger) NoteRefusal(ctx context.Context, r Refusal) error {
	_, err := update(ctx, l, refusalKey(r.Vendor), func(known *Refusal) error {
		all := known.all()
		same := func(other Refusal) bool { return other.SecretVersion == r.SecretVersion }
		if slices.ContainsFunc(all, func(other Refusal) bool { return same(other) && other.ObservedAt.After(r.ObservedAt) }) {
			return nil
		}
		*known = r
		all = slices.DeleteFunc(all, same)
		known.Earlier = all[:min(len(all), maxRefusals-1)]
		return nil
	})
	return err
}

// NoteRefusals records a refusal of each of some versions of a secret, and of the one in use, which is noted last.
func (l *Ledger) NoteRefusals(ctx context.Context, inUse func(ctx context.Context, fresh bool) (string, error), versions []string, r Refusal) error {
	current, err := inUse(ctx, false)
	if err != nil {
		return err
	}
	for _, version := range append(slices.DeleteFunc(slices.Clone(versions), func(v string) bool { return v == current }), current) {
		r.SecretVersion = version
		if err := l.NoteRefusal(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// all are a refusal and those of other versions; none of one that was never noted.
func (r *Refusal) all() []Refusal {
	if r.Vendor == "" {
		return nil
	}
	own := *r
	own.Earlier = nil
	return append([]Refusal{own}, r.Earlier...)
}

// Refused tells whether the vendor must not be called for a run: it refused this version of the secret to this run or
// a newer one. The answer is nil or a *Refusal as error.
func (l *Ledger) Refused(ctx context.Context, vendor, runID string, observedAt time.Time, secretVersion string) error {
	var r Refusal
	if _, err := l.load(ctx, refusalKey(vendor), &r); err != nil {
		return err
	}
	for _, r := range r.all() {
		if r.SecretVersion == secretVersion && (r.RunID == runID || !r.ObservedAt.Before(observedAt)) {
			return &r
		}
	}
	return nil
}

// EverRefused tells whether the vendor refused this version of the secret to any run that is remembered. It is for those who ask
// for no run. The answer is nil or a *Refusal as error.
func (l *Ledger) EverRefused(ctx context.Context, vendor, secretVersion string) error {
	var r Refusal
	if _, err := l.load(ctx, refusalKey(vendor), &r); err != nil {
		return err
	}
	for _, r := range r.all() {
		if r.SecretVersion == secretVersion {
			return &r
		}
	}
	return nil
}

// LastRefusal reads the newest refusal noted of a vendor; ok is false when there has been none.
func (l *Ledger) LastRefusal(ctx context.Context, vendor string) (r Refusal, ok bool, err error) {
	version, err := l.load(ctx, refusalKey(vendor), &r)
	return r, version > 0, err
}
