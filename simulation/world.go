package simulation

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

const (
	desktop int64 = 1 + iota
	laptop
	server
	printer
)

const (
	workstations = "Managed Workstations"
	servers      = "Managed Servers"
	network      = "Network Devices"
)

// rules are service rules, and what they mean in words that have nothing in common with the product's.
type rules struct {
	name   string
	yaml   string
	types  map[string][]int64 // by service
	zeros  []string           // services that count as 0
	parsed services.Rules
}

// ruleSets are what a person may set; the first is what everything ends with.
func ruleSets() []rules {
	sets := []rules{
		{name: "two services", yaml: `
- {service: Managed Workstations, types: [Desktop, Laptop, 1]}
- {service: Managed Servers, types: [Server]}`,
			types: map[string][]int64{workstations: {desktop, laptop}, servers: {server}}},
		{name: "three services", yaml: `
- {service: Managed Workstations, types: [Desktop, Laptop]}
- {service: Managed Servers, types: [Server]}
- {service: Network Devices, allTypesExcept: [Desktop, Laptop, Server]}`,
			types: map[string][]int64{workstations: {desktop, laptop}, servers: {server}, network: {printer}}},
		{name: "network devices retired", yaml: `
- {service: Managed Workstations, types: [Desktop, Laptop]}
- {service: Managed Servers, types: [Server]}
- {service: Network Devices, retired: true}`,
			types: map[string][]int64{workstations: {desktop, laptop}, servers: {server}}, zeros: []string{network}},
		{name: "laptops with the servers", yaml: `
- {service: Managed Workstations, types: [Desktop]}
- {service: Managed Servers, types: [Server, Laptop]}`,
			types: map[string][]int64{workstations: {desktop}, servers: {server, laptop}}},
		{name: "servers renamed", yaml: `
- {service: Managed Workstations, types: [Desktop, Laptop]}
- {service: Servers, formerly: Managed Servers, types: [Server]}`,
			types: map[string][]int64{workstations: {desktop, laptop}, "Servers": {server}}},
	}
	for i := range sets {
		parsed, err := services.Parse("rules", []byte(sets[i].yaml))
		if err != nil {
			panic(err) // they are constants
		}
		sets[i].parsed = parsed
	}
	return sets
}

type settings struct {
	rules      rules
	mode       string
	includeOwn bool

	companyDrop  int64 // MAX_COMPANY_DROP_PERCENT
	inactiveZero bool
	companyTypes []string
}

// change is one change of one device or company. Without an item it is about the company's being seen.
type change struct {
	id      int64
	item    autotasktest.Item
	there   bool
	company bool
	closed  bool // the company is not active
}

// set changes a device, at both the vendor and in the record of what was true when.
func (s *sim) set(item autotasktest.Item, there bool) {
	if there {
		s.tenant.AddItem(item)
	} else {
		s.tenant.DeleteItem(item.ID)
	}
	s.changes = append(s.changes, change{id: item.ID, item: item, there: there && !item.Inactive && !s.hides(item.Company)})
	if there {
		s.items[item.ID] = item
	} else {
		delete(s.items, item.ID)
	}
}

func (s *sim) add(company, typ int64) {
	s.nextItem += 7
	s.set(autotasktest.Item{ID: s.nextItem, Company: company, Type: typ}, true)
}

func (s *sim) setCompany(c autotasktest.Company) {
	s.tenant.SetCompany(c)
	s.changes = append(s.changes, change{id: c.ID, company: true, there: !c.Hidden && !s.hides(c.ID), closed: c.Inactive})
}

func (s *sim) removeCompany(id int64) {
	s.tenant.RemoveCompany(id)
	s.changes = append(s.changes, change{id: id, company: true})
}

func (s *sim) populate() {
	for id, name := range map[int64]string{desktop: "Desktop", laptop: "Laptop", server: "Server", printer: "Printer"} {
		s.tenant.SetType(autotasktest.Type{ID: id, Name: name})
	}
	s.nextItem = 1 << 31
	s.setCompany(autotasktest.Company{ID: 0, Name: "Example MSP"})
	companies := 3 + s.choose.of("companies", 4)
	for c := int64(1); c <= int64(companies); c++ {
		s.setCompany(autotasktest.Company{ID: c, Name: fmt.Sprintf("Client %d", c)})
		for range 1 + s.choose.of("desktops", 4) {
			s.add(c, desktop)
		}
		for range s.choose.of("laptops", 3) {
			s.add(c, laptop)
		}
		for range s.choose.of("servers", 4) {
			s.add(c, server)
		}
		if s.choose.of("printers", 2) == 1 {
			s.add(c, printer)
		}
	}
	if s.choose.one("a large client", 100, 1) == 1 {
		for range 15 {
			s.add(1, desktop)
			s.add(1, server)
		}
	}
	if s.choose.one("a large tenant", 10, 1) == 1 { // one that takes several pages and both walkers
		for n := range int64(1300) {
			s.nextItem += n % 5 * 100
			s.add(1+n%int64(companies), 1+n%4)
		}
	}
	s.add(0, desktop)
	if s.choose.one("an earlier integration", 200, 1) == 1 {
		s.earlier = true
		s.note("an earlier integration left accounts, services and counts")
		err := s.vendor.SeedEarlier(synthesizetest.Earlier{
			Accounts: []synthesizetest.Account{{ID: "1", Name: "Client 1", Mapped: true}, {ID: "2", Name: "Client 2"}},
			Services: []synthesizetest.Service{{Name: servers, Mapped: true, Category: "other", Subcategory: "other"}, {Name: network, Mapped: true, Category: "other", Subcategory: "other"}},
			Counts:   []synthesizetest.EarlierCount{{AccountID: "1", Service: servers, Units: "99"}, {AccountID: "2", Service: network, Units: "7"}},
		})
		if err != nil {
			panic(err)
		}
	}
}

// picked is some device, or none.
func (s *sim) picked(name string) (autotasktest.Item, bool) {
	ids := slices.Sorted(maps.Keys(s.items))
	if len(ids) == 0 {
		return autotasktest.Item{}, false
	}
	return s.items[ids[s.choose.of(name, len(ids))]], true
}

func (s *sim) company(name string) autotasktest.Company {
	all := s.tenant.Companies()[1:]
	return all[s.choose.of(name, len(all))]
}

// act lets the people at both vendors, the operator or the platform do something, perhaps.
func (s *sim) act(before string) bool {
	what := s.choose.one("act before "+before, s.restless, acts)
	if what == 0 {
		return false
	}
	s.perform(what, before)
	return true
}

// deviceActs are how many of the kinds of acts, the first ones, are about single devices.
const (
	deskActs   = 30 // those of others than the operator
	deviceActs = 8
)

func (s *sim) perform(what int, where string) {
	name := fmt.Sprintf("act %d", what)
	did := ""
	switch what {
	case 1, 2, 3:
		c := s.company(name)
		typ := 1 + int64(s.choose.of(name+" type", 4))
		s.add(c.ID, typ)
		did = fmt.Sprintf("device %d of type %d comes to company %d", s.nextItem, typ, c.ID)
	case 4, 5:
		if i, ok := s.picked(name); ok {
			i.Inactive = !i.Inactive
			s.set(i, true)
			did = fmt.Sprintf("device %d of type %d of company %d: inactive %v", i.ID, i.Type, i.Company, i.Inactive)
		}
	case 6:
		if i, ok := s.picked(name); ok {
			s.set(i, false)
			did = fmt.Sprintf("device %d of type %d of company %d is deleted", i.ID, i.Type, i.Company)
		}
	case 7:
		if i, ok := s.picked(name); ok {
			i.Type = 1 + int64(s.choose.of(name+" type", 4))
			s.set(i, true)
			did = fmt.Sprintf("device %d of company %d has type %d now", i.ID, i.Company, i.Type)
		}
	case 8:
		if i, ok := s.picked(name); ok {
			old := i.Company
			i.Company = s.company(name + " to").ID
			s.set(i, true)
			did = fmt.Sprintf("device %d of type %d moves from company %d to %d", i.ID, i.Type, old, i.Company)
		}
	case 9:
		c := s.company(name)
		c.Name += "!"
		s.setCompany(c)
		did = fmt.Sprintf("company %d is renamed to %q", c.ID, c.Name)
	case 10:
		c := s.company(name)
		c.Inactive = !c.Inactive
		s.setCompany(c)
		did = fmt.Sprintf("company %d: inactive %v", c.ID, c.Inactive)
	case 11:
		c := s.company(name)
		c.Hidden = !c.Hidden
		s.setCompany(c)
		did = fmt.Sprintf("company %d: hidden %v", c.ID, c.Hidden)
	case 12:
		from, to := s.company(name), s.company(name+" into")
		if from.ID != to.ID && len(s.tenant.Companies()) > 3 {
			for _, id := range slices.Sorted(maps.Keys(s.items)) {
				if i := s.items[id]; i.Company == from.ID {
					i.Company = to.ID
					s.set(i, true)
				}
			}
			s.removeCompany(from.ID)
			did = fmt.Sprintf("company %d is merged into %d", from.ID, to.ID)
		}
	case 13:
		id := int64(10 + len(s.changes))
		s.setCompany(autotasktest.Company{ID: id, Name: fmt.Sprintf("Client %d", id), Type: []int64{1, 7}[s.choose.one(name+" vendor", 250, 1)]})
		s.add(id, desktop)
		did = fmt.Sprintf("company %d is new, with a desktop", id)
	case 14:
		typ := 1 + int64(s.choose.of(name, 3))
		for _, id := range slices.Sorted(maps.Keys(s.items)) {
			if i := s.items[id]; i.Type == typ && !i.Inactive && i.Company != 0 {
				i.Inactive = true
				s.set(i, true)
			}
		}
		did = fmt.Sprintf("all devices of type %d are inactive", typ)
	case 15, 16, 17:
		s.vendor.MapAll()
		did = "everything that stands at Synthesize is mapped"
	case 18:
		if all := s.vendor.Accounts(); len(all) > 0 {
			a := all[s.choose.of(name, len(all))]
			_ = s.vendor.UnmapAccount(a.ID)
			did = "account " + a.ID + " is unmapped"
		}
	case 19:
		if all := s.vendor.Services(); len(all) > 0 {
			v := all[s.choose.of(name, len(all))]
			if s.choose.of(name+" how", 2) == 0 {
				_ = s.vendor.UnmapService(v.ID)
				did = "service " + v.Name + " is unmapped"
			} else {
				if !s.knows(v.ID) {
					s.removed = true // made, but nobody of ours has seen its id: after a rename nobody can recognise it
				}
				_ = s.vendor.RenameService(v.ID, fmt.Sprintf("%s (renamed %d)", v.Name, len(s.story)))
				did = "service " + v.Name + " is renamed at Synthesize"
			}
		}
	case 20:
		// Counts of an earlier integration that come back after a disconnect which no look of ours preceded cannot be known of.
		s.vendor.Disconnect(synthesizetest.Disconnecting{KeepCounts: s.choose.of(name, 2) == 1 && !s.earlier})
		did = "the integration is disconnected and connected again"
	case 21:
		s.vendor.RemakeIntegration(synthesizetest.Remaking{NoServices: s.choose.of(name, 2) == 1})
		did = "the integration is made anew"
	case 22:
		s.keysRight = s.vendor.RotatePartnerKey(fmt.Sprintf("rotated-%d", s.steps))
		did = "the partner key of Synthesize is rotated"
	case 23:
		s.keys.PartnerAPIKey = s.keysRight
		s.versions++
		s.keys.Version = fmt.Sprint("v", s.versions)
		s.credentials.Secret = s.secretRight
		s.credentials.Version = fmt.Sprint("v", s.versions)
		did = "the secrets are put right"
	case 24:
		s.secretRight = fmt.Sprintf("S3cret-%d", s.steps)
		c := autotasktest.DefaultCredentials
		c.Secret = s.secretRight
		s.tenant.SetCredentials(c)
		did = "the secret of Autotask is changed"
	case 25:
		q := []*fifo{s.accounts, s.usage}[s.choose.of(name, 2)]
		for _, e := range q.entries {
			if time.Now().Before(e.hidden) && s.choose.of(name+" message", 2) == 0 {
				e.hidden = time.Time{}
				did += " " + e.id
			}
		}
		if did != "" {
			did = "the visibility time-out of" + did + " is over early"
			s.early = true
		}
	case 26:
		did = s.replay(name)
	case 27:
		if s.runsLeft > 0 {
			s.runsLeft--
			s.startRun()
			did = "one more run is started"
		}
	case 28:
		s.backup = s.copyTable()
		did = "the ledger is backed up"
	case 29:
		if s.backup != nil && s.choose.of(name, 3) == 0 {
			s.restore()
			did = "the ledger is restored from the backup"
		}
	case 30:
		s.tenant.MoveZone(fmt.Sprintf("zone%d", 5+s.choose.of(name, 3)), 20264)
		did = "Autotask moves the tenant to another zone"
	default:
		did = s.operate(what, name)
	}
	if did != "" {
		s.count(fmt.Sprintf("act %02d", what), "world")
		s.note("%s (before %s)", did, where)
		s.trace("%s", did)
	}
}

// knows tells whether the ledger knows a service of an id.
func (s *sim) knows(serviceID string) bool {
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "state", ID: "services"})
	return err == nil && bytes.Contains(docs[0].Body, []byte(`"`+serviceID+`"`))
}

// replay brings a dead letter back, now and then leaving it where it was, so that it comes twice.
func (s *sim) replay(name string) string {
	q := []*fifo{s.accounts, s.usage}[s.choose.of(name, 2)]
	if len(q.dead) == 0 {
		return ""
	}
	at := s.choose.of(name+" letter", len(q.dead))
	l := q.dead[at]
	s.replays++
	id := q.put(l.group, fmt.Sprintf("%s-%d", l.id, s.replays), l.body)
	if s.choose.of(name+" twice", 3) != 2 {
		q.dead = slices.Delete(q.dead, at, at+1)
	}
	return fmt.Sprintf("dead letter %s is replayed as %s", l.id, id)
}

// copyTable is a backup of the ledger.
func (s *sim) copyTable() []ledger.Document {
	var docs []ledger.Document
	for _, kind := range []ledger.Kind{"state", "account", "run", "tally", "release", "act"} {
		for doc, err := range s.table.List(context.Background(), kind) {
			if err != nil {
				panic(err)
			}
			doc.Body = bytes.Clone(doc.Body)
			docs = append(docs, doc)
		}
	}
	return docs
}

// restore puts the ledger back, as the operator does: into a table that is empty else, with no function at work.
func (s *sim) restore() {
	table := memory.New()
	for _, doc := range s.backup {
		for v := range doc.Version {
			if err := table.Write(context.Background(), ledger.Write{Key: doc.Key, IfVersion: v, Body: doc.Body, Expires: doc.Expires}); err != nil {
				panic(err)
			}
		}
	}
	for _, t := range slices.Clone(s.tasks) {
		if !t.dead && !t.ended {
			s.kill(t, "was stopped for the restore")
		}
	}
	s.table.Store = table
	s.restored = true
	s.landed = map[string]landing{}
	s.effects++
	s.count("restored", "world")
	s.listen()
}
