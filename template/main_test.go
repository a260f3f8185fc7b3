package main

import (
	"path/filepath"
	"testing"

	"github.com/vllm-eks/vllm-eks/stack"
)

// TestStacks checks the file of each stack. It needs no credentials.
func TestStacks(t *testing.T) {
	files, err := filepath.Glob("Pulumi.*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Pulumi.<stack>.yaml: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			if err := stack.Check(file); err != nil {
				t.Error(err)
			}
		})
	}
}
