package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// revision is that of the checkout; local/compare sets it.
var revision string

// targetShare is the attainment that the number of engines needed is to keep.
const targetShare = 0.95

// publish writes a report as JSON and as a page, and prints its table.
func (o options) publish(name string, r report.Report) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	base := filepath.Join(o.out, name)
	for ending, write := range map[string]func(io.Writer) error{".json": r.WriteJSON, ".html": r.WriteHTML} {
		if err := writeFile(base+ending, write); err != nil {
			return err
		}
	}
	if err := r.PrintTable(os.Stdout); err != nil {
		return err
	}
	fmt.Printf("\nReport: %s.html, %s.json\n", base, base)
	return nil
}

// writeFile replaces a file at once.
func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // gone already if all went well
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

func (o options) described(policies []policy.Policy, a asked) report.Settings {
	s := report.Settings{
		Ours: policy.Ours, Minutes: a.length.Minutes(), LeadMinutes: a.lead.Minutes(), RequestsPerSecond: o.rate, ColdStartSeconds: o.settings.ColdStart.Seconds(), TimeScale: float64(o.settings.TimeScale),
		MinEngines: o.settings.Min, MaxEngines: o.settings.Max, Model: o.settings.Model, GPU: o.settings.GPU,
		TTFTSeconds: result.DefaultSLO.TTFT.Seconds(), TPOTSeconds: result.DefaultSLO.TPOT.Seconds(), TargetShare: targetShare,
		Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH), Commit: revision,
		GeneratedAt: time.Now().UTC().Format(time.RFC3339),
	}
	if o.trace != "" {
		s.RequestsPerSecond = 0
	}
	for _, p := range policies {
		s.Policies = append(s.Policies, report.Policy{Name: p.Name, Rule: rule(p)})
	}
	return s
}

// rule is what a policy scales on, in words.
func rule(p policy.Policy) string {
	var parts []string
	for _, t := range p.Triggers {
		parts = append(parts, fmt.Sprintf("%s/%v", t.Signal, t.Target))
	}
	if len(parts) == 0 {
		return p.Source
	}
	down := fmt.Sprintf("down after %s by %d %% in %s", p.Down.Window, p.Down.Percent, p.Down.Period)
	return fmt.Sprintf("the most of %s; %s. %s", strings.Join(parts, ", "), down, p.Source)
}
