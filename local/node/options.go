// Package node holds what a user can choose about the embedded cluster's node.
package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Options are the node's size.
type Options struct {
	GPUs    int `json:"gpus"`    // devices that the node offers as nvidia.com/gpu
	MaxPods int `json:"maxPods"` // pods that the node accepts
	// TimeScale is by how much faster than Kubernetes' 15 s autoscalers look, for
	// engines whose time is scaled; 0 is 1.
	TimeScale int `json:"timeScale,omitempty"`
}

// Default is the node of a first start: as many GPUs as a p4d.24xlarge has,
// and Kubernetes' own limit of pods.
var Default = Options{GPUs: 8, MaxPods: 110}

// Validate names every option that is out of range.
func (o Options) Validate() error {
	var errs []error
	if o.GPUs < 1 || o.GPUs > 1000 {
		errs = append(errs, fmt.Errorf("GPUS: got %d, want 1 to 1000", o.GPUs))
	}
	if o.MaxPods < 10 || o.MaxPods > 1000 {
		errs = append(errs, fmt.Errorf("MAX_PODS: got %d, want 10 to 1000", o.MaxPods))
	}
	if o.TimeScale < 0 || o.TimeScale > 15 {
		errs = append(errs, fmt.Errorf("TIME_SCALE: got %d, want 1 to 15", o.TimeScale))
	}
	return errors.Join(errs...)
}

// Saved reads the options with which the cluster last started; found is false
// where there are none, or none that can be read.
func Saved(path string) (o Options, found bool, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	return o, json.Unmarshal(data, &o) == nil, nil
}
