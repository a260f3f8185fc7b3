package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

// options are the user's flags.
type options struct {
	layout           layout.Layout
	gpus, maxPods    string // as typed; empty: not set
	targetKubeconfig string
	simulatorImage   string
	timeScale        string // as typed; empty: real time
	autoscaling      string // as typed; empty: yes
	telemetry        string // as typed; empty: no
	yes              bool
	stack            string // to preview
	diff             bool   // preview the difference from the last simulated state

	prometheusAddress string // as typed; empty: the one that the stack installs
	page              string // as typed: 1, a file; empty: the terminal
	model             string // to watch; empty: every model
}

// wantsControllers reports whether to start KEDA, Prometheus, kube-state-metrics and
// the metrics server.
func (o options) wantsControllers() (bool, error) {
	return enabled("AUTOSCALING", o.autoscaling, true)
}

// wantsTelemetry reports whether to start the collector of logs and traces.
func (o options) wantsTelemetry() (bool, error) {
	return enabled("TELEMETRY", o.telemetry, false)
}

// enabled returns the value of an option that is 0 or 1, or its default if it is not set.
func enabled(name, text string, otherwise bool) (bool, error) {
	if text == "" {
		return otherwise, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%s: got %q, want 0 or 1", name, text)
	}
	return value, nil
}

// nodeSize returns the size of the cluster's node: the user's flags, else the current size,
// else the default.
func (o options) nodeSize() (node.Options, error) {
	size, found, err := node.Saved(o.layout.Kube("options.json"))
	if err != nil {
		return size, err
	}
	if !found {
		size = node.Default
	}
	size.TimeScale = 0 // valid for one start, not stored
	err = errors.Join(override(&size.GPUs, "GPUS", o.gpus), override(&size.MaxPods, "MAX_PODS", o.maxPods), override(&size.TimeScale, "TIME_SCALE", o.timeScale))
	if err != nil {
		return size, err
	}
	return size, size.Validate()
}

func override(value *int, name, text string) error {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%s: got %q, want a whole number", name, text)
	}
	*value = n
	return nil
}

// started returns the time at which the user called make. local/bootstrap, which may download a
// toolchain first, passes it as VLLM_EKS_STARTED.
func started() time.Time {
	now := time.Now()
	seconds, err := strconv.ParseInt(os.Getenv("VLLM_EKS_STARTED"), 10, 64)
	if began := time.Unix(seconds, 0); err == nil && began.Before(now) && now.Sub(began) < 24*time.Hour {
		return began
	}
	return now
}
