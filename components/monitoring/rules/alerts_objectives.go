package rules

import "fmt"

const (
	// largestMiss is the largest share of missed requests that an alert waits for. With
	// a low objective, a burn rate above it could never occur.
	largestMiss = 0.8
	// fewestRequests is the number of requests in the long window below which a burn
	// rate says nothing: one late request would be a large share.
	fewestRequests = 50
)

// window is a window of an alert on the burn rate. The alert also requires the same burn
// rate in a short window of a twelfth, so that it ends soon after the problem.
type window struct {
	long, short string
	hours       float64
	// consumed is the share of the error budget of 30 days that the long window consumes
	// at the burn rate of the alert.
	consumed float64
	severity string
	duration string
}

// windows are those of chapter 5 of the SRE workbook, table 5-8.
// https://sre.google/workbook/alerting-on-slos/
var windows = []window{
	{long: "1h", short: "5m", hours: 1, consumed: 0.02, severity: Page, duration: "2m"},
	{long: "6h", short: "30m", hours: 6, consumed: 0.05, severity: Page, duration: "15m"},
	{long: "3d", short: "6h", hours: 72, consumed: 0.1, severity: Ticket, duration: "1h"},
}

// factor returns the burn rate of a window.
func (w window) factor() float64 { return w.consumed * 30 * 24 / w.hours }

// burnRates returns the rules for the share of requests that missed the objectives, in each
// window. The windows are sums of recorded rates, and not of histograms.
func burnRates() []Rule {
	total := fmt.Sprintf("sum %s (%s)", by, Requests)
	missed := fmt.Sprintf(`%s * on (namespace, service) (1 - %s{objective="all"})`, total, Attained)
	list := []Rule{
		record(Finished, "%s", total),
		record(Missed, "(%s) or on (namespace, service) 0 * %s", missed, total),
	}
	for _, window := range []string{"5m", "30m", "1h", "6h", "3d"} {
		list = append(list, record(MissedRatio, "sum_over_time(%[1]s[%[3]s]) / (sum_over_time(%[2]s[%[3]s]) > 0)", Missed, Finished, window).labelled("window", window))
	}
	return list
}

// objectiveAlerts returns the alerts on the burn rate of the error budget.
func objectiveAlerts() []alert {
	var list []alert
	for _, w := range windows {
		above := func(window string) string {
			return fmt.Sprintf(`%s{window="%s"} > on (namespace, service) clamp_max(%g * (1 - %s), %g)`, MissedRatio, window, w.factor(), ObjectiveShare, largestMiss)
		}
		enough := fmt.Sprintf("%[1]d * sum_over_time(%[2]s[%[3]s:%[1]ds]) >= %[4]d", int(w.hours*60), Finished, w.long, fewestRequests)
		list = append(list, alert{
			name: "VLLMObjectivesMissed", severity: w.severity, duration: w.duration, dashboard: modelDashboard, labels: map[string]string{"window": w.long},
			query:   limited(limited(above(w.long), above(w.short)), enough),
			summary: "{{ $labels.service }}: too many requests are late or fail",
			description: fmt.Sprintf("In the last %s, {{ $value | humanizePercentage }} of the requests of {{ $labels.namespace }}/{{ $labels.service }} were late or failed. "+
				"At the rate of this alert, the error budget of 30 days is spent in %.0f days.", w.long, 30/w.factor()),
		})
	}
	return list
}
