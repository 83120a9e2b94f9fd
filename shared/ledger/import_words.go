package ledger

// hand is what a person has said of all runs, after an import. The mode is for each place to say. A hold of this place stays,
// and one that comes with the export holds as well, unless somebody has said here since that posting goes on: an import never
// lets anything be told that either place keeps back.
func (i *importing) hand(came, own Hand) (*Hand, error) {
	i.out.ModeLeft, i.out.HoldCame = came.Mode != ModeWord{}, false
	if !own.Hold.On && came.Hold.On && came.Hold.At.After(own.Hold.At) {
		own.Hold = came.Hold
		i.out.HoldCame = true
	}
	return &own, nil
}

// release is the newer of two words about a company: that of the export, or that of this place, where it may have been taken
// back since.
func (i *importing) release(id string, came, own Release) (*Release, error) {
	delete(i.released, id)
	if !later(came.At, came.EndedAt).After(later(own.At, own.EndedAt)) {
		return nil, nil
	}
	if came.Open() {
		named := came
		named.AccountID = id
		i.released[id] = named
	}
	return &came, nil
}

// held is what the newest run of the export held back, without a person's approval. With what it fits comes what it was
// compared with, so an approval that has let a run pass since the export would let a second one pass.
func (i *importing) held(came, _ Held) (*Held, error) {
	if came.Approved != nil {
		came.Approved, i.out.ApprovalLeft = nil, came.RunID
	}
	return &came, nil
}
