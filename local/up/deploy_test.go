package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// TestUpdateGetsOneInterrupt holds that Pulumi gets one interrupt, and time to finish the
// steps in progress. A second interrupt would stop it at once.
func TestUpdateGetsOneInterrupt(t *testing.T) {
	l := layout.Layout{Root: t.TempDir()}
	notes := filepath.Join(l.Root, "notes")
	// The fake ends half a second after the first interrupt, like a program that cleans
	// up.
	script := `#!/bin/bash
case $1 in up) ;; *) exit 0 ;; esac
trap 'echo interrupt >>"` + notes + `"' INT
echo group $(($(ps -o pgid= -p $$) == $$)) >>"` + notes + `"
until grep -q interrupt "` + notes + `"; do sleep 0.05; done
sleep 0.5
echo cleaned >>"` + notes + `"
exit 1
`
	if err := os.MkdirAll(filepath.Dir(l.Bin("x")), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Bin("pulumi"), []byte(script), 0o700); err != nil { //nolint:gosec // it is executed
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- newEngine(options{layout: l}).deploy(ctx) }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if data, err := os.ReadFile(notes); err == nil && strings.Contains(string(data), "group") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("pulumi up was not called")
		}
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	data, err := os.ReadFile(notes)
	if want := "group 1\ninterrupt\ncleaned\n"; err != nil || string(data) != want {
		t.Errorf("got %q, %v; want %q", data, err, want)
	}
}
