package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// Options are what a user can choose about the embedded cluster.
type Options struct {
	GPUs    int `json:"gpus"`    // devices that the node offers as nvidia.com/gpu
	MaxPods int `json:"maxPods"` // pods that the node accepts
}

func (o Options) validate() error {
	var errs []error
	if o.GPUs < 1 || o.GPUs > 1000 {
		errs = append(errs, fmt.Errorf("gpus: got %d, want 1 to 1000", o.GPUs))
	}
	if o.MaxPods < 10 || o.MaxPods > 1000 {
		errs = append(errs, fmt.Errorf("max-pods: got %d, want 10 to 1000", o.MaxPods))
	}
	return errors.Join(errs...)
}

// saved reports the options with which the cluster last started.
func saved(l layout.Layout) (Options, bool, error) {
	var o Options
	data, err := os.ReadFile(l.Kube("options.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	return o, true, json.Unmarshal(data, &o)
}

func (o Options) save(l layout.Layout) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return os.WriteFile(l.Kube("options.json"), data, 0o600)
}
