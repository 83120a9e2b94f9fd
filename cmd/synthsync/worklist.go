package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// ToMap is an account whose counts cannot be billed before a person has mapped it, or its services, in Synthesize.
type ToMap struct {
	AccountID string         `json:"accountId"`
	Account   string         `json:"account"`
	Units     int64          `json:"units"`              // that cannot be billed
	Services  []ToMapService `json:"services,omitempty"` // which they are of; none for a company without an account
	Reason    string         `json:"reason"`
	Since     time.Time      `json:"since,omitzero"` // since when Synthesize says so, as far as is known
}

// ToMapService is one service of such an account.
type ToMapService struct {
	Service string `json:"service"`
	Units   int64  `json:"units"`
	Lost    bool   `json:"lost,omitempty"` // it was told before: its mapping was lost
}

// worklist lists what is not mapped, the largest first: from the ledger, and from what the last run noticed of companies
// that have no account, or that Synthesize may not offer for mapping.
func worklist(accounts map[string]ledger.Account, services ledger.Services, last ledger.Run, noticed []fetch.Attention) []ToMap {
	why := map[string]string{}
	list := []ToMap{}
	for _, a := range noticed {
		switch a.Kind {
		case fetch.KindNoAccount:
			for _, id := range a.AccountIDs { // of which the record of a run has room for no more
				list = append(list, ToMap{AccountID: id, Account: "company " + id, Reason: "no account"})
			}
			if a.More > 0 {
				continue
			}
			list = append(list, ToMap{AccountID: a.AccountID, Account: a.Account, Units: a.Units, Reason: a.Why})
		case fetch.KindInactive, fetch.KindOtherType, fetch.KindNotCustomer:
			why[a.AccountID] += "; " + a.Why
		}
	}
	for id, a := range accounts {
		if w, ok := toMap(a, services, last); ok {
			w.Reason += why[id]
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b ToMap) int {
		return cmp.Or(cmp.Compare(b.Units, a.Units), strings.Compare(a.Account, b.Account), byNumber(a.AccountID, b.AccountID))
	})
	return list
}

func toMap(a ledger.Account, services ledger.Services, last ledger.Run) (ToMap, bool) {
	w := ToMap{AccountID: a.ID, Account: a.Name}
	if a.Released { // nobody is to be billed
		return w, false
	}
	lost := false
	for _, s := range services.List {
		p := a.Pair(s)
		if !p.Lost() && (!p.NoMap || p.TriedUnits == 0) {
			continue
		}
		w.Services = append(w.Services, ToMapService{s.Name, p.TriedUnits, p.Lost()})
		w.Units += p.TriedUnits
		lost = lost || p.Lost()
		if since := p.NoMapSince; !since.IsZero() && (w.Since.IsZero() || since.Before(w.Since)) {
			w.Since = since
		}
	}
	switch {
	case lost:
		w.Reason = "mapping lost"
	case !w.Since.IsZero() && !w.Since.Before(last.ObservedAt):
		w.Reason = "new"
	default:
		w.Reason = "never mapped"
	}
	return w, len(w.Services) > 0
}

// worklist reads the list from a place's ledger.
func (p place) worklist(ctx context.Context, process *process) ([]ToMap, error) {
	book, done, err := p.book(ctx, process, true)
	if err != nil {
		return nil, err
	}
	defer done()
	last, ok, err := book.LastRun(ctx)
	if err != nil || !ok {
		return []ToMap{}, err
	}
	var result fetch.Result
	if len(last.Report) > 0 {
		if err := json.Unmarshal(last.Report, &result); err != nil {
			return nil, fmt.Errorf("read the record of run %s: %w", last.ID, err)
		}
	}
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	services, err := book.Services(ctx)
	if err != nil {
		return nil, err
	}
	return worklist(accounts, services, last, result.Attention), nil
}

func renderToMap(w io.Writer, list []ToMap, where string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, "To be mapped in Synthesize, the largest first:")
	t := newTable(w, "Account", "Id", "Units", "Of", "Why")
	for _, m := range list[:min(len(list), listed)] {
		why := m.Reason
		if !m.Since.IsZero() {
			why += ", since " + m.Since.UTC().Format(time.DateOnly)
		}
		t.AppendRow([]any{clean(m.Account), m.AccountID, m.Units, clean(servicesOf(m)), clean(why)})
	}
	t.Render()
	if more := len(list) - listed; more > 0 {
		fmt.Fprintf(w, "… and %d more; --json lists them\n", more)
	}
	fmt.Fprintf(w, `How: in Synthesize, open Integrations and the custom integration.
  1. Map accounts: each to the client it belongs to. Of two with one name, the description says which is which: "Autotask company" and the id above.
  2. Map services: each of the list's services, to what is billed for it. Then finish.
  3. The next run tells these counts by itself; at once: synthsync run %s
A client that is not offered there: Gradient reads from Autotask only active companies of type Customer with an active
recurring contract and a quantity above 0. "no account" is left alone until the company is active, or of a type that counts.
`, where)
}

func servicesOf(m ToMap) string {
	texts := make([]string, len(m.Services))
	for i, s := range m.Services {
		texts[i] = fmt.Sprintf("%s %d", s.Service, s.Units)
	}
	return strings.Join(texts, ", ")
}
