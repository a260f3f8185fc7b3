// Package node holds the options of the embedded cluster's node.
package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Options are the node's size and time scale.
type Options struct {
	GPUs    int `json:"gpus"`    // simulated devices nvidia.com/gpu
	MaxPods int `json:"maxPods"` // maximum number of pods
	// TimeScale divides the 15 s between two syncs of Kubernetes' autoscaler, for replicas
	// whose time is scaled. 0 means 1.
	TimeScale int `json:"timeScale,omitempty"`
}

// Default is the node of a first start: the GPUs of a p4d.24xlarge, and Kubernetes' default
// limit of pods.
var Default = Options{GPUs: 8, MaxPods: 110}

// Validate returns an error for every option that is out of range.
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

// Saved returns the options of the cluster's last start. found is false if the file is missing
// or cannot be read.
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
