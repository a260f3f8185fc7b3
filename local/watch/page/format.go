package page

import (
	"math"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
)

// unknown stands for a value that is not known.
const unknown = "–"

// Format returns a value with its unit, with about three digits.
func Format(unit dashboards.Unit, value float64) string {
	switch unit {
	case dashboards.Code:
		return decimals(value, 2)
	case dashboards.Share:
		return decimals(100*value, max(0, min(2, 2-magnitude(100*value)))) + " %"
	case dashboards.Seconds:
		return seconds(value)
	case dashboards.TokensPerSecond:
		return scaled(value) + " tok/s"
	case dashboards.RequestsPerSecond:
		return scaled(value) + " req/s"
	case dashboards.USD:
		return money(value)
	case dashboards.Celsius:
		return digits(value) + " °C"
	case dashboards.Watts:
		return scaled(value) + " W"
	case dashboards.Count:
		return scaled(value)
	}
	return scaled(value) + " " + string(unit)
}

// seconds returns a duration in milliseconds below one second, else in seconds.
func seconds(value float64) string {
	if value != 0 && math.Abs(value) < 1 {
		return digits(1000*value) + " ms"
	}
	return digits(value) + " s"
}

// money returns an amount in cents, or with three digits below ten cents.
func money(value float64) string {
	sign := ""
	if value < 0 {
		sign, value = "-", -value
	}
	if value == 0 || value >= .1 {
		return sign + "$" + strconv.FormatFloat(value, 'f', 2, 64)
	}
	return sign + "$" + digits(value)
}

// scaled returns a number with three digits, in thousands or more if it is large.
func scaled(value float64) string {
	for _, scale := range []struct {
		factor float64
		suffix string
	}{{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if math.Abs(value) >= scale.factor {
			return digits(value/scale.factor) + scale.suffix
		}
	}
	return digits(value)
}

// digits returns a number with three digits, or more if it is whole.
func digits(value float64) string { return decimals(value, max(0, min(6, 2-magnitude(value)))) }

// magnitude returns the power of ten of a number: 0 for 1 to 9, 1 for 10 to 99, and so on.
func magnitude(value float64) int {
	if value == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(value)) + 1e-9))
}

// decimals returns a number with at most some decimals.
func decimals(value float64, n int) string {
	text := strconv.FormatFloat(value, 'f', n, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}
