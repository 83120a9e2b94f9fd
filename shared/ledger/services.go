package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

var servicesKey = Key{kindState, "services"}

// Services is what the ledger knows of the services, and of the newest look at Synthesize.
type Services struct {
	List     []Service `json:"list,omitempty"`
	Intent   *Intent   `json:"intent,omitempty"`  // the newest run that queued a services message
	LookedAt time.Time `json:"lookedAt,omitzero"` // observedAt of the newest run whose look at Synthesize is done
	Proven   string    `json:"proven,omitempty"`  // version of the Synthesize secret that led to the ledger's own tenant last
	// Strangers are services and accounts that stand at Synthesize and that no rule and no company of ours explains.
	Strangers Strangers `json:"strangers,omitzero"`
	// Imported: the ledger came by an import. An account that it makes may have had a life of which the export knew nothing,
	// and Synthesize may give it its counts back.
	Imported bool `json:"imported,omitempty"`
}

// Strangers are left alone and reported by name.
type Strangers struct {
	Services []string `json:"services,omitempty"`
}

// Service is a service (SKU) as the ledger remembers it. Key stays the same when the rule is renamed; ID changes when
// the integration is made anew.
type Service struct {
	Key      string   `json:"key"`
	Name     string   `json:"name"` // as the rule calls it
	ID       string   `json:"id,omitempty"`
	Adopted  bool     `json:"adopted,omitempty"` // it stood at Synthesize before the ledger knew it
	Formerly []string `json:"formerly,omitempty"`
	Retired  bool     `json:"retired,omitempty"`
	Ruled    bool     `json:"ruled,omitempty"` // the newest run's rules name it
	Making   *Making  `json:"making,omitempty"`
	// NamedAfter is the newest read of which messages cannot mean this service by its name: it had another one then, or was not
	// there.
	NamedAfter time.Time `json:"namedAfter,omitzero"`
}

// Rule is what a rule says about a service's name.
type Rule struct {
	Name     string
	Formerly []string
	Retired  bool
}

// same tells whether two names are one as people see them: without regard to case, in any script.
func same(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// ByName finds a service by the name that the rules give it, else by one that they gave it formerly: a message may be
// older than the rename.
func (s Services) ByName(name string) (Service, bool) {
	for _, service := range s.List {
		if service.Name == name {
			return service, true
		}
	}
	for _, service := range s.List {
		if slices.Contains(service.Formerly, name) {
			return service, true
		}
	}
	for _, service := range s.List { // or before somebody wrote it with another case
		if same(service.Name, name) {
			return service, true
		}
	}
	return Service{}, false
}

// Meant finds the service that a message means by a name: the one that had it when the message was written.
func (s Services) Meant(name string, observedAt time.Time) (Service, bool) {
	service, ok := s.ByName(name)
	if !ok || service.Name != name || observedAt.After(service.NamedAfter) {
		return service, ok
	}
	for _, service := range s.List {
		if slices.Contains(service.Formerly, name) {
			return service, true
		}
	}
	return Service{}, false
}

// ByKey finds a service by its key.
func (s Services) ByKey(key string) (Service, bool) {
	for _, service := range s.List {
		if service.Key == key {
			return service, true
		}
	}
	return Service{}, false
}

// Index is where the service of a name stands in the list, or -1.
func (s Services) Index(name string) int {
	if service, ok := s.ByName(name); ok {
		return slices.IndexFunc(s.List, func(at Service) bool { return at.Key == service.Key })
	}
	return -1
}

// Rules are the rules that the list was brought in line with.
func (s Services) Rules() []Rule {
	var rules []Rule
	for _, service := range s.List {
		if service.Ruled {
			rules = append(rules, Rule{service.Name, service.Formerly, service.Retired})
		}
	}
	return rules
}

// Apply brings the list in line with the rules: new ones are added, renamed ones (formerly) keep key and id, and so does
// one whose rename is taken back.
func (s *Services) Apply(rules []Rule) {
	list := make([]Service, len(s.List))
	copy(list, s.List)
	for i := range list {
		list[i].Ruled, list[i].Retired = false, false
	}
	var others []Rule
	for _, r := range rules {
		at := find(list, []string{r.Name})
		if at < 0 {
			at = find(list, r.Formerly)
		}
		if at < 0 {
			others = append(others, r)
			continue
		}
		list[at].follow(r)
	}
	for _, r := range others {
		at := findFormer(list, r.Name)
		if at < 0 {
			list = append(list, Service{Key: freeKey(list, r.Name)})
			at = len(list) - 1
		}
		list[at].follow(r)
	}
	s.handOver(list)
	s.List = list
}

// handOver notes which names a service has not had before: another one may have had it, at once before or long ago. What is on
// its way by then, or lies with the dead letters, is no newer than the newest run that has queued a services message, and
// cannot have meant this one.
func (s *Services) handOver(list []Service) {
	for i := range list {
		before, known := s.ByKey(list[i].Key)
		switch {
		case known && same(before.Name, list[i].Name):
		case known && before.wasCalled(list[i].Name) && !s.calls(list[i]): // a rename that is taken back
			list[i].NamedAfter = time.Time{}
		case s.Intent != nil:
			list[i].NamedAfter = s.Intent.ObservedAt
		}
	}
}

func (s Service) wasCalled(name string) bool {
	return slices.ContainsFunc(s.Formerly, func(former string) bool { return same(former, name) })
}

// calls tells whether another service has the name of this one until now.
func (s *Services) calls(this Service) bool {
	return slices.ContainsFunc(s.List, func(other Service) bool { return other.Key != this.Key && same(other.Name, this.Name) })
}

func (s *Service) follow(r Rule) {
	s.Name, s.Formerly, s.Retired, s.Ruled = r.Name, r.Formerly, r.Retired, true
}

// findFormer finds a service that no rule names any more and that once had a name.
func findFormer(list []Service, name string) int {
	return slices.IndexFunc(list, func(s Service) bool {
		return !s.Ruled && s.wasCalled(name)
	})
}

func find(list []Service, names []string) int {
	for _, name := range names {
		for i, service := range list {
			if !service.Ruled && same(service.Name, name) {
				return i
			}
		}
	}
	return -1
}

// freeKey is the name, or the name with a number when a renamed service holds it as its key.
func freeKey(list []Service, name string) string {
	key := name
	for n := 2; ; n++ {
		taken := false
		for _, service := range list {
			taken = taken || service.Key == key
		}
		if !taken {
			return key
		}
		key = fmt.Sprintf("%s#%d", name, n)
	}
}

// Standing is a service as Synthesize lists it.
type Standing struct{ ID, Name string }

// Link finds the ledger's services among those that stand at Synthesize: by remembered id, else by name, else by what
// they were formerly. An id that was known before Synthesize was asked and no longer stands is forgotten, and with it
// everything told to it becomes unknown.
func (s *Services) Link(standing []Standing, before Services) {
	byID := map[string]bool{}
	for _, at := range standing {
		byID[at.ID] = true
	}
	list := make([]Service, len(s.List))
	copy(list, s.List)
	taken := map[string]bool{}
	anew := false
	for i := range list {
		earlier, _ := before.ByKey(list[i].Key)
		if list[i].ID != "" && list[i].ID == earlier.ID && !byID[list[i].ID] {
			list[i].ID, list[i].Adopted = "", false
			anew = true
		}
		if list[i].ID != "" {
			taken[list[i].ID] = true
		}
	}
	for i := range list {
		if anew && list[i].Making != nil { // the integration was made anew: all that stands there now may be new
			making := *list[i].Making
			making.Stood, making.Answered = nil, false
			list[i].Making = &making
		}
		if list[i].ID != "" || !list[i].Ruled {
			continue
		}
		for _, name := range append([]string{list[i].Name}, list[i].Formerly...) {
			if id := standingID(standing, name, taken); id != "" {
				// One that this program was making is its own; any other stood there before.
				list[i].ID, list[i].Adopted = id, list[i].Adopted || list[i].Making == nil
				taken[id] = true
				break
			}
		}
		if list[i].ID != "" {
			list[i].Making = nil
		}
	}
	s.Strangers.Services = nil
	for _, at := range standing {
		if !taken[at.ID] {
			s.Strangers.Services = append(s.Strangers.Services, at.Name)
		}
	}
	s.List = list
}

// Unexplained are the strangers that the rules do not name either, as far as the last look at Synthesize knew.
func (s Services) Unexplained() []string {
	return slices.DeleteFunc(slices.Clone(s.Strangers.Services), func(stranger string) bool {
		return slices.ContainsFunc(s.List, func(own Service) bool {
			return same(own.Name, stranger) || own.wasCalled(stranger)
		})
	})
}

func standingID(standing []Standing, name string, taken map[string]bool) string {
	for _, exact := range []bool{true, false} {
		for _, at := range standing {
			if !taken[at.ID] && (at.Name == name || !exact && same(at.Name, name)) {
				return at.ID
			}
		}
	}
	return ""
}

// Services reads what is known of the services.
func (l *Ledger) Services(ctx context.Context) (Services, error) {
	var s Services
	_, err := l.load(ctx, servicesKey, &s)
	return s, err
}

// UpdateServices changes what is known of the services.
func (l *Ledger) UpdateServices(ctx context.Context, change func(*Services) error) (Services, error) {
	return update(ctx, l, servicesKey, change)
}
