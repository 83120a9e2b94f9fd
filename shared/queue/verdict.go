package queue

import (
	"errors"
	"time"
)

// retryAfter carries how long a message should rest.
type retryAfter struct {
	err   error
	after time.Duration
}

func (e *retryAfter) Error() string { return e.err.Error() }
func (e *retryAfter) Unwrap() error { return e.err }

// RetryAfter says that a message failed and should rest for some time before it comes again. Of a nil error it makes
// nil.
func RetryAfter(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryAfter{err, max(after, 0)}
}

// wait marks what has not failed.
type wait struct{ err error }

func (e *wait) Error() string { return e.err.Error() }
func (e *wait) Unwrap() error { return e.err }

// Wait is RetryAfter for a message that nothing is wrong with: its turn has not come.
func Wait(err error, rest time.Duration) error { return RetryAfter(&wait{err}, rest) }

// Waits tells whether a message only waits for its turn: for what Wait says, or because too little time was left. One
// behind a failed message of its group waits as well; that one counts.
func Waits(err error) bool {
	var w *wait
	return errors.As(err, &w) || errors.Is(err, ErrNoTime) || errors.Is(err, ErrGroup)
}

// dead marks what can never succeed.
type dead struct{ err error }

func (e *dead) Error() string { return e.err.Error() }
func (e *dead) Unwrap() error { return e.err }

// Dead says that a message can never succeed: it belongs into the dead letters at once. Of a nil error it makes nil.
func Dead(err error) error {
	if err == nil {
		return nil
	}
	return &dead{err}
}

// Fail is the verdict on a message that ended with an error. Where several errors are joined, the message rests as long
// as the most patient of them asks, and is dead only if each of them is and none asks for another try.
func Fail(r Received, err error) Failure {
	rest, again := longestRest(err)
	return Failure{ID: r.ID, Err: err, RetryAfter: rest, Dead: !again && allDead(err)}
}

// longestRest is the longest time that anything in an error asks for; asked tells whether anything does.
func longestRest(err error) (rest time.Duration, asked bool) {
	if own, ok := err.(*retryAfter); ok {
		rest, asked = own.after, true
	}
	for _, inner := range unwrap(err) {
		if r, ok := longestRest(inner); ok {
			rest, asked = max(rest, r), true
		}
	}
	return rest, asked
}

// allDead tells whether an error is dead: itself, what it wraps, or all that it joins.
func allDead(err error) bool {
	if _, ok := err.(*dead); ok {
		return true
	}
	inner := unwrap(err)
	for _, e := range inner {
		if !allDead(e) {
			return false
		}
	}
	return len(inner) > 0
}

// unwrap is one step down; errors.As does not tell one wrapped error from several joined ones.
func unwrap(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return []error{inner}
	}
	return nil
}

// FailAll is the verdict when nothing of a batch could be worked for one reason.
func FailAll(batch []Received, err error) []Failure {
	failures := make([]Failure, 0, len(batch))
	for _, r := range batch {
		failures = append(failures, Fail(r, err))
	}
	return failures
}

// GroupFailed tells whether a message of the first part of a batch failed whose group goes on in the rest.
func GroupFailed(failures []Failure, first, rest []Received) bool {
	groups := map[string]bool{}
	for _, r := range rest {
		groups[r.Group] = true
	}
	failed := map[string]bool{}
	for _, f := range failures {
		failed[f.ID] = true
	}
	for _, r := range first {
		if failed[r.ID] && groups[r.Group] {
			return true
		}
	}
	return false
}
