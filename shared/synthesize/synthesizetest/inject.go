package synthesizetest

import (
	"slices"
	"time"
)

// Injection is a fault in place.
type Injection struct {
	m     *Simulator
	fault Fault
	skip  int
	left  int // negative: for ever
	taken int
}

// Inject puts a fault in place. It panics at a fault that cannot be (an unknown kind, an answer without a status).
func (m *Simulator) Inject(f Fault) *Injection {
	if err := f.validate(); err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i := &Injection{m: m, fault: f, skip: f.Skip, left: orNumber(f.Times, 1)}
	m.injections = append(m.injections, i)
	return i
}

// Taken is how many requests the fault has hit.
func (i *Injection) Taken() int {
	i.m.mu.Lock()
	defer i.m.mu.Unlock()
	return i.taken
}

// Remove ends the fault.
func (i *Injection) Remove() {
	i.m.mu.Lock()
	defer i.m.mu.Unlock()
	i.m.injections = slices.DeleteFunc(i.m.injections, func(other *Injection) bool { return other == i })
}

// ClearFaults ends all faults.
func (m *Simulator) ClearFaults() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.injections = nil
}

// takeFault finds the fault of a request, and notes it in the log; the zero Fault is none.
func (m *Simulator) takeFault(c *call) Fault {
	m.mu.Lock()
	candidates := slices.Clone(m.injections)
	m.mu.Unlock()
	for _, i := range candidates {
		f := i.fault
		if f.Where.matches(c.RequestInfo) && (f.Match == nil || f.Match(c.RequestInfo)) && i.take(c) {
			return f
		}
	}
	return Fault{}
}

func (i *Injection) take(c *call) bool {
	i.m.mu.Lock()
	defer i.m.mu.Unlock()
	if i.left == 0 || !slices.Contains(i.m.injections, i) {
		return false
	}
	if i.skip > 0 {
		i.skip--
		return false
	}
	if i.left > 0 {
		i.left--
	}
	i.taken++
	if c.logged != nil {
		c.logged.Fault = i.fault.Kind
		c.logged.Faulty = true
	}
	return true
}

// lateCall is a request whose client has been cut off and which takes effect later.
type lateCall struct {
	due  time.Time
	call *call
}

func (m *Simulator) postpone(c *call, after time.Duration) {
	now := m.lock()
	defer m.mu.Unlock()
	m.late = append(m.late, lateCall{due: now.Add(after), call: c})
	slices.SortStableFunc(m.late, func(a, b lateCall) int { return a.due.Compare(b.due) })
}
