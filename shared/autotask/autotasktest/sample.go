package autotasktest

import (
	"fmt"
	"math/rand/v2"
)

// The types of a sample tenant.
const (
	TypeDesktop int64 = iota + 1
	TypeLaptop
	TypeServer
	TypePrinter
	TypeESXiHost
	TypeFirewall
	TypeThinClient // an inactive type that items still have
)

// unlisted is a type id that items of a sample tenant have and its list of types has not.
const unlisted int64 = 99

// Names that occur in real tenants: two of one name, quotes, umlauts, blanks, a control character, a long one.
var oddNames = []string{
	"Müller & Söhne GmbH", `O'Brien "The Baker" Ltd`, " Leading Blank Inc", "Null\u0000Byte LLC", "Contoso", "Contoso",
	"株式会社サンプル", "Emoji 🚀 Space Co", "A company whose name was written by somebody who wanted to be quite sure that nobody would ever confuse it with another company of the same group, namely the European one of the holding in Luxembourg",
}

var (
	firstWords = []string{"Northwind", "Blue Ridge", "Harbor", "Summit", "Cedar", "Lakeside", "Granite", "Prairie", "Sterling", "Maple", "Coastal", "Redwood", "Pioneer", "Beacon"}
	lastWords  = []string{"Dental", "Legal", "Logistics", "Architects", "Foods", "Clinic", "Insurance", "Motors", "Accounting", "School", "Printing", "Builders"}
)

// Sample makes a believable tenant of about 60 companies and 3,000 items. The same seed makes the same tenant. It has
// what real tenants have: items of the MSP itself, an inactive company with active items, items without a type or with
// one that is not listed, items of a company that cannot be seen, retired items, and ids far apart and beyond 2^31.
func Sample(seed uint64) *Tenant {
	r := rand.New(rand.NewPCG(seed, 0x5eed)) //nolint:gosec // a sample, not a secret
	t := NewTenant(Options{Name: "Example MSP"})
	for id, name := range []string{TypeDesktop: "Desktop", TypeLaptop: "Laptop", TypeServer: "Server", TypePrinter: "Printer", TypeESXiHost: "ESXi Host", TypeFirewall: "Firewall", TypeThinClient: "Thin Client"} {
		if name != "" {
			t.SetType(Type{ID: int64(id), Name: name, Inactive: int64(id) == TypeThinClient})
		}
	}
	var ids []int64
	for i := range 60 {
		id := int64(170 + i*5 + r.IntN(5))
		name := fmt.Sprintf("%s %s", firstWords[r.IntN(len(firstWords))], lastWords[i%len(lastWords)])
		if i%7 == 3 && i/7 < len(oddNames) {
			name = oddNames[i/7]
		}
		var parent int64
		if i == 12 {
			parent = ids[11]
		}
		t.SetCompany(Company{ID: id, Name: name, Inactive: i == 41, Hidden: i == 47, Parent: parent})
		ids = append(ids, id)
	}
	next := int64(4_000)
	add := func(company, typ int64, inactive bool) {
		next += 1 + int64(r.IntN(40))
		if r.IntN(500) == 0 {
			next += 700_000_000 // a gap, as imports leave them
		}
		t.AddItem(Item{ID: next, Company: company, Type: typ, Inactive: inactive})
	}
	mix := []int64{TypeDesktop, TypeDesktop, TypeLaptop, TypeLaptop, TypeLaptop, TypeLaptop, TypeServer, TypeServer, TypePrinter, TypeFirewall}
	for i, id := range ids {
		for range 8 + r.IntN(2*len(ids)-i) {
			add(id, mix[r.IntN(len(mix))], r.IntN(12) == 0)
		}
	}
	for range 25 {
		add(0, mix[r.IntN(len(mix))], false)
		add(ids[r.IntN(len(ids))], TypeESXiHost, false)
	}
	for range 6 {
		add(ids[r.IntN(len(ids))], Null, false)
		add(ids[r.IntN(len(ids))], unlisted, false)
		add(ids[r.IntN(len(ids))], TypeThinClient, false)
		add(999_999, TypeDesktop, false)
	}
	return t
}
