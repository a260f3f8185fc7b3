// Package faults parses the simulator's faults and executes them.
package faults

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Kind is a kind of fault.
type Kind string

// The kinds of faults.
const (
	None      Kind = "none"
	SlowLoad  Kind = "slow-load"  // loading takes `after` instead of VLLMSIM_LOAD_SECONDS
	LoadCrash Kind = "load-crash" // exits with 1 at the end of loading
	LoadHang  Kind = "load-hang"  // never finishes loading
	OOM       Kind = "oom"        // exits with CUDA's out-of-memory error while loading
	HostOOM   Kind = "host-oom"   // allocates memory until the kernel kills it, while loading
	Hang      Kind = "hang"       // stops producing tokens; /health stays 200
	Crash     Kind = "crash"      // the engine dies; /health turns 503, then the process exits
)

var kinds = map[Kind]bool{
	None: true, SlowLoad: true, LoadCrash: true, LoadHang: true, OOM: true, HostOOM: true, Hang: true, Crash: true,
}

// Fault is a fault and its time.
type Fault struct {
	Kind Kind
	// After is the time from readiness (Hang, Crash), or the time of loading (SlowLoad).
	After time.Duration
	// Requests is the number of sequences accepted before it happens (Hang, Crash).
	Requests int
}

// Parse reads KIND or KIND:after=30s or KIND:requests=3.
func Parse(text string) (Fault, error) {
	kind, parameter, hasParameter := strings.Cut(strings.TrimSpace(text), ":")
	if kind == "" {
		kind = string(None)
	}
	fault := Fault{Kind: Kind(kind)}
	if !kinds[fault.Kind] {
		return Fault{}, fmt.Errorf("unknown fault %q; known: %s", kind, strings.Join(kindNames(), ", "))
	}
	if !hasParameter {
		if fault.Kind == SlowLoad {
			return Fault{}, fmt.Errorf("fault %s needs a time: %s:after=60s", kind, kind)
		}
		return fault, nil
	}
	name, value, _ := strings.Cut(parameter, "=")
	switch {
	case name == "after" && (fault.Kind == Hang || fault.Kind == Crash || fault.Kind == SlowLoad):
		after, err := time.ParseDuration(value)
		if err != nil || after < 0 {
			return Fault{}, fmt.Errorf("fault %s: after=%s is not a time such as 30s", kind, value)
		}
		fault.After = after
	case name == "requests" && (fault.Kind == Hang || fault.Kind == Crash):
		requests, err := strconv.Atoi(value)
		if err != nil || requests < 1 {
			return Fault{}, fmt.Errorf("fault %s: requests=%s is not a number above 0", kind, value)
		}
		fault.Requests = requests
	default:
		return Fault{}, fmt.Errorf("fault %s has no parameter %q", kind, name)
	}
	return fault, nil
}

// ForModel returns the fault of a model: the one in perModel for its id
// ("org/a=load-crash;org/b=hang:requests=1"), else the general one. It checks both in full, so
// that it also reports an error in the one that does not apply.
func ForModel(general, perModel, model string) (Fault, error) {
	chosen, err := Parse(general)
	if err != nil {
		return Fault{}, err
	}
	for _, entry := range strings.Split(perModel, ";") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		id, text, ok := strings.Cut(entry, "=")
		if !ok {
			return Fault{}, fmt.Errorf("%q is not of the form MODEL=FAULT", entry)
		}
		fault, err := Parse(text)
		if err != nil {
			return Fault{}, fmt.Errorf("model %s: %w", strings.TrimSpace(id), err)
		}
		if strings.TrimSpace(id) == model {
			chosen = fault
		}
	}
	return chosen, nil
}

func kindNames() []string {
	var names []string
	for kind := range kinds {
		names = append(names, string(kind))
	}
	sort.Strings(names)
	return names
}
