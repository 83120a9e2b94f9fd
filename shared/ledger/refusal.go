package ledger

import (
	"context"
	"fmt"
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
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s refused the login in run %s (secret version %q): %s; correct the secret, the next run tries again", r.Vendor, r.RunID, r.SecretVersion, r.Text)
}

func refusalKey(vendor string) Key { return Key{kindState, "refusal-" + vendor} }

// NoteRefusal records a refusal, unless one of a newer run is recorded.
func (l *Ledger) NoteRefusal(ctx context.Context, r Refusal) error {
	_, err := update(ctx, l, refusalKey(r.Vendor), func(known *Refusal) error {
		if !known.ObservedAt.After(r.ObservedAt) {
			*known = r
		}
		return nil
	})
	return err
}

// Refused tells whether the vendor must not be called for a run: it refused this version of the secret to this run or
// a newer one. The answer is nil or a *Refusal as error.
func (l *Ledger) Refused(ctx context.Context, vendor, runID string, observedAt time.Time, secretVersion string) error {
	var r Refusal
	version, err := l.load(ctx, refusalKey(vendor), &r)
	if err != nil {
		return err
	}
	if version > 0 && r.SecretVersion == secretVersion && (r.RunID == runID || !r.ObservedAt.Before(observedAt)) {
		return &r
	}
	return nil
}

// LastRefusal reads the newest refusal noted of a vendor; ok is false when there has been none.
func (l *Ledger) LastRefusal(ctx context.Context, vendor string) (r Refusal, ok bool, err error) {
	version, err := l.load(ctx, refusalKey(vendor), &r)
	return r, version > 0, err
}
