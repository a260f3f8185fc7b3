package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

func TestNodeSize(t *testing.T) {
	fresh, sized := layout.Layout{Root: t.TempDir()}, layout.Layout{Root: t.TempDir()}
	saved := sized.Kube("options.json")
	if err := os.MkdirAll(filepath.Dir(saved), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(saved, []byte(`{"gpus":16,"maxPods":200}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    options
		want node.Options
		err  string
	}{
		{"the first time", options{layout: fresh}, node.Default, ""},
		{"nothing given", options{layout: sized}, node.Options{GPUs: 16, MaxPods: 200}, ""},
		{"one given", options{layout: sized, gpus: "4"}, node.Options{GPUs: 4, MaxPods: 200}, ""},
		{"no number", options{layout: fresh, gpus: "many"}, node.Options{}, `GPUS: got "many"`},
		{"out of range", options{layout: fresh, gpus: "0"}, node.Options{}, "GPUS: got 0"},
		{"both wrong", options{layout: fresh, gpus: "-", maxPods: "ten"}, node.Options{}, "MAX_PODS: got \"ten\""},
	} {
		got, err := c.o.nodeSize()
		if c.err == "" && (err != nil || got != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %+v, %v; want %+v, %q", c.name, got, err, c.want, c.err)
		}
	}
}

func TestStarted(t *testing.T) {
	minuteAgo := time.Now().Add(-time.Minute).Unix()
	for value, want := range map[string]time.Duration{
		strconv.FormatInt(minuteAgo, 10):       time.Minute,
		"":                                     0,
		"yesterday":                            0,
		"0":                                    0,
		strconv.FormatInt(minuteAgo+86400, 10): 0,
	} {
		t.Setenv("VLLM_EKS_STARTED", value)
		if got := time.Since(started()); got < want || got > want+5*time.Second {
			t.Errorf("%q: started %s ago, want %s", value, got, want)
		}
	}
}

func TestFarewell(t *testing.T) {
	for command, want := range map[string]bool{"up": true, "cluster": true, "logs": false, "down": false} {
		if got := strings.Contains(farewell(command), "continues from here"); got != want {
			t.Errorf("%s: %q", command, farewell(command))
		}
	}
}
