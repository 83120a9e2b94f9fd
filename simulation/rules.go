package simulation

import (
	"github.com/synthsync/synthsync/shared/services"
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
