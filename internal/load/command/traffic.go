package command

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// traffic is a load.
type traffic struct {
	name     string
	arrivals []load.Arrival
	// warmUp is the part of the load before the part that counts, length the part that counts.
	warmUp, length time.Duration
}

func (t traffic) whole() time.Duration { return t.warmUp + t.length }

func (t traffic) String() string {
	input, output := 0, 0
	for _, a := range t.arrivals {
		input, output = input+a.Input, output+a.Output
	}
	return fmt.Sprintf("%d requests with %d input and at most %d output tokens", len(t.arrivals), input, output)
}

// longer returns the number of requests that exceed a context. A context of 0 is unknown.
func (t traffic) longer(context int) (n int) {
	for _, a := range t.arrivals {
		if context > 0 && a.Input+a.Output > context {
			n++
		}
	}
	return n
}

// traffic returns the load of the flags.
func (o *options) traffic(changed func(string) bool) (traffic, error) {
	generate := o.generated
	if o.trace != "" {
		generate = func() (traffic, error) { return o.recorded(changed("duration")) }
	}
	t, err := generate()
	switch {
	case err != nil:
		return t, err
	case len(t.arrivals) == 0 || t.arrivals[len(t.arrivals)-1].At < t.warmUp:
		return t, fmt.Errorf("%s: the load has no request after --warm-up; %s", o.source(), o.advice())
	case len(t.arrivals) > o.maxRequests:
		return t, o.tooMany(t.String())
	}
	return t, nil
}

// source returns the flag that describes the load.
func (o *options) source() string {
	if o.trace != "" {
		return "--trace"
	}
	return "--load"
}

// advice returns what to do for a load with requests after its warm-up.
func (o *options) advice() string {
	if o.trace != "" {
		return "lower --warm-up, or use a longer trace"
	}
	return "raise --duration or --rate"
}

// recorded returns the load of a file, or its first part. The warm-up is part of it.
func (o *options) recorded(limited bool) (traffic, error) {
	t := traffic{name: "trace " + filepath.Base(o.trace), warmUp: o.warmUp}
	file, err := os.Open(o.trace)
	if err != nil {
		return t, fmt.Errorf("--trace: %w", err)
	}
	defer file.Close()
	if t.arrivals, err = load.Read(file); err != nil {
		return t, fmt.Errorf("--trace: %s: %w", o.trace, err)
	}
	t.length = max(0, t.arrivals[len(t.arrivals)-1].At+1-o.warmUp) // the last request counts
	if limited {
		t.length = min(t.length, o.duration)
		t.arrivals = slices.DeleteFunc(t.arrivals, func(a load.Arrival) bool { return a.At >= t.whole() })
	}
	if whole := t.whole(); whole > longestDuration+o.warmUp {
		return t, fmt.Errorf("--trace: the load lasts %s, want at most %s; set --duration, and check that the column seconds has seconds", whole.Round(time.Second), longestDuration)
	}
	return t, nil
}
