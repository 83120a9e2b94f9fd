package main

import (
	"fmt"
	"strings"
)

// picture is the file beside the page.
const picture = "benchmark.svg"

// picture draws the largest size: three groups of bars, each as long as the figure is of the largest of its group. It is
// readable on light and on dark ground.
func (r *report) picture() string {
	const (
		width, left, bar, gap = 760, 230, 18, 8
		room                  = width - left - 90
	)
	s := r.sizes[len(r.sizes)-1]
	var shown []int
	for i := range everyone {
		if counted(s.of[i]) {
			shown = append(shown, i)
		}
	}
	var b strings.Builder
	y := 34
	for _, group := range []struct {
		title, form string
		figure      func(outcome) float64
		bound       float64
	}{
		{"wall, seconds (the line is the bound)", "%.1f s", wall, r.bound(s).Seconds()},
		{"CPU, seconds", "%.2f s", cpu, 0},
		{"peak memory, MB", "%.0f MB", peak, 0},
	} {
		var longest float64
		for _, i := range shown {
			v, _, _ := median(s.of[i], group.figure)
			longest = max(longest, v)
		}
		fmt.Fprintf(&b, `<text class="t" x="10" y="%d">%s</text>`+"\n", y+14, group.title)
		y += 26
		top := y
		for _, i := range shown {
			v, _, _ := median(s.of[i], group.figure)
			class := "p"
			if everyone[i].Ours {
				class = "o"
			}
			length := v / max(longest, 1e-9) * room
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/><text x="%.1f" y="%d">%s</text>`+"\n",
				left-8, y+14, everyone[i].Name, class, left, y, length, bar, left+length+6, y+14, fmt.Sprintf(group.form, v))
			y += bar + gap
		}
		if group.bound > 0 && longest > 0 {
			x := left + group.bound/longest*room
			fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", x, top-4, x, y-gap+4)
		}
		y += 12
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Wall, CPU and memory of the contestants">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.t { font-weight: 600 }
.o { fill: #0969da } .p { fill: #8c959f }
line { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .o { fill: #4493f8 } .p { fill: #656c76 } line { stroke: #f85149 } }
</style>
<text class="t" x="10" y="20">%s items, %d companies, %s a request</text>
%s</svg>
`, width, y, width, y, thousands(s.items), r.Companies, r.Latency, b.String())
}
