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

// options are what the user chose.
type options struct {
	layout           layout.Layout
	gpus, maxPods    string // as given; empty where nothing was
	targetKubeconfig string
	simulatorImage   string
	timeScale        string // as given; empty: real time
	autoscaling      string // as given; empty: yes
	yes              bool
	stack            string // to preview
	diff             bool   // from the last simulated state
}

// wantsControllers tells whether KEDA and the rest is to be started.
func (o options) wantsControllers() (bool, error) {
	if o.autoscaling == "" {
		return true, nil
	}
	enabled, err := strconv.ParseBool(o.autoscaling)
	if err != nil {
		return false, fmt.Errorf("AUTOSCALING: got %q, want 0 or 1", o.autoscaling)
	}
	return enabled, nil
}

// nodeSize is the size that the cluster's node gets: what was given, else what it
// has, else the default.
func (o options) nodeSize() (node.Options, error) {
	size, found, err := node.Saved(o.layout.Kube("options.json"))
	if err != nil {
		return size, err
	}
	if !found {
		size = node.Default
	}
	size.TimeScale = 0 // it is for one comparison, and not kept
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

// started is when the user pressed enter: local/bootstrap, which may fetch a
// toolchain first, tells by VLLM_EKS_STARTED.
func started() time.Time {
	now := time.Now()
	seconds, err := strconv.ParseInt(os.Getenv("VLLM_EKS_STARTED"), 10, 64)
	if began := time.Unix(seconds, 0); err == nil && began.Before(now) && now.Sub(began) < 24*time.Hour {
		return began
	}
	return now
}
