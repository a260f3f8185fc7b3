package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

func TestCheckWeights(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "Qwen", "Qwen2.5-0.5B-Instruct")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "config.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	const bucket = "s3://weights/Qwen/Qwen2.5-0.5B-Instruct"
	for _, c := range []struct {
		name string
		args []string
		err  string
	}{
		{"a folder", []string{folder}, ""},
		{"a folder, streamed", []string{folder, "--load-format", "runai_streamer"}, ""},
		{"no folder", []string{folder + "-AWQ"}, "Invalid repository ID or local directory specified: '" + folder + "-AWQ'"},
		{"a file", []string{file}, "Invalid repository ID or local directory specified"},
		{"a bucket", []string{bucket, "--load-format", "runai_streamer", "--model-loader-extra-config", `{"concurrency":16}`}, ""},
		{"a bucket, sharded", []string{bucket, "--load-format", "runai_streamer_sharded"}, ""},
		{"a bucket, and vLLM chooses how", []string{bucket}, ""},
		{"a bucket, automatically", []string{bucket + "/", "--load-format", "auto"}, ""},
		{"a bucket, but not streamed", []string{bucket, "--load-format", "safetensors"}, "'load_format' must be 'runai_streamer' or 'runai_streamer_sharded', but got 'safetensors'"},
	} {
		args, err := vllmflags.Parse(append(c.args, "--served-model-name", "small"))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s, err := newSettings(args, func(string) string { return "" })
		if c.err != "" {
			var fromEngine hardware.EngineError
			if !errors.As(err, &fromEngine) || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !s.shapeKnown || s.deployment.Shape.Name != "Qwen/Qwen2.5-0.5B-Instruct" || s.names[0] != "small" || s.model != c.args[0] {
			t.Errorf("%s: %s of shape %q (known: %t), served as %v", c.name, s.model, s.deployment.Shape.Name, s.shapeKnown, s.names)
		}
	}
}
