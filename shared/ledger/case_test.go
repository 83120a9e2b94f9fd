package ledger_test

import (
	"context"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

// A rule's name is written with another case while a message is under way. It is the same service.
func TestServices_RuleWrittenWithAnotherCase_OlderMessageMeansItsService(t *testing.T) {
	b := newBook(t)
	var err error
	b.services, err = b.UpdateServices(context.Background(), func(s *ledger.Services) error {
		s.Apply([]ledger.Rule{{Name: "SERVERS"}, {Name: "Workstations"}})
		return nil
	})
	b.must(err)
	if telling := b.start("a", start, servers(5)); len(telling.Missing) != 0 || len(telling.Counts) != 1 {
		t.Errorf("%+v", telling)
	}
}
