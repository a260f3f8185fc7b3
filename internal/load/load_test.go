package load

import (
	"crypto/sha256"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func arrivalsOf(t *testing.T, s Spec) []Arrival {
	t.Helper()
	arrivals, err := Make(s)
	if err != nil {
		t.Fatal(err)
	}
	return arrivals
}

// fano returns the variance of the number of arrivals in a window over its mean.
func fano(arrivals []Arrival, length, window time.Duration) float64 {
	counts := make([]float64, length/window)
	for _, a := range arrivals {
		if i := int(a.At / window); i < len(counts) {
			counts[i]++
		}
	}
	mean := meanOf(counts)
	squares := 0.0
	for _, n := range counts {
		squares += (n - mean) * (n - mean)
	}
	return squares / float64(len(counts)-1) / mean
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func within(t *testing.T, name string, got, want, share float64) {
	t.Helper()
	if math.Abs(got-want) > share*want {
		t.Errorf("%s: got %.3g, want %.3g within %.0f %%", name, got, want, 100*share)
	}
}

// Generated loads have the statistics of the recorded traces: over a week, since a wandering rate
// converges slowly.
func TestStatisticsOfTheTraces(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		kind          Kind
		rate          float64
		fano          map[time.Duration]float64
		input, output float64
		quantiles     map[float64][2]float64 // of prompt and answer
	}{
		{Conversation, 5.53, map[time.Duration]float64{15 * time.Second: 5.2, time.Minute: 16, 5 * time.Minute: 56}, 1155, 211,
			map[float64][2]float64{0.5: {1020, 129}, 0.95: {4083, 451}, 0.99: {4142, 601}}},
		{Code, 2.57, map[time.Duration]float64{15 * time.Second: 99, time.Minute: 164}, 2048, 28,
			map[float64][2]float64{0.5: {1469, 13}, 0.95: {7303, 90}, 0.99: {7436, 251}}},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			all := arrivalsOf(t, Spec{Kind: c.kind, Seed: 1, Rate: c.rate, Length: week})
			within(t, "requests a second", float64(len(all))/week.Seconds(), c.rate, 0.05)
			for window, want := range c.fano {
				within(t, "Fano factor in "+window.String(), fano(all, week, window), want, 0.15)
			}
			var inputs, outputs []float64
			for _, a := range all {
				inputs, outputs = append(inputs, float64(a.Input)), append(outputs, float64(a.Output))
			}
			within(t, "tokens of a prompt", meanOf(inputs), c.input, 0.02)
			within(t, "tokens of an answer", meanOf(outputs), c.output, 0.03)
			slices.Sort(inputs) // once
			slices.Sort(outputs)
			for share, want := range c.quantiles {
				within(t, "a quantile of prompts", Percentile(share, inputs), want[0], 0.03)
				within(t, "a quantile of answers", Percentile(share, outputs), want[1], 0.08)
			}
		})
	}
}

func TestGeneratedLoads(t *testing.T) {
	base := Spec{Seed: 3, Rate: 4, Length: 90 * time.Minute, WarmUp: 5 * time.Minute}
	for _, kind := range Kinds() {
		s := base
		s.Kind = kind
		all := arrivalsOf(t, s)
		if !reflect.DeepEqual(all, arrivalsOf(t, s)) {
			t.Errorf("%s: two loads of one spec differ", kind)
		}
		if !slices.IsSortedFunc(all, func(a, b Arrival) int { return int(a.At - b.At) }) {
			t.Errorf("%s: the arrivals are not in order", kind)
		}
		if first, last := all[0].At, all[len(all)-1].At; first < 0 || last >= s.WarmUp+s.Length {
			t.Errorf("%s: from %s to %s, want it within %s", kind, first, last, s.WarmUp+s.Length)
		}
	}
	third := func(kind Kind, n int) (rate float64) {
		s := base
		s.Kind = kind
		for _, a := range arrivalsOf(t, s) {
			if since := a.At - s.WarmUp; since >= 0 && int(3*since/s.Length) == n {
				rate += 1 / (s.Length.Seconds() / 3)
			}
		}
		return rate
	}
	within(t, "the step", third(Step, 1)/third(Step, 0), stepFactor, 0.3)
	if low, high := third(Ramp, 0), third(Ramp, 1); high < 1.3*low {
		t.Errorf("the ramp's middle third has %.1f requests a second, its first %.1f", high, low)
	}
	if _, err := Make(Spec{Kind: "tide"}); err == nil || !strings.Contains(err.Error(), `"tide"`) {
		t.Errorf("an unknown kind: %v", err)
	}
}

// A load ends with its length, also within a second, and has its rate until then.
func TestLengthIsNoWholeNumberOfSeconds(t *testing.T) {
	for _, kind := range Kinds() {
		s := Spec{Kind: kind, Seed: 3, Rate: 2000, Length: 1100 * time.Millisecond, WarmUp: 150 * time.Millisecond}
		got := arrivalsOf(t, s)
		if end := s.WarmUp + s.Length; len(got) > 0 && got[len(got)-1].At >= end {
			t.Errorf("%s: the last request is at %s, want it before %s", kind, got[len(got)-1].At, end)
		}
		if kind == Poisson {
			within(t, "requests a second", float64(len(got))/(s.WarmUp+s.Length).Seconds(), s.Rate, 0.1)
		}
	}
}

// A load is the same in every version, so that results stay comparable.
func TestLoadsDoNotChange(t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		rate     float64
		arrivals int
		sum      string
	}{
		{"conversation", 0.5, 1949, "568c737a1eaf"},
		{"conversation", 40, 157863, "8d14acc26027"},
		{"code", 0.5, 1454, "e1334d95763a"},
		{"code", 40, 110072, "f80f8bf0a514"},
		{"step", 4, 14092, "5b947e03ee33"},
		{"ramp", 4, 14259, "b7623ef9fc9a"},
		{"long-prompts", 0.5, 1949, "d0fff8eb8f46"},
	} {
		got := arrivalsOf(t, Spec{Kind: c.kind, Seed: 7, Rate: c.rate, Length: time.Hour, WarmUp: 5 * time.Minute})
		if sum := fmt.Sprintf("%.6x", sha256.Sum256(fmt.Append(nil, got))); len(got) != c.arrivals || sum != c.sum {
			t.Errorf("%s at %g: %d arrivals with the checksum %s, want %d and %s", c.kind, c.rate, len(got), sum, c.arrivals, c.sum)
		}
	}
}

// A Poisson load has the variance of its mean in every window, and the requested lengths.
func TestPoisson(t *testing.T) {
	for _, rate := range []float64{0.7, 25} {
		length := time.Duration(60_000 / rate * float64(time.Second)).Truncate(time.Minute)
		got := arrivalsOf(t, Spec{Kind: Poisson, Seed: 2, Rate: rate, Length: length, Input: 300, Output: 40})
		within(t, "requests a second", float64(len(got))/length.Seconds(), rate, 0.02)
		within(t, "Fano factor in 1 s", fano(got, length, time.Second), 1, 0.05)
		if a := got[len(got)/2]; a.Input != 300 || a.Output != 40 {
			t.Errorf("%d and %d tokens, want 300 and 40", a.Input, a.Output)
		}
	}
}

func TestRead(t *testing.T) {
	got, err := Read(strings.NewReader("seconds,output_tokens,input_tokens,model\n10.5,3,40,a\n12,5,60,b\n"))
	if want := []Arrival{{0, 40, 3}, {1500 * time.Millisecond, 60, 5}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err := Read(strings.NewReader("\ufeffseconds, input_tokens, output_tokens\r\n1, 2, 3\r\n")); err != nil || got[0] != (Arrival{0, 2, 3}) {
		t.Errorf("a spreadsheet: %v, %v", got, err)
	}
	for text, want := range map[string]string{
		"": "the header", "seconds,input_tokens\n": "no column output_tokens",
		"seconds,input_tokens,output_tokens\n":                                                   "no arrivals",
		"seconds,input_tokens,output_tokens\nx,1,1\n":                                            `line 2: seconds: got "x"`,
		"seconds,input_tokens,output_tokens\nNaN,1,1\n":                                          "line 2: seconds",
		"seconds,input_tokens,output_tokens\n2,1,1\n1,1,1\n":                                     "line 3: seconds: 1 is before",
		"seconds,input_tokens,output_tokens\n2,0,1\n":                                            `line 2: input_tokens: got "0"`,
		"seconds,input_tokens,output_tokens\n2,1,1\n1e300,1,1\n":                                 "line 3: seconds: 1e300 is more than 1000000000 s after the first arrival",
		"seconds,input_tokens,output_tokens\n1700000000000000000,1,1\n1700000090000000000,1,1\n": "line 3: seconds: 1700000090000000000 is more than",
		"seconds,input_tokens,output_tokens\n2,1,1.5\n":                                          `line 2: output_tokens: got "1.5"`,
		"seconds,input_tokens,output_tokens\n2,1\n":                                              "wrong number of fields",
		"seconds,input_tokens,output_tokens\n2,1,99999999\n":                                     `line 2: output_tokens: got "99999999"`,
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
