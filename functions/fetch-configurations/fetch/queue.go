package fetch

import (
	"context"
	"fmt"
	"slices"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/services"
)

// Sender puts messages on one queue. An error means that some of them may not have been sent.
type Sender interface {
	Send(ctx context.Context, messages []queue.Message) error
}

// queued is what a run put on the queues.
type queued struct {
	changes  []Change
	messages int // usage messages
	created  int
	renamed  int
}

// tell records what the run is going to tell, account by account, and then queues it: intent before message. From the
// moment an intent stands, no older message about the account can be applied.
func (s *Stage) tell(ctx context.Context, held ledger.Lease, p planner, companies []company, known map[string]ledger.Account) (queued, error) {
	byID := make(map[string]company, len(companies))
	for _, c := range companies {
		byID[accountID(c.id)] = c
	}
	var ids []string
	for id, c := range byID {
		if differs(p.account(c, known[id]), known[id]) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	plans := make(map[string]accountPlan, len(ids))
	intent := ledger.Intent{RunID: held.RunID, ObservedAt: held.ObservedAt}
	err := s.Ledger.UpdateAccounts(ctx, &held, known, ids, func(a *ledger.Account) {
		plan := p.account(byID[a.ID], *a)
		plans[a.ID] = plan
		intend(a, plan, intent)
	})
	if err != nil {
		return queued{}, fmt.Errorf("record what run %s is going to tell: %w", held.RunID, err)
	}
	return s.send(ctx, intent, ids, plans)
}

// differs tells whether an account has to be written: something to tell, to make, or to remember.
func differs(plan accountPlan, a ledger.Account) bool {
	return plan.tells() || plan.create || plan.rename || plan.fence || plan.fenceName || plan.wanted != a.Wanted || plan.released != a.Released
}

func intend(a *ledger.Account, plan accountPlan, intent ledger.Intent) {
	ended := intent
	ended.Ended = true
	a.Wanted, a.Released = plan.wanted, plan.released
	if a.Wanted && a.Name == "" {
		a.Name = plan.name
	}
	switch {
	case plan.tells():
		open := intent
		a.Intent = &open
	case plan.fence:
		a.Intent = &ended
	}
	switch {
	case plan.create || plan.rename:
		open := intent
		a.NameIntent = &open
	case plan.fenceName:
		a.NameIntent = &ended
	}
}

func (s *Stage) send(ctx context.Context, intent ledger.Intent, ids []string, plans map[string]accountPlan) (queued, error) {
	var out queued
	accounts, err := s.servicesMessage(intent)
	if err != nil {
		return out, err
	}
	var usage []queue.Message
	for _, id := range ids {
		plan := plans[id]
		account := message.Account{ID: id, Name: plan.name}
		if plan.create || plan.rename {
			m := message.Accounts{RunID: intent.RunID, ObservedAt: intent.ObservedAt, Account: &account}
			body, err := m.Encode()
			if err != nil {
				return out, err
			}
			accounts = append(accounts, queue.Message{Group: m.Group(), DeduplicationID: m.DeduplicationID(), Body: body})
			if plan.create {
				out.created++
			} else {
				out.renamed++
			}
		}
		if !plan.tells() {
			continue
		}
		counts := make(map[string]int64, len(plan.counts))
		for _, c := range plan.counts {
			counts[c.Service] = c.To
		}
		m := message.Usage{RunID: intent.RunID, ObservedAt: intent.ObservedAt, Account: account, Counts: counts}
		body, err := m.Encode()
		if err != nil {
			return out, err
		}
		usage = append(usage, queue.Message{Group: m.Group(), DeduplicationID: m.DeduplicationID(), Body: body})
		out.changes = append(out.changes, plan.counts...)
	}
	out.messages = len(usage)
	if err := s.AccountsQueue.Send(ctx, accounts); err != nil {
		return out, fmt.Errorf("queue %d messages for sync-accounts: %w", len(accounts), err)
	}
	if err := s.UsageQueue.Send(ctx, usage); err != nil {
		return out, fmt.Errorf("queue %d messages for sync-usage: %w", len(usage), err)
	}
	return out, nil
}

// servicesMessage is the run's one message about services; it goes first.
func (s *Stage) servicesMessage(intent ledger.Intent) ([]queue.Message, error) {
	m := message.Accounts{RunID: intent.RunID, ObservedAt: intent.ObservedAt, Services: []message.Service{}}
	for _, r := range s.Rules {
		if !r.Retired {
			m.Services = append(m.Services, message.Service{
				Name: r.Service, Description: r.Description, Category: r.Category, Subcategory: r.Subcategory,
			})
		}
	}
	body, err := m.Encode()
	if err != nil {
		return nil, err
	}
	return []queue.Message{{Group: m.Group(), DeduplicationID: m.DeduplicationID(), Body: body}}, nil
}

// LedgerRules is what the ledger needs to know of the rules.
func LedgerRules(rules services.Rules) []ledger.Rule {
	out := make([]ledger.Rule, len(rules))
	for i, r := range rules {
		out[i] = ledger.Rule{Name: r.Service, Formerly: r.Formerly, Retired: r.Retired}
	}
	return out
}
