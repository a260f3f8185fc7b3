package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/cluster"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

// real compares on the embedded Kubernetes, one load after the other. What was
// run before is not run again.
func real(ctx context.Context, o options) error {
	asks, policies, err := o.plan()
	if err != nil {
		return err
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	config := layout.Layout{Root: root}.Kubeconfig()
	if _, err := os.Stat(config); err != nil {
		return fmt.Errorf("no embedded cluster: %w; make bench starts one", err)
	}
	ran, err := cluster.ReadVersions(ctx, config)
	if err != nil {
		return err
	}
	described := o.described(policies, asks[0])
	described.Kubernetes, described.KEDA, described.Prometheus = ran.Kubernetes, ran.KEDA, ran.Prometheus
	var commits []string
	var trials []result.Trial
	var frontiers []report.Frontier
	for i, a := range asks {
		began := time.Now()
		say := func(format string, args ...any) {
			left := o.left(asks[i:], policies, began)
			fmt.Printf("[%d/%d] %s · about %s left in all\n", i+1, len(asks), fmt.Sprintf(format, args...), left)
		}
		mean, _, err := o.mean(a)
		if err != nil {
			return err
		}
		comparison := cluster.Comparison{
			Settings: o.settings, Policies: policies, Load: a.name, Seed: int64(a.seed), Arrivals: a.arrivals,
			Lead: a.lead, Length: a.length, Mean: mean, Say: say,
		}
		done, runError := o.resumed(ctx, a, config, comparison)
		of := done.Trials
		if len(of) > 0 {
			if !slices.Contains(commits, done.Commit) {
				commits = append(commits, done.Commit)
			}
			described.Commit = strings.Join(commits, ", ")
			frontier, err := o.frontier(context.WithoutCancel(ctx), shortened(a, of[0].Length))
			if err != nil {
				return err
			}
			trials, frontiers = append(trials, of...), append(frontiers, frontier)
		}
		if runError != nil {
			if len(trials) == 0 {
				return runError
			}
			why := fmt.Sprintf("%d of %d runs were complete: %v", i, len(asks), runError)
			r, err := report.Build(described, trials, frontiers)
			if err != nil {
				return errors.Join(err, runError)
			}
			r.Incomplete = why
			return errors.Join(o.publish("report", r), runError)
		}
	}
	r, err := report.Build(described, trials, frontiers)
	if err != nil {
		return err
	}
	if err := o.publish("report", r); err != nil {
		return err
	}
	fmt.Println()
	off, err := o.calibrated(ctx, asks, policies, r)
	if err != nil {
		return err
	}
	fmt.Printf("The model of make simulate, beside it: within %.0f points of the SLO and %.0f %% of the GPU-hours, or what its own draws differ by, but for %d figures.\n",
		100*pointsOff, 100*hoursOff, len(off))
	for _, one := range off {
		fmt.Println("  " + one)
	}
	return nil
}

// overhead of a run beside its load: start, scrapes, last answers, removal.
const overhead = 150 * time.Second

// left is how long the loads take that are not finished, the first of which
// began then.
func (o options) left(asks []asked, policies []policy.Policy, since time.Time) time.Duration {
	var sum time.Duration
	for _, a := range asks {
		if _, err := os.Stat(o.rawFile(a, policies)); err != nil {
			sum += overhead + o.settings.ColdStart + (a.lead+a.length)/time.Duration(o.settings.TimeScale)
		}
	}
	return max(0, sum-time.Since(since)).Round(time.Minute)
}

// shortened is a load as far as it was run.
func shortened(a asked, length time.Duration) asked {
	a.length = min(a.length, length)
	for i, one := range a.arrivals {
		if one.At >= a.lead+a.length {
			a.arrivals = a.arrivals[:i]
			break
		}
	}
	return a
}

// rawFile is where the trials of a load are kept.
func (o options) rawFile(a asked, policies []policy.Policy) string {
	return filepath.Join(o.out, "runs", strings.ReplaceAll(o.key(a, policies), " ", "-")+".json.gz")
}

// kept are the trials of a load as they outlive a command.
type kept struct {
	Commit string // of the checkout that ran them
	Trials []result.Trial
}

// resumed are the trials of a load that was run before, or is run now.
func (o options) resumed(ctx context.Context, a asked, config string, c cluster.Comparison) (kept, error) {
	path := o.rawFile(a, c.Policies)
	before, err := readKept(path)
	if err == nil {
		c.Say("%s was run before, at %s; to run it again remove %s", a.name, before.Commit, path)
		return before, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return kept{}, err
	}
	now := kept{Commit: revision}
	if now.Trials, err = cluster.Run(ctx, config, c); err != nil {
		return now, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return now, err
	}
	return now, writeFile(path, func(w io.Writer) error {
		zipped := gzip.NewWriter(w)
		return errors.Join(json.NewEncoder(zipped).Encode(now), zipped.Close())
	})
}

func readKept(path string) (kept, error) {
	file, err := os.Open(path)
	if err != nil {
		return kept{}, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return kept{}, fmt.Errorf("%s: %w; remove it", path, err)
	}
	var k kept
	if err := json.NewDecoder(unzipped).Decode(&k); err != nil {
		return kept{}, fmt.Errorf("%s: %w; remove it", path, err)
	}
	return k, nil
}
