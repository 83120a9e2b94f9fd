package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Account is what the ledger knows of an account at Synthesize. Its id is the Autotask company's id in decimal.
type Account struct {
	ID          string          `json:"-"`
	Name        string          `json:"name,omitempty"`        // as Synthesize has it, as far as known
	Exists      bool            `json:"exists,omitempty"`      // it stood at Synthesize when last looked, or was made since
	Adopted     bool            `json:"adopted,omitempty"`     // it stood there before the ledger knew it
	Incarnation int64           `json:"incarnation,omitempty"` // one more each time the account was found gone
	Wanted      bool            `json:"wanted,omitempty"`      // its company deserves an account: make it again when it is gone
	Released    bool            `json:"released,omitempty"`    // a person has released its company, as the newest run found: a lost mapping is no loss
	Making      *Making         `json:"making,omitempty"`      // a creation went out and its outcome is not known
	NameIntent  *Intent         `json:"nameIntent,omitempty"`  // the newest run that makes or renames the account
	Intent      *Intent         `json:"intent,omitempty"`      // the newest run that tells the account something
	Pairs       map[string]Pair `json:"pairs,omitempty"`       // by service key

	version int64
}

// Intent is a run's word that it will tell something, recorded before its message is queued. A message of an older run
// is superseded from then on.
type Intent struct {
	RunID      string    `json:"runId"`
	ObservedAt time.Time `json:"observedAt"`
	Ended      bool      `json:"ended,omitempty"` // the message came to its end, as anything but undelivered
}

// supersedes tells whether the word of a run is nothing any more: a newer one has spoken, or another of the same time (a
// ledger restored from a backup issues times anew).
func (i *Intent) supersedes(runID string, observedAt time.Time) bool {
	return i != nil && (i.ObservedAt.After(observedAt) || i.ObservedAt.Equal(observedAt) && i.RunID != runID)
}

// Making marks a creation that went out, so that nobody repeats it before its outcome can be seen.
type Making struct {
	Token string    `json:"token"`
	Since time.Time `json:"since"`
	// Reported: its worker has said that he does not know what became of it. Since is when he said so.
	Reported bool `json:"reported,omitempty"`
	// Answered, of a service: Synthesize has said that it made it, so that it is never asked for again, whatever it is called
	// there. Stood are the ids of those that stood there before.
	Answered bool     `json:"answered,omitempty"`
	Stood    []string `json:"stood,omitempty"`
}

// SupersededError says that a newer run has spoken about the same thing.
type SupersededError struct {
	Group string
	By    Intent
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("group %s: superseded by run %s of %s", e.Group, e.By.RunID, e.By.ObservedAt.UTC().Format(time.RFC3339Nano))
}

// Pair is the account's count of a service, for the service's present id.
func (a Account) Pair(s Service) Pair {
	p := a.Pairs[s.Key]
	if p.State == Never && a.Adopted && s.Adopted && !p.NoMap {
		return Pair{State: Unknown}
	}
	return p.forService(s.ID)
}

// set stores a pair without touching the map of the account it was copied from.
func (a *Account) set(key string, p Pair) {
	a.Pairs = maps.Clone(a.Pairs)
	if a.Pairs == nil {
		a.Pairs = map[string]Pair{}
	}
	a.Pairs[key] = p
}

// EverTold tells whether Synthesize may hold a count above 0 for the account that this ledger's runs have told.
func (a Account) EverTold() bool {
	for _, p := range a.Pairs {
		if p.MayStandAboveZero() && (p.EverTold || p.State == MaybeTold) {
			return true
		}
	}
	return false
}

// Stands records that the account was found at Synthesize. One that this program was making is its own; any other stood
// there before the ledger knew it, and so may its counts; so does one that came by an import.
func (a *Account) Stands(name string) {
	if a.Exists {
		return
	}
	a.Exists, a.Adopted, a.Making = true, a.Adopted || a.Making == nil, nil
	if name != "" {
		a.Name = name
	}
}

// Missing records that an account that stood at Synthesize was not found there.
func (a *Account) Missing() {
	if a.Exists {
		a.gone()
	}
}

// Made records that Synthesize made the account. In a ledger that was imported it may have stood there before all the same.
func (a *Account) Made(name string) {
	a.Exists, a.Making, a.Name = true, nil, name
}

// gone marks everything told to the account as unknown: it was found missing at Synthesize. What stood there before the ledger
// knew it may come back with it, as what was told may.
func (a *Account) gone() {
	a.Exists, a.Making = false, nil
	a.Incarnation++
	pairs := make(map[string]Pair, len(a.Pairs))
	for key, p := range a.Pairs {
		if p.State == Told || p.State == MaybeTold || p.State == Unknown {
			p = p.unknown()
		}
		pairs[key] = p
	}
	a.Pairs = pairs
}

// OpenIntent tells whether a run's word about the account's counts has not been kept yet.
func (a Account) OpenIntent() bool { return a.Intent != nil && !a.Intent.Ended }

// Accounts reads every account, in batches.
func (l *Ledger) Accounts(ctx context.Context) (map[string]Account, error) {
	accounts := map[string]Account{}
	for doc, err := range l.store.List(ctx, kindAccount) {
		if err != nil {
			return nil, fmt.Errorf("read the accounts from the ledger: %w", err)
		}
		a, err := decodeAccount(doc)
		if err != nil {
			return nil, err
		}
		accounts[a.ID] = a
	}
	return accounts, nil
}

// Account reads one account; one that the ledger does not know comes back with nothing but its id.
func (l *Ledger) Account(ctx context.Context, id string) (Account, error) {
	docs, err := l.store.Get(ctx, Key{kindAccount, id})
	if err != nil {
		return Account{}, fmt.Errorf("read account %s from the ledger: %w", id, err)
	}
	return decodeAccount(docs[0])
}

func decodeAccount(doc Document) (Account, error) {
	a := Account{ID: doc.ID, version: doc.Version}
	err := decode(doc, &a)
	return a, err
}

// updateAccount is update for one account.
func (l *Ledger) updateAccount(ctx context.Context, id string, change func(*Account) error) (Account, error) {
	return update(ctx, l, Key{kindAccount, id}, func(a *Account) error {
		a.ID = id
		return change(a)
	})
}

// UpdateAccounts changes many accounts, each decided by change, in as few writes as the store allows, one after the other:
// when one fails, those before it stand. Only accounts that change are written. held is the run's lease, or nil: once it is
// lost, nothing more is written.
//
// change may be called again for an account: when another writer changed it meanwhile, or when it goes into the next write.
// known holds what was read before, and is brought up to date.
func (l *Ledger) UpdateAccounts(ctx context.Context, held *Lease, known map[string]Account, ids []string, change func(*Account)) error {
	size := MaxWrites
	if held != nil {
		size--
	}
	for len(ids) > 0 {
		done, err := l.updateBatch(ctx, held, known, ids[:min(size, len(ids))], change)
		if err != nil {
			return err
		}
		ids = ids[done:]
	}
	return nil
}

// updateBatch changes the first of these accounts in one write, and says how many it has room for.
func (l *Ledger) updateBatch(ctx context.Context, held *Lease, known map[string]Account, ids []string, change func(*Account)) (done int, err error) {
	for try := 0; ; try++ {
		var writes []Write
		bytes := 0
		changed := make(map[string]Account, len(ids))
		done = len(ids)
		for i, id := range ids {
			a, ok := known[id]
			if !ok {
				a = Account{ID: id}
			}
			before, err := json.Marshal(a)
			if err != nil {
				return 0, fmt.Errorf("write account %s to the ledger: %w", id, err)
			}
			change(&a)
			body, err := json.Marshal(a)
			if err != nil {
				return 0, fmt.Errorf("write account %s to the ledger: %w", id, err)
			}
			if a.version > 0 && string(before) == string(body) {
				continue
			}
			if bytes += len(body); len(writes) > 0 && bytes > maxBatch {
				done = i
				break
			}
			writes = append(writes, Write{Key: Key{kindAccount, id}, IfVersion: a.version, Body: body})
			a.version++
			changed[id] = a
		}
		if len(writes) == 0 {
			return done, nil
		}
		if held != nil {
			writes = append(writes, Write{Key: headKey, IfVersion: held.version, Check: true})
		}
		err := l.store.Write(ctx, writes...)
		if err == nil {
			maps.Copy(known, changed)
			return done, nil
		}
		if !isConflict(err) || try >= maxTries {
			return 0, fmt.Errorf("write %d accounts to the ledger: %w", len(writes), err)
		}
		if err := l.reread(ctx, held, known, ids[:done]); err != nil {
			return 0, err
		}
		if err := yield(ctx, try); err != nil {
			return 0, fmt.Errorf("write %d accounts to the ledger: %w", len(writes), err)
		}
	}
}

// reread brings known up to date after a conflict, and finds out whether the lease was what changed.
func (l *Ledger) reread(ctx context.Context, held *Lease, known map[string]Account, ids []string) error {
	if held != nil {
		var h head
		version, err := l.load(ctx, headKey, &h)
		if err != nil {
			return err
		}
		if version != held.version {
			return &LeaseLostError{held.RunID}
		}
	}
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = Key{kindAccount, id}
	}
	docs, err := l.store.Get(ctx, keys...)
	if err != nil {
		return fmt.Errorf("read %d accounts from the ledger: %w", len(keys), err)
	}
	for _, doc := range docs {
		a, err := decodeAccount(doc)
		if err != nil {
			return err
		}
		known[a.ID] = a
	}
	return nil
}

// ClaimAccount changes an account on behalf of a run's message about it, unless a newer run has spoken: then the error
// is a *SupersededError. The account's NameIntent is the run's afterwards.
func (l *Ledger) ClaimAccount(ctx context.Context, id, runID string, observedAt time.Time, change func(*Account) error) (Account, error) {
	return l.updateAccount(ctx, id, func(a *Account) error {
		if a.NameIntent.supersedes(runID, observedAt) {
			return &SupersededError{id, *a.NameIntent}
		}
		if err := l.notImported(ctx, id, a.NameIntent, observedAt); err != nil {
			return err
		}
		if a.NameIntent == nil || a.NameIntent.ObservedAt.Before(observedAt) {
			a.NameIntent = &Intent{RunID: runID, ObservedAt: observedAt}
		}
		return change(a)
	})
}

// notImported is the error for a word about an account of which nobody has spoken, if an import made the ledger forget who had:
// it fences what it knows by intents, and the rest by its head alone. Its worker may have read that before the import.
func (l *Ledger) notImported(ctx context.Context, id string, known *Intent, observedAt time.Time) error {
	if known != nil {
		return nil
	}
	_, fenced, err := l.Issued(ctx)
	if err == nil && !observedAt.After(fenced) {
		return &SupersededError{id, Intent{RunID: "(ledger imported)", ObservedAt: fenced}}
	}
	return err
}

// NoteAccount records a fact about an account, whoever has spoken since.
func (l *Ledger) NoteAccount(ctx context.Context, id string, change func(*Account)) error {
	_, err := l.updateAccount(ctx, id, func(a *Account) error { change(a); return nil })
	return err
}
