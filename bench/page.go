package main

import (
	"fmt"
	"strings"
)

// page is the document. What it claims in words is computed from the figures, so that the words cannot be older.
func (r *report) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmark

The job: how many active configuration items of each type has each company? Everybody counts the same tenant of %s companies
at the same local Autotask, a process of its own, which takes %s for each request and lets three requests of an entity be in
flight. Made by

`+"```\ngo run ./bench -page docs/benchmark.md\n```"+`

on %s: %s. Another machine gives other seconds; the ratios stay.

- **The bound** is the time in which two requests that are always in flight read all active items, 500 rows each: the vendor
  allows three, and frees a slot late.
- **Wall, CPU, peak memory** are those of the whole process, from its start to its end: for synthsync that is a whole
  `+"`plan`"+`, with both vendors' logins, companies, types, the ledger, the guard, and the comparison. Where something was counted
  more than once, the median is given, with the least and the most.
- **Right** means: every count of every company and type is what a direct count of the tenant gives.

![Wall, CPU and memory of the contestants](%s)

`, thousands(r.companies), r.latency, r.at.UTC().Format("2 January 2006"), machine(), picture)
	for _, s := range r.sizes {
		fmt.Fprintf(&b, "## %s items, %s of them active, %d times\n\nThe bound is %.1f s.\n\n%s\n", thousands(s.items), thousands(s.active), most(s.of), r.bound(s).Seconds(), r.sizeTable(s))
	}
	fmt.Fprintf(&b, `## When %g %% of the requests fail

Of the requests about items one in a hundred is answered with 500, with 429, or by a broken connection. To end with an error is
honest; to print counts that are wrong is how wrong bills are made.

%s
## Where the ids lie

Only synthsync reads from several places at once, so only for it does it matter how the ids lie. Nothing is known from an
earlier run. %s items.

%s
`, 100*faultShare, r.faultTable(), thousands(r.sizes[0].items), r.distributionTable())
	b.WriteString("## Who took part\n\n| | |\n|---|---|\n")
	for _, c := range r.contestants {
		fmt.Fprintf(&b, "| %s | %s |\n", c.Name, c.How)
	}
	fmt.Fprintf(&b, `
The adapters stand in [bench/peers](../bench/peers), in the way that each library's documentation leads to, with the fields
limited to those that are needed. %s is measured in version %s, py-autotask in %s. py-autotask's `+"`query_all`"+` stops
after its first page, since the vendor knows no offset, and says nothing; that is why its `+"`query`"+` is measured too. A package
`+"`autotask-client`"+` was looked for and stands in neither registry under this name.

## Where synthsync is not ahead

%s`, "@apigrate/autotask-restapi", apigrateVersion, pyAutotaskVersion, r.behind())
	return b.String()
}

// behind says in which figures somebody who was right is ahead of this program.
func (r *report) behind() string {
	why := map[string]string{
		"wall":        "",
		"CPU":         "",
		"peak memory": " It carries what is needed to tell a bill and to operate a stack at AWS, and it knows every company and type; a walk keeps one page and a map.",
		"requests":    " A count before and after, and the looks that divide the ids, are what makes a read provably complete.",
	}
	var b strings.Builder
	for _, s := range r.sizes {
		for _, f := range []struct {
			name   string
			figure func(outcome) float64
		}{{"wall", wall}, {"CPU", cpu}, {"peak memory", peak}, {"requests", requests}} {
			for i, c := range r.contestants {
				if r.ours() < 0 || c.Ours || !counted(s.of[i]) || !counted(s.of[r.ours()]) {
					continue
				}
				his, _, _ := median(s.of[i], f.figure)
				mine, _, _ := median(s.of[r.ours()], f.figure)
				if his < mine {
					fmt.Fprintf(&b, "- %s items, %s: %s needs %.2f of what synthsync needs.%s\n", thousands(s.items), f.name, c.Name, his/mine, why[f.name])
				}
			}
		}
	}
	if b.Len() == 0 {
		return "Nowhere, in this table.\n"
	}
	return b.String()
}
