package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// report prints what a contest brought, with the targets beside it.
func (c contest) report(w io.Writer, results []measured) {
	fmt.Fprintf(w, "\n%s\n", c.title)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tCPU/call\tleast\tratio\t±\ttarget\tcalls/s\tratio\ttarget\tp50\tp99\tratio\ttarget\tRSS\ttarget\t")
	for _, m := range results {
		fmt.Fprintf(table, "%s\t%.1f µs\t%.1f µs\t%.2f\t%.0f%%\t%s\t%.0f\t%.2f\t%s\t%.0f µs\t%.0f µs\t%.2f\t%s\t%.0f MB\t%s\t\n",
			m.name, m.cpu.median(), slices.Min(m.cpu), m.cpuRatio.median(), 100*m.cpuRatio.noise(), verdict("≤", m.cpuRatio.median(), m.target.cpu),
			m.rate.median(), m.rateRatio.median(), verdict("≥", m.rateRatio.median(), m.target.rate),
			m.p50.median(), m.p99.median(), m.p99Ratio.median(), verdict("≤", m.p99Ratio.median(), m.target.p99),
			float64(m.resident)/1e6, verdict("≤", float64(m.resident)/1e6, m.target.resident))
	}
	table.Flush()
}

// verdict shows a target and whether a value meets it.
func verdict(relation string, value, target float64) string {
	if target == 0 {
		return ""
	}
	met := value <= target
	if relation == "≥" {
		met = value >= target
	}
	// Ratios are shown with two digits and judged as they are shown.
	if math.Abs(value-target) < 0.005 {
		met = true
	}
	mark := "met"
	if !met {
		mark = "MISSED"
	}
	return fmt.Sprintf("%s %s %s", relation, strings.TrimSuffix(fmt.Sprintf("%.2f", target), ".00"), mark)
}

func (b budget) report(w io.Writer, a allocated) {
	fmt.Fprintf(w, "%-6s %5.1f allocations a call (%s), %5.0f bytes a call, %.1f collections a second\n",
		b.load.Protocol, a.objects, verdict("≤", a.objects, b.objects), a.bytes, a.collections)
}
