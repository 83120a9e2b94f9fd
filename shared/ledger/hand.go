package ledger

import "context"

var handKey = Key{kindState, "hand"}

// Modes, as a person says them.
const (
	ModePost    = "post"    // tell Synthesize
	ModeObserve = "observe" // read, compare, record; tell nobody
)

// ModeWord is a person's word for the mode. It wins over the setting MODE; "" means that nobody has said any.
type ModeWord struct {
	Mode string `json:"mode,omitempty"`
	Word
}

// HoldWord is a person's word that nothing is to be told for the time being.
type HoldWord struct {
	On bool `json:"on,omitempty"`
	Word
}

// Hand is what a person has decided for all runs.
type Hand struct {
	Mode ModeWord `json:"mode,omitzero"`
	Hold HoldWord `json:"hold,omitzero"`
}

// ModeOr is the mode in force: the person's word, else the setting's.
func (h Hand) ModeOr(setting string) string {
	if h.Mode.Mode != "" {
		return h.Mode.Mode
	}
	return setting
}

// Silent says why nobody may be told now, or "".
func (h Hand) Silent(setting string) string {
	switch {
	case h.Hold.On:
		return "posting is on hold by " + h.Hold.String()
	case h.ModeOr(setting) == ModeObserve && h.Mode.Mode != "":
		return "the mode is observe, set by " + h.Mode.String()
	case h.ModeOr(setting) == ModeObserve:
		return "MODE is observe"
	}
	return ""
}

// Hand reads what a person has decided for all runs.
func (l *Ledger) Hand(ctx context.Context) (Hand, error) {
	var h Hand
	_, err := l.load(ctx, handKey, &h)
	return h, err
}

// SetMode records a person's word for the mode. Saying what is said already changes nothing.
func (l *Ledger) SetMode(ctx context.Context, mode string, act Act) (ModeWord, error) {
	act.What, act.Target = ActMode, mode
	h, err := decide(ctx, l, handKey, act, func(h *Hand) error {
		if h.Mode.Mode != mode {
			act.At = l.now().UTC()
			h.Mode = ModeWord{mode, act.word()}
		}
		return nil
	})
	return h.Mode, err
}

// SetHold stops posting, or lets it go on. Saying what is said already changes nothing: the first word stands.
func (l *Ledger) SetHold(ctx context.Context, on bool, act Act) (HoldWord, error) {
	act.What = ActResume
	if on {
		act.What = ActHold
	}
	h, err := decide(ctx, l, handKey, act, func(h *Hand) error {
		if h.Hold.On != on {
			act.At = l.now().UTC()
			h.Hold = HoldWord{on, act.word()}
		}
		return nil
	})
	return h.Hold, err
}
