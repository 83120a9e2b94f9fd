package cost

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// sizes are the fleets of the page, in companies.
var sizes = []int{50, 500, 5000}

// ShapeOf counts what a template makes that costs by the month.
func ShapeOf(template string) Shape {
	count := func(kind string) int {
		return len(regexp.MustCompile(`(?m)^    Type: AWS::CloudWatch::`+kind+`\s*$`).FindAllString(template, -1))
	}
	return Shape{Alarms: count("Alarm"), Dashboards: count("Dashboard")}
}

// Page is docs/cost.md.
func Page(shape Shape) string {
	var p strings.Builder
	var bills [][]Line
	var reads, totals []float64
	for _, companies := range sizes {
		bill, read := Month(companies, shape)
		bills, reads = append(bills, bill), append(reads, read)
		total := 0.0
		for _, line := range bill {
			total += line.Dollars
		}
		totals = append(totals, total)
	}
	row := func(first string, cell func(i int) string) {
		fmt.Fprintf(&p, "| %s |", first)
		for i := range sizes {
			fmt.Fprintf(&p, " %s |", cell(i))
		}
		p.WriteString("\n")
	}
	fmt.Fprintf(&p, intro, money(totals[0]), money(totals[1]), money(totals[2]))
	p.WriteString("| US dollars a month |")
	for _, companies := range sizes {
		fmt.Fprintf(&p, " %s companies |", grouped(float64(companies)))
	}
	p.WriteString("\n| --- | ---: | ---: | ---: |\n")
	for i, line := range bills[0] {
		row(line.Name, func(size int) string { return money(bills[size][i].Dollars) })
	}
	row("**Together**", func(size int) string { return "**" + money(totals[size]) + "**" })

	p.WriteString(drives)

	fmt.Fprintf(&p, assumptions, services, itemsPerCompany, autotaskSeconds, synthesizeSeconds, pollsAMinute, CustomMetrics(0))
	fmt.Fprintf(&p, longest, grouped(float64(sizes[2]*itemsPerCompany)), reads[2], autotaskSeconds, (900-60)*autotaskSeconds/reads[2])

	p.WriteString(quantities)
	for i, line := range bills[0] {
		price := "none made"
		for _, bill := range bills {
			if bill[i].Quantity > 0 {
				price = priced(bill[i])
			}
		}
		fmt.Fprintf(&p, "| %s: %s |", line.Name, line.Unit)
		for size := range sizes {
			fmt.Fprintf(&p, " %s |", amount(bills[size][i].Quantity))
		}
		fmt.Fprintf(&p, " %s |\n", price)
	}
	p.WriteString(arithmetic())
	return p.String()
}

// arithmetic writes one night of the middle size out.
func arithmetic() string {
	companies := sizes[1]
	u := Night(companies, services)
	batches := companies / batchSize
	counts := min(companies*services, recordMaxCounts)
	record := float64(recordBytes + recordPerCount*counts)
	return fmt.Sprintf(nightly, companies,
		companies, accountWrites, batches, batchWrites, int(math.Ceil(record/1024)), nightWrites, grouped(u.Writes), nights, grouped(u.Writes*nights),
		dynamoWrite*1e6, money(u.Writes*nights*dynamoWrite),
		companies, accountReads, batches, batchReads, nightReads, grouped(u.Reads),
		counts, record/1000,
		2*batches, grouped(u.Invocations),
		batches, companies, grouped(u.Invocations), grouped(u.QueueRequests+2*u.Invocations),
		2*pollsAMinute, nights, grouped(2*pollsAMinute*60*24*nights))
}

func money(dollars float64) string {
	if dollars > 0 && dollars < 0.005 {
		return "< 0.01"
	}
	return fmt.Sprintf("%.2f", dollars)
}

// priced is the unit price of a line, by the million or by one.
func priced(l Line) string {
	price := l.Dollars / l.Quantity
	switch {
	case price < 2e-6:
		return fmt.Sprintf("$%.3f a million", price*1e6)
	case price < 0.01:
		return fmt.Sprintf("$%.2f a million", price*1e6)
	}
	return fmt.Sprintf("$%.2f", price)
}

func amount(n float64) string {
	if n > 0 && n < 10 && n != float64(int(n)) {
		return fmt.Sprintf("%.3g", n)
	}
	return grouped(n)
}

// grouped writes a number with a comma at the thousands.
func grouped(n float64) string {
	digits := fmt.Sprintf("%.0f", n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
