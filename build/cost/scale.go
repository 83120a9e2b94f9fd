package cost

import (
	"fmt"
	"math"
	"strings"

	"github.com/synthsync/synthsync/shared/autotask"
)

// fleets are those of docs/scale.md, in companies.
var fleets = []int{100, 1000, 10_000, 100_000}

// What the page about scale reckons with, beside the figures of the page about cost.
const (
	hourLimit   = 10_000 // Autotask's requests an hour, of all integrations
	sharePart   = 0.5    // AUTOTASK_BUDGET_PERCENT
	boundServed = 0.04   // seconds a request, as the simulation serves it
	usualServed = 0.5    // seconds a page, assumed
	slowServed  = 1.0    // seconds a page, assumed

	invocation   = 890.0     // seconds: FetchTimeout less what is kept for recording
	forReading   = 4.0 / 5.0 // of it, the rest is kept for comparing and queueing
	transactions = 0.1       // seconds for 99 companies' intents, assumed
	sendSeconds  = 0.02      // for 10 messages, assumed

	cloudRate   = 72.0 // counts a second: UsageConcurrency 2 at 36
	machineRate = 80.0

	memoryBase, memoryPerThousand = 17.0, 5.4 // MB of fetch-configurations, by BenchmarkMemory
)

// scale is what a run of a fleet needs.
type scale struct {
	companies, items, requests float64
	bill                       float64
	night                      Usage
}

func scaleOf(companies int, shape Shape) scale {
	s := scale{companies: float64(companies), items: float64(companies) * itemsPerCompany, night: Night(companies, services)}
	s.requests = float64(autotask.RequestsFor(int64(s.items))) + math.Ceil(s.companies/pageRows) + autotaskOverhead
	bill, _ := Month(companies, shape)
	for _, line := range bill {
		s.bill += line.Dollars
	}
	return s
}

// reading is how many seconds two requests at a time take.
func (s scale) reading(served float64) float64 { return s.requests * served / 2 }

// queueing is how many seconds follow the reading when every count is due.
func (s scale) queueing() float64 {
	return math.Ceil(s.companies/99)*transactions + math.Ceil(s.companies/10)*sendSeconds
}

func (s scale) memory() float64 { return memoryBase + memoryPerThousand*s.companies/1000 }

// mostItems is what fits into so many requests.
func mostItems(requests float64) float64 {
	return (requests - float64(autotask.RequestsFor(0)) - autotaskOverhead) * pageRows
}

// inTime is how many items an invocation reads at so many seconds a request.
func inTime(served float64) float64 { return mostItems(invocation * forReading / (served / 2)) }

// ScalePage is docs/scale.md.
func ScalePage(shape Shape) string {
	var p strings.Builder
	var all []scale
	for _, companies := range fleets {
		all = append(all, scaleOf(companies, shape))
	}
	fmt.Fprintf(&p, scaleIntro, itemsPerCompany, services)
	p.WriteString("| |")
	for _, s := range all {
		fmt.Fprintf(&p, " %s |", grouped(s.companies))
	}
	p.WriteString("\n| --- |" + strings.Repeat(" ---: |", len(all)) + "\n")
	row := func(name string, cell func(scale) string) {
		fmt.Fprintf(&p, "| %s |", name)
		for _, s := range all {
			fmt.Fprintf(&p, " %s |", cell(s))
		}
		p.WriteString("\n")
	}
	row("Active items", func(s scale) string { return grouped(s.items) })
	row("Autotask requests of a run", func(s scale) string { return grouped(s.requests) })
	row("of its share of the hour", func(s scale) string { return fmt.Sprintf("%.0f %%", 100*s.requests/(hourLimit*sharePart)) })
	for _, served := range []float64{boundServed, usualServed, slowServed} {
		row(fmt.Sprintf("Reading, at %g s a request", served), func(s scale) string { return lasting(s.reading(served)) })
	}
	row("Comparing and queueing, all due", func(s scale) string { return lasting(s.queueing()) })
	row(fmt.Sprintf("Fits a function's 15 minutes, at %g s", usualServed), func(s scale) string { return fits(s, usualServed) })
	row("Memory of fetch-configurations", func(s scale) string { return fmt.Sprintf("%.0f MB", s.memory()) })
	row("Counts told, all due", func(s scale) string { return grouped(services * s.companies) })
	row("Telling, on AWS", func(s scale) string { return lasting(services * s.companies / cloudRate) })
	row("Telling, on one machine", func(s scale) string { return lasting(services * s.companies / machineRate) })
	row("SQS requests a night", func(s scale) string { return grouped(s.night.QueueRequests + 2*s.night.Invocations) })
	row("DynamoDB write units a night", func(s scale) string { return grouped(s.night.Writes) })
	row("DynamoDB read units a night", func(s scale) string { return grouped(s.night.Reads) })
	row("US dollars a month", func(s scale) string { return money(s.bill) })

	fmt.Fprintf(&p, breaks, millions(inTime(slowServed)), slowServed, millions(inTime(usualServed)), usualServed,
		millions(mostItems(hourLimit*sharePart)), millions(mostItems(hourLimit)),
		grouped(math.Floor((256*0.7-memoryBase)/memoryPerThousand)*1000), memoryPerThousand,
		grouped(math.Floor(3600*cloudRate/services/10_000)*10_000))
	fmt.Fprintf(&p, scaleChecked, boundServed*1000, transactions, sendSeconds)
	return p.String()
}

func fits(s scale, served float64) string {
	if s.reading(served) <= invocation*forReading {
		return "yes"
	}
	return "no"
}

// lasting writes seconds as people say them.
func lasting(seconds float64) string {
	switch {
	case seconds < 1:
		return "< 1 s"
	case seconds < 120:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 2*3600:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}

func millions(n float64) string { return fmt.Sprintf("%.1f million", math.Floor(n/1e5)/10) }
