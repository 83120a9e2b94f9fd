package ledger

import (
	"context"
	"encoding/json"
)

// importHand is what a person has said of all runs, after an import. The mode is for each place to say. A hold of this place stays,
// and one that comes with the export holds as well, unless somebody has said here since that posting goes on: an import never
// lets anything be told that either place keeps back.
func (l *Ledger) importHand(ctx context.Context, doc transferred, i *Imported) ([]byte, error) {
	var came Hand
	if err := json.Unmarshal(doc.Body, &came); err != nil {
		return nil, err
	}
	own, err := l.Hand(ctx)
	if err != nil {
		return nil, err
	}
	i.ModeLeft = came.Mode != ModeWord{}
	if !own.Hold.On && came.Hold.On && came.Hold.At.After(own.Hold.At) {
		own.Hold = came.Hold
		i.HoldCame = true
	}
	return json.Marshal(own)
}

// importRelease is the newer of two words about a company: that of the export, or that of this place, where it may have been taken
// back since.
func (l *Ledger) importRelease(ctx context.Context, doc transferred, i *Imported) ([]byte, error) {
	var came, own Release
	if err := json.Unmarshal(doc.Body, &came); err != nil {
		return nil, err
	}
	if _, err := l.load(ctx, Key{doc.Kind, doc.ID}, &own); err != nil {
		return nil, err
	}
	if !later(came.At, came.EndedAt).After(later(own.At, own.EndedAt)) {
		return nil, nil
	}
	if came.Open() {
		came.AccountID = doc.ID
		i.Released = append(i.Released, came)
	}
	return doc.Body, nil
}

// importHeld is what the newest run of the export held back, without a person's approval. With what it fits comes what it was
// compared with, so an approval that has let a run pass since the export would let a second one pass.
func importHeld(doc transferred, i *Imported) ([]byte, error) {
	var came Held
	if err := json.Unmarshal(doc.Body, &came); err != nil {
		return nil, err
	}
	if came.Approved != nil {
		came.Approved, i.ApprovalLeft = nil, came.RunID
	}
	return json.Marshal(came)
}
