package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// page is the document. What it claims in words is computed from the figures, so that the words cannot be older.
func (r *report) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmark

The job: how many active configuration items of each type has each company? Everybody counts the same tenant of %s companies
at the same local Autotask, a process of its own, which takes %s for each request and lets three requests of an entity be in
flight. Made by

`+"```\ngo run ./bench -keep bench/results.json -page docs/benchmark.md\n```"+`

which takes about 35 minutes; bench/results.json holds each single measurement, and `+"`-parts`, `-items` and `-only`"+` measure a
part anew. Another machine gives other seconds; the ratios stay. Measured:

%s
- **The bound** is the time in which two requests that are always in flight read all active items, 500 rows each: the vendor
  allows three, and frees a slot late.
- **Wall, CPU, peak memory** are those of the whole process, from its start to its end: for synthsync that is a whole
  `+"`plan`"+`, with both vendors' logins, companies, types, the ledger, the guard, and the comparison.
- Each figure is **the median** of as many times as the table says, with the least and the most.
- **Right** means: every count of every company and type is what a direct count of the tenant gives.

![Wall, CPU and memory of the contestants](%s)

`, thousands(r.Companies), r.Latency, r.measured(), picture)
	for _, s := range r.sizes {
		fmt.Fprintf(&b, "## %s items, %s of them active\n\nThe bound is %.1f s.\n\n%s\n", thousands(s.items), thousands(s.active), r.bound(s).Seconds(), r.sizeTable(s))
	}
	fmt.Fprintf(&b, `## When %g %% of the requests fail

Of the requests about items one in a hundred is answered with 500, with 429, or by a broken connection. To end with an error is
honest; to print counts that are wrong is how wrong bills are made. %s items.

%s
## Where the ids lie

Only synthsync reads from several places at once, so only for it does it matter how the ids lie. Nothing is known from an
earlier run. %s items.

%s
## What is promised, and what was measured

%s
`, 100*faultShare, thousands(r.FaultSize), r.faultTable(), thousands(r.IdsSize), r.distributionTable(), r.promiseTable())
	b.WriteString("## Who took part\n\n| | |\n|---|---|\n")
	for _, p := range everyone {
		fmt.Fprintf(&b, "| %s | %s |\n", p.Name, p.How)
	}
	fmt.Fprintf(&b, `
The adapters stand in [bench/peers](../bench/peers), in the way that each library's documentation leads to, with the fields
limited to those that are needed where the library can. Measured are @apigrate/autotask-restapi %s, py-autotask %s and
autotask-client %s. py-autotask's `+"`query_all`"+` stops after its first page, since the vendor knows no offset;
autotask-client's `+"`query`"+` stops after 200 pages. Neither says so, which is why each library is also measured by what reads
all pages.

## Where synthsync is not ahead

%s
## The parts, each by itself

Benchmarks in Go, which anybody can run; those that can break a promise fail when they do.

| what | command |
|---|---|
`, apigrateVersion, pyAutotaskVersion, autotaskClientVersion, r.notAhead())
	for _, part := range goBenchmarks {
		fmt.Fprintf(&b, "| %s | `go test %s -run '^$' -bench %s` |\n", part.what, part.folder, part.bench)
	}
	return b.String()
}

// goBenchmarks are those of the parts, for people.
var goBenchmarks = []struct{ what, folder, bench string }{
	{"reading a page, beside other decoders", "./shared/autotask", "Decode"},
	{"counting 200,000 items, from the login on", "./shared/autotask", "CountItems200k"},
	{"to which company and type an item counts", "./shared/autotask", "Cells"},
	{"what is due, of 2,000 companies", "./functions/fetch-configurations/fetch", "Diff"},
	{"the ledger in memory, in a file, and at a local DynamoDB", "./shared/ledger", "."},
	{"posting 4,000 pairs, 20,000 pairs", "./cmd/synthsync/local", "Posting -benchtime 1x"},
	{"a whole run of the command on 200,000 items", "./cmd/synthsync", "Run200k -benchtime 1x"},
	{"a night in which nothing changed", "./functions", "Unchanged -benchtime 1x"},
	{"the functions' start and size", "./functions", "Start -benchtime 1x"},
	{"the functions' memory", "./functions", "Memory -benchtime 1x"},
}

// measured says what was measured when, and on what: what was measured alike on one line.
func (r *report) measured() string {
	parts := map[string][]string{}
	note := func(what string, at time.Time, machine string) {
		when := at.Format("2 January 2006") + ", " + machine
		if !slices.Contains(parts[when], what) {
			parts[when] = append(parts[when], what)
		}
	}
	for _, s := range r.sizes {
		for _, name := range slices.Sorted(maps.Keys(r.Sizes[s.items])) {
			of := r.Sizes[s.items][name]
			note(thousands(s.items)+" items", of.At, of.Machine)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Faults)) {
		note("faults", r.Faults[name].At, r.Faults[name].Machine)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Ids)) {
		note("where the ids lie", r.Ids[name].At, r.Ids[name].Machine)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Promises)) {
		note("the other promises", r.Promises[name].At, r.Promises[name].Machine)
	}
	var b strings.Builder
	for _, when := range slices.Sorted(maps.Keys(parts)) {
		fmt.Fprintf(&b, "- %s: %s\n", when, strings.Join(parts[when], "; "))
	}
	return b.String()
}

// behind is a figure in which somebody who was right is ahead of this program.
type behind struct {
	items        int
	figure, name string
	of           float64 // of this program's
}

// behinds are all of them.
func (r *report) behinds() []behind {
	var all []behind
	for _, s := range r.sizes {
		for _, f := range []struct {
			name   string
			figure func(outcome) float64
		}{{"wall", wall}, {"CPU", cpu}, {"peak memory", peak}, {"requests", requests}} {
			for i, p := range everyone {
				if p.Ours || !counted(s.of[i]) || !counted(s.of[0]) {
					continue
				}
				his, _, _ := median(s.of[i], f.figure)
				if mine, _, _ := median(s.of[0], f.figure); his < mine {
					all = append(all, behind{s.items, f.name, p.Name, his / mine})
				}
			}
		}
	}
	return all
}

// notAhead says where somebody is ahead, and why.
func (r *report) notAhead() string {
	why := map[string]string{
		"peak memory": " It carries what is needed to tell a bill and to operate a stack at AWS, and it knows every company and type; a walk keeps one page and a map.",
		"requests":    " A count before and after, and the looks that divide the ids, are what makes a read provably complete.",
	}
	var b strings.Builder
	for _, x := range r.behinds() {
		fmt.Fprintf(&b, "- %s items, %s: %s needs %.2f of what synthsync needs.%s\n", thousands(x.items), x.figure, x.name, x.of, why[x.figure])
	}
	if b.Len() == 0 {
		return "Nowhere, in these tables.\n"
	}
	return b.String()
}
