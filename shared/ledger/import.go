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

// importing marks the head of a ledger while documents are moved into it. No program's format is that high.
const importing = 1 << 30

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
	var out Imported
	moved := map[Key]bool{tenantKey: true} // whose the ledger is, it stays, if the export does not say
	var writes []Write
	services := t.services()
	for _, doc := range t.documents {
		key := Key{doc.Kind, doc.ID}
		moved[key] = true
		if key == headKey {
			continue
		}
		body, err := l.adapt(ctx, doc, services, &out)
		if err != nil {
			return out, err
		}
		out.Documents++
		if body != nil {
			writes = append(writes, Write{Key: key, Body: body, Expires: doc.Expires})
		}
	}
	for _, batch := range batches(writes) {
		if err := l.overwrite(ctx, batch); err != nil {
			return out, err
		}
	}
	if out.Removed, err = l.removeOthers(ctx, moved); err != nil {
		return out, err
	}
	if _, err := update(ctx, l, servicesKey, func(s *Services) error { s.Imported = true; return nil }); err != nil {
		return out, err
	}
	act.What, act.Detail = ActImport, fmt.Sprintf("%d documents from %s, exported %s by version %s", out.Documents, t.From, t.At.UTC().Format(time.RFC3339), t.Program)
	if err := l.NoteAct(ctx, act); err != nil {
		return out, err
	}
	_, err = update(ctx, l, headKey, func(h *head) error {
		// Dead letters outlive the ledger that knew of newer runs. All that is owed is told by the next run.
		newest := later(later(t.issued, issued), h.Issued)
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

// beginImport closes the ledger to everybody else, and returns how far its observation times had got.
func (l *Ledger) beginImport(ctx context.Context, t *Transfer, replace bool) (time.Time, error) {
	var h head
	version, err := l.load(ctx, headKey, &h)
	if err != nil {
		return time.Time{}, err
	}
	if h.Format != importing && version > 0 && !replace {
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
		case h.Format > Format && h.Format != importing:
			return &FormatError{h.Format}
		case h.Lease != nil && l.now().Before(h.Lease.Until):
			return &BusyError{h.Lease.RunID}
		}
		h.Format, h.Issued, h.Lease = importing, later(h.Issued, t.issued), nil
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
func batches(writes []Write) [][]Write {
	var out [][]Write
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

// adapt is a document as it is believed in its new place; nil if what stands there stays.
func (l *Ledger) adapt(ctx context.Context, doc transferred, services Services, i *Imported) ([]byte, error) {
	switch {
	case doc.Kind == kindRelease:
		return l.importRelease(ctx, doc, i)
	case doc.Kind == kindAccount:
		var a Account
		if err := json.Unmarshal(doc.Body, &a); err != nil {
			return nil, err
		}
		i.Accounts++
		a.doubt(services)
		return json.Marshal(a)
	case (Key{doc.Kind, doc.ID}) == servicesKey:
		// What stands at Synthesize by now, and the export does not know, stood there before this ledger did.
		for n := range services.List {
			services.List[n].Adopted = true
		}
		return json.Marshal(services)
	case (Key{doc.Kind, doc.ID}) == handKey:
		return l.importHand(ctx, doc, i)
	case (Key{doc.Kind, doc.ID}) == tenantKey:
		return l.importTenant(ctx, doc)
	case (Key{doc.Kind, doc.ID}) == heldKey:
		return importHeld(doc, i)
	}
	return doc.Body, nil
}

// importTenant keeps what this ledger is bound to where the export was bound to nothing yet: else it would be the next
// comer's. Where both say something it is the same tenant.
func (l *Ledger) importTenant(ctx context.Context, doc transferred) ([]byte, error) {
	here, err := l.Tenant(ctx)
	if err != nil {
		return nil, err
	}
	var t Tenant
	if err := json.Unmarshal(doc.Body, &t); err != nil {
		return nil, err
	}
	if t.Autotask == (AutotaskTenant{}) {
		t.Autotask = here.Autotask
	}
	if t.Synthesize == (SynthesizeTenant{}) {
		t.Synthesize = here.Synthesize
	}
	return json.Marshal(t)
}

// doubt takes back that anything is known to be told: what was told, and everything of an account that stands at
// Synthesize, may have been told otherwise since.
func (a *Account) doubt(services Services) {
	pairs := make(map[string]Pair, len(a.Pairs))
	for key, p := range a.Pairs {
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

// overwrite writes documents whatever stands there: nobody else uses the ledger now.
func (l *Ledger) overwrite(ctx context.Context, writes []Write) error {
	if len(writes) == 0 {
		return nil
	}
	keys := make([]Key, len(writes))
	for i, w := range writes {
		keys[i] = w.Key
	}
	for try := 0; ; try++ {
		docs, err := l.store.Get(ctx, keys...)
		if err != nil {
			return fmt.Errorf("import into the ledger: %w", err)
		}
		for i := range writes {
			writes[i].IfVersion = docs[i].Version
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
	var writes []Write
	for _, kind := range kinds {
		if kind == kindAct || kind == kindRelease {
			continue
		}
		for doc, err := range l.store.List(ctx, kind) {
			if err != nil {
				return 0, fmt.Errorf("import into the ledger: %w", err)
			}
			if !moved[doc.Key] && doc.Key != headKey && doc.Key != handKey {
				writes = append(writes, Write{Key: doc.Key, Delete: true})
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
