package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// ImportingError says that an import was cut short: some of what the ledger says is of the export, and some is not.
type ImportingError struct{}

func (*ImportingError) Error() string {
	return "an import into this ledger was cut short, and nothing may use it before it is repeated: synthsync ledger import"
}

// closed marks the head of a ledger while documents are moved into it. No program's format is that high.
const closed = 1 << 30

// Imported is what an import did.
type Imported struct {
	Documents int
	Removed   int  // documents that stood in the ledger and are not in the export
	Accounts  int  // whose counts are all told again by the next run
	ModeLeft  bool // the export had a person's word on the mode, which was left out: it is for each place to say
	HoldCame  bool // nobody is told now, since the export says that posting is on hold
	// ApprovalLeft is the run whose approval was left out: it may have been spent since, and what it let pass is held again.
	ApprovalLeft string
	// Released are the companies whose release came with the export, and holds here now, in order.
	Released []Release
}

// NotEmptyError says that a ledger holds something already.
type NotEmptyError struct{ Runs, Accounts int }

func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("the ledger holds %d accounts and %d runs already, which an import would replace; say --replace if that is meant", e.Accounts, e.Runs)
}

// Import puts an export in the place of what the ledger holds. Until it has ended nothing else uses the ledger; one that was
// cut short is simply repeated. It believes no count to be told: all that may stand at Synthesize are told again by the next
// run, so an export that is old heals as well. What a person has said here stays, but for an approval: it is of a run that is gone.
func (l *Ledger) Import(ctx context.Context, t *Transfer, replace bool, act Act) (Imported, error) {
	if err := l.fits(t); err != nil {
		return Imported{}, err
	}
	issued, err := l.beginImport(ctx, t, replace)
	if err != nil {
		return Imported{}, err
	}
	i := importing{services: t.services(), fence: Intent{RunID: "(ledger imported)", ObservedAt: issued, Ended: true}, released: map[string]Release{}}
	moved := map[Key]bool{tenantKey: true} // whose the ledger is, it stays, if the export does not say
	var writes []adapted
	for _, doc := range t.documents {
		key := Key{doc.Kind, doc.ID}
		moved[key] = true
		if key == headKey {
			continue
		}
		i.out.Documents++
		writes = append(writes, adapted{Write{Key: key, Body: doc.Body, Expires: doc.Expires}, i.of(doc)})
	}
	for _, batch := range batches(writes) {
		if err := l.overwrite(ctx, batch); err != nil {
			return i.out, err
		}
	}
	out := i.imported()
	if out.Removed, err = l.removeOthers(ctx, moved); err != nil {
		return out, err
	}
	if _, err := update(ctx, l, servicesKey, func(s *Services) error {
		if !moved[servicesKey] {
			*s = Services{}
		}
		s.Imported, s.Intent = true, &i.fence
		return nil
	}); err != nil {
		return out, err
	}
	act.What, act.Detail = ActImport, fmt.Sprintf("%d documents from %s, exported %s by version %s", out.Documents, t.From, t.At.UTC().Format(time.RFC3339), t.Program)
	if err := l.NoteAct(ctx, act); err != nil {
		return out, err
	}
	_, err = update(ctx, l, headKey, func(h *head) error {
		// Dead letters outlive the ledger that knew of newer runs. All that is owed is told by the next run.
		newest := later(issued, h.Issued)
		*h = head{Format: Format, Issued: newest, Fenced: newest}
		return nil
	})
	return out, err
}

// fits refuses an export with a document that the store has no room for: found half way, it would leave the ledger closed for
// ever.
func (l *Ledger) fits(t *Transfer) error {
	bounded, is := l.store.(Bounded)
	if !is {
		return nil
	}
	const believed = 8 << 10 // what an account may grow by in its new place
	for _, doc := range t.documents {
		if most := bounded.MaxDocument() - believed; len(doc.Body) > most {
			return &NoRoomError{Key{doc.Kind, doc.ID}, len(doc.Body), most}
		}
	}
	return nil
}

// NoRoomError says that an export has a document that is too large for where it is to go. Nothing was changed.
type NoRoomError struct {
	Key         Key
	Bytes, Most int
}

func (e *NoRoomError) Error() string {
	return fmt.Sprintf("%s of the export has %d bytes, and there is room for %d here: nothing was imported", e.Key, e.Bytes, e.Most)
}

// beginImport closes the ledger to everybody else, and issues a time that is later than that of any run.
func (l *Ledger) beginImport(ctx context.Context, t *Transfer, replace bool) (time.Time, error) {
	var h head
	version, err := l.load(ctx, headKey, &h)
	if err != nil {
		return time.Time{}, err
	}
	if h.Format != closed && version > 0 && !replace {
		runs, accounts, err := l.holds(ctx)
		if err != nil {
			return time.Time{}, err
		}
		if runs+accounts > 0 {
			return time.Time{}, &NotEmptyError{runs, accounts}
		}
	}
	bound, err := l.Tenant(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if bound != (Tenant{}) && t.Tenant != (Tenant{}) {
		if bound.Autotask != (AutotaskTenant{}) && t.Tenant.Autotask != (AutotaskTenant{}) && bound.Autotask.another(t.Tenant.Autotask) {
			return time.Time{}, &TenantError{"Autotask", bound.Autotask.String(), t.Tenant.Autotask.String()}
		}
		if b, s := bound.Synthesize, t.Tenant.Synthesize; b != (SynthesizeTenant{}) && s != (SynthesizeTenant{}) && (b.OrganizationID != s.OrganizationID || b.VendorID != s.VendorID) {
			return time.Time{}, &TenantError{"Synthesize", b.String(), s.String()}
		}
	}
	var issued time.Time
	_, err = update(ctx, l, headKey, func(h *head) error {
		switch {
		case h.Format > Format && h.Format != closed:
			return &FormatError{h.Format}
		case h.Lease != nil && l.now().Before(h.Lease.Until):
			return &BusyError{h.Lease.RunID}
		}
		h.Format, h.Issued, h.Lease = closed, later(h.Issued, t.issued), nil
		// Neither ledger need know of all runs: the one that does may have been restored from an older backup.
		h.issue(l.now().UTC().Truncate(time.Millisecond))
		issued = h.Issued
		return nil
	})
	return issued, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// holds counts what an import would replace.
func (l *Ledger) holds(ctx context.Context) (runs, accounts int, err error) {
	for kind, n := range map[Kind]*int{kindRun: &runs, kindAccount: &accounts} {
		for _, err := range l.store.List(ctx, kind) {
			if err != nil {
				return 0, 0, err
			}
			*n++
		}
	}
	return runs, accounts, nil
}

func (t *Transfer) services() Services {
	var s Services
	for _, doc := range t.documents {
		if (Key{doc.Kind, doc.ID}) == servicesKey {
			_ = json.Unmarshal(doc.Body, &s) // was read before
		}
	}
	return s
}

// batches splits writes by their number and by their bytes.
func batches(writes []adapted) [][]adapted {
	var out [][]adapted
	from, bytes := 0, 0
	for at, w := range writes {
		if at > from && (at-from == MaxWrites/4 || bytes+len(w.Body) > maxBatch) {
			out = append(out, writes[from:at])
			from, bytes = at, 0
		}
		bytes += len(w.Body)
	}
	return append(out, writes[from:])
}

// doubt takes back that anything is known to be told: what was told, and everything of an account that stands at
// Synthesize, may have been told otherwise since.
func (a *Account) doubt(services Services) {
	pairs := make(map[string]Pair, len(a.Pairs))
	for key, p := range a.Pairs {
		if p.State == Never && !a.Exists {
			continue // it may have been told since, and come back with the account; "no map" is old news as well
		}
		if p.State == Told || p.State == MaybeTold {
			p.State, p.Prior, p.Was = MaybeTold, nil, nil
		}
		pairs[key] = p
	}
	if a.Exists {
		for _, s := range services.List {
			if p := pairs[s.Key]; p.State == Never && s.ID != "" {
				pairs[s.Key] = Pair{State: Unknown} // "no map" is old news as well: it is tried at once
			}
		}
	}
	a.Pairs, a.Adopted = pairs, true
}

// overwrite puts documents in the place of what stands there. Each is decided anew if that changes under it: a person may say
// something meanwhile.
func (l *Ledger) overwrite(ctx context.Context, batch []adapted) error {
	if len(batch) == 0 {
		return nil
	}
	keys := make([]Key, len(batch))
	for i, w := range batch {
		keys[i] = w.Key
	}
	for try := 0; ; try++ {
		docs, err := l.store.Get(ctx, keys...)
		if err != nil {
			return fmt.Errorf("import into the ledger: %w", err)
		}
		var writes []Write
		for i, w := range batch {
			write := w.Write
			write.IfVersion = docs[i].Version
			if w.adapt != nil {
				if write.Body, err = w.adapt(docs[i]); err != nil {
					return fmt.Errorf("import %s into the ledger: %w", w.Key, err)
				}
			}
			if write.Delete || write.Body != nil {
				writes = append(writes, write)
			}
		}
		if len(writes) == 0 {
			return nil
		}
		err = l.store.Write(ctx, writes...)
		if err == nil {
			return nil
		}
		if !isConflict(err) || try >= maxTries {
			return fmt.Errorf("import into the ledger: %w", err)
		}
		if err := yield(ctx, try); err != nil {
			return fmt.Errorf("import into the ledger: %w", err)
		}
	}
}

// removeOthers deletes what stood in the ledger and is not in the export. What was done is never deleted, nor what a person has
// said.
func (l *Ledger) removeOthers(ctx context.Context, moved map[Key]bool) (int, error) {
	var writes []adapted
	for _, kind := range kinds {
		if kind == kindAct || kind == kindRelease {
			continue
		}
		for doc, err := range l.store.List(ctx, kind) {
			if err != nil {
				return 0, fmt.Errorf("import into the ledger: %w", err)
			}
			if !moved[doc.Key] && doc.Key != headKey && doc.Key != handKey && doc.Key != servicesKey {
				writes = append(writes, adapted{Write: Write{Key: doc.Key, Delete: true}})
			}
		}
	}
	for batch := range slices.Chunk(writes, MaxWrites) {
		if err := l.overwrite(ctx, batch); err != nil {
			return 0, err
		}
	}
	return len(writes), nil
}
