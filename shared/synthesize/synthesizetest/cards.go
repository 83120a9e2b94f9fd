package synthesizetest

import "encoding/json"

// Card is what the person who reconciles sees of a mapped pair.
type Card struct {
	Pair
	Account     string      `json:"account"` // name
	PSAUnits    json.Number `json:"psaUnits"`
	VendorUnits string      `json:"vendorUnits"` // a number, or Dash
	Kind        CardKind    `json:"kind"`
}

// Dash is what stands for vendor units when the vendor has never told any; a 0 that was told is shown as 0.
const Dash = "-"

// CardKind is the column a card is in.
type CardKind string

// The documented columns. That a dash is no change is assumed: there is nothing to approve.
const (
	NewRevenueFound CardKind = "New Revenue Found" // the PSA has nothing, the vendor something
	Reconcile       CardKind = "Reconcile"
	NoChange        CardKind = "No Change"
)

// Cards returns a card for every pair whose account and service are mapped, from the built view, in the order of accounts
// and services.
func (m *Simulator) Cards() []Card {
	m.lock()
	defer m.mu.Unlock()
	return m.cards()
}

func (m *Simulator) cards() []Card {
	out := []Card{}
	for _, a := range m.accounts {
		if a.mappingID == "" {
			continue
		}
		for _, s := range m.services {
			if !s.mapped {
				continue
			}
			c := Card{Pair: Pair{a.id, s.name}, Account: a.name, VendorUnits: Dash, Kind: NoChange}
			c.PSAUnits = m.psaUnits[c.Pair]
			if c.PSAUnits == "" {
				c.PSAUnits = "0"
			}
			if units, ok := m.built[key{a.id, s.id}]; ok {
				c.VendorUnits = units.String()
				c.Kind = compare(c.PSAUnits, units)
			}
			out = append(out, c)
		}
	}
	return out
}

func compare(psa, vendor json.Number) CardKind {
	p, _ := psa.Float64() // numbers were checked when they were posted
	v, _ := vendor.Float64()
	switch {
	case p == v:
		return NoChange
	case p == 0:
		return NewRevenueFound
	}
	return Reconcile
}
