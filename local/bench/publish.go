package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/report"
)

// revision is the commit of the checkout; local/compare sets it.
var revision string

// publish writes a report as JSON and text, and prints the text.
func (o options) publish(name string, r report.Report) error {
	path := filepath.Join(o.out, name)
	for ending, write := range map[string]func(io.Writer) error{".json": r.WriteJSON, ".txt": r.WriteText} {
		if err := writeFile(path+ending, write); err != nil {
			return err
		}
	}
	if err := r.WriteText(os.Stdout); err != nil {
		return err
	}
	fmt.Printf("\nReport: %s.txt, %s.json\n", path, path)
	return nil
}

// writeFile replaces a file at once.
func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // after a success it is gone
	if err := write(file); err != nil {
		_ = file.Close()
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		_ = file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (o options) described(t traffic) report.Settings {
	s := report.Settings{
		Minutes: t.length.Minutes(), WarmUpMinutes: t.warmUp.Minutes(), RequestsPerSecond: o.rate, ColdStartSeconds: o.settings.ColdStart.Seconds(), TimeScale: o.settings.TimeScale,
		MinReplicas: o.settings.Min, MaxReplicas: o.settings.Max, Model: o.settings.Model, GPU: o.settings.GPU,
		Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH), Commit: revision,
		GeneratedAt: time.Now().UTC().Format(time.RFC3339),
	}
	if o.trace != "" {
		s.RequestsPerSecond = 0
	}
	return s
}
