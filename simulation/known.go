package simulation

import (
	"encoding/json"

	"github.com/synthsync/synthsync/shared/ledger"
)

// known keeps what documents of the ledger say, by their bodies: a document is held against the rules again and again, and
// to decode it each time would take a tenth of a history's time. What it returns is only read.
type known struct {
	accounts map[string]ledger.Account
	services map[string]ledger.Services
}

func newKnown() known {
	return known{map[string]ledger.Account{}, map[string]ledger.Services{}}
}

func (k known) account(body []byte) (ledger.Account, error) { return decoded(k.accounts, body) }

func (k known) state(body []byte) (ledger.Services, error) { return decoded(k.services, body) }

// decoded is what a body says; a document that is not there says nothing.
func decoded[T any](all map[string]T, body []byte) (T, error) {
	if says, ok := all[string(body)]; ok || len(body) == 0 {
		return says, nil
	}
	var says T
	if err := json.Unmarshal(body, &says); err != nil {
		return says, err
	}
	all[string(body)] = says
	return says, nil
}
