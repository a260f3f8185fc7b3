//go:build cluster

package e2e

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// costTolerance is the largest difference between measured and computed cost.
const costTolerance = 0.05

// testCost ends the load of a model, and compares the recorded cost of a million tokens with the price
// of the replica since Prometheus knows it, divided by the tokens that clients received.
func testCost(t *testing.T, l *load) {
	// The cost is added up in steps of 5 s, and the tokens are scraped every 5 s. Both errors
	// together are less than 5 % of this time and of the wait for the last token.
	const shortest = 190
	await(t, "Prometheus has the model's cost for long enough", 4*time.Minute, func() bool {
		first, last := recordedTimes(t, rules.USDPerHour)
		return last-first >= shortest
	})
	l.end(t)
	ended := float64(time.Now().Unix())
	whole, _ := l.counts()
	tokens := float64(whole * streamTokens)
	// The last tokens are scraped within 5 s, and Prometheus evaluates every 15 s.
	var evaluated float64
	await(t, "the cost after the last token", time.Minute, func() bool {
		_, evaluated = recordedTimes(t, rules.USDPerMillion)
		return evaluated >= ended+10
	})
	const price = priceOfNode / 4
	if hour := recordedValue(t, rules.USDPerHour, evaluated); hour != price {
		t.Errorf("the replica costs %g USD an hour, want %g", hour, price)
	}
	first, _ := recordedTimes(t, rules.USDPerHour)
	want := price * (evaluated - first) / 3600 * 1e6 / tokens
	have := recordedValue(t, rules.USDPerMillion, evaluated)
	t.Logf("%.0f tokens in %.0f s of a replica: %.2f USD a million tokens are recorded, and %.2f computed (%+.1f %%)",
		tokens, evaluated-first, have, want, 100*(have/want-1))
	if math.Abs(have/want-1) > costTolerance {
		t.Errorf("a million tokens cost %g USD, want %g", have, want)
	}
}

// selected returns a recorded series of the model of the documented commands.
func selected(name string) string {
	return fmt.Sprintf("%s{namespace=%q,service=%q}", name, commandsSpace, commandsModel)
}

// recordedValue returns the value of a recorded series at a time.
func recordedValue(t *testing.T, name string, seconds float64) float64 {
	t.Helper()
	samples, err := prometheusClient(t).Instant(t.Context(), fmt.Sprintf("%s @ %.3f", selected(name), seconds))
	if err != nil || len(samples) != 1 {
		t.Fatalf("%s: %v, %v; want one series", name, samples, err)
	}
	return samples[0].Value
}

// recordedTimes returns the times of the first and the last evaluation of a recorded series, or zeros.
func recordedTimes(t *testing.T, name string) (first, last float64) {
	t.Helper()
	for query, value := range map[string]*float64{
		fmt.Sprintf("min_over_time(timestamp(%s)[1h:5s])", selected(name)): &first,
		fmt.Sprintf("timestamp(%s)", selected(name)):                       &last,
	} {
		samples, err := prometheusClient(t).Instant(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		if len(samples) == 1 {
			*value = samples[0].Value
		}
	}
	return first, last
}
