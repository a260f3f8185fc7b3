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

// compareOnCluster compares on the embedded Kubernetes, one load after the other. It does not
// repeat what an earlier command ran.
func compareOnCluster(ctx context.Context, o options) error {
	traffic, policies, err := o.plan()
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
	var runs []report.Run
	var commits []string
	var runError error
	complete := 0
	for i, t := range traffic {
		started := time.Now()
		say := func(format string, args ...any) {
			remaining := o.remaining(traffic[i:], policies, started)
			fmt.Printf("[%d/%d] %s · about %s left in all\n", i+1, len(traffic), fmt.Sprintf(format, args...), remaining)
		}
		var done kept
		if done, runError = o.resume(ctx, t, config, policies, say); len(done.Trials) > 0 {
			if !slices.Contains(commits, done.Commit) {
				commits = append(commits, done.Commit)
			}
			frontier, err := o.frontier(context.WithoutCancel(ctx), shortened(t, done.Trials[0].Length))
			if err != nil {
				return err
			}
			runs = append(runs, withFrontier(done.Trials, frontier)...)
		}
		if runError != nil {
			break
		}
		complete++
	}
	if len(runs) == 0 {
		return runError
	}
	settings := o.described(traffic[0])
	settings.Commit = strings.Join(commits, ", ")
	r, err := report.Build(settings, runs)
	if err != nil {
		return errors.Join(err, runError)
	}
	if runError != nil {
		r.Incomplete = fmt.Sprintf("%d of %d loads are complete: %v", complete, len(traffic), runError)
		return errors.Join(o.publish("report", r), runError)
	}
	if err := o.publish("report", r); err != nil {
		return err
	}
	problems, err := o.calibrate(ctx, traffic, policies, r)
	if err != nil {
		return err
	}
	fmt.Printf("The model of make simulate is within %.0f points of the SLO and %.0f %% of the GPU-hours, or the spread of its draws, except for %d figures.\n",
		100*pointsLimit, 100*hoursLimit, len(problems))
	for _, problem := range problems {
		fmt.Println("  " + problem)
	}
	return nil
}

// overhead is the time of a run beside its load: start, scrapes, last answers, removal.
const overhead = 150 * time.Second

// remaining returns the time that the loads without results take, from the start of the first.
func (o options) remaining(traffic []traffic, policies []policy.Policy, start time.Time) time.Duration {
	var sum time.Duration
	for _, t := range traffic {
		if _, err := os.Stat(o.rawFile(t, policies)); err != nil {
			sum += overhead + o.settings.ColdStart + (t.warmUp+t.length)/time.Duration(o.settings.TimeScale)
		}
	}
	return max(0, sum-time.Since(start)).Round(time.Minute)
}

// shortened returns the part of a load that was run.
func shortened(t traffic, length time.Duration) traffic {
	t.length = min(t.length, length)
	for i, a := range t.arrivals {
		if a.At >= t.warmUp+t.length {
			t.arrivals = t.arrivals[:i]
			break
		}
	}
	return t
}

// rawFile returns the file with the trials of a load.
func (o options) rawFile(t traffic, policies []policy.Policy) string {
	return filepath.Join(o.out, "runs", strings.ReplaceAll(o.key(t, policies), " ", "-")+".json.gz")
}

// kept holds the trials of a load in a file.
type kept struct {
	Commit string // of the checkout that ran them
	Trials []result.Trial
}

// resume returns the trials of a load from its file, or runs them.
func (o options) resume(ctx context.Context, t traffic, config string, policies []policy.Policy, say func(string, ...any)) (kept, error) {
	path := o.rawFile(t, policies)
	old, err := readKept(path)
	if err == nil {
		say("%s was run at commit %s; to run it again remove %s", t.name, old.Commit, path)
		return old, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return kept{}, fmt.Errorf("%s: %w; remove it", path, err)
	}
	mean, _, err := o.mean(t)
	if err != nil {
		return kept{}, err
	}
	now := kept{Commit: revision}
	if now.Trials, err = cluster.Run(ctx, config, cluster.Comparison{
		Settings: o.settings, Policies: policies, Load: t.name, Seed: int64(t.seed), Arrivals: t.arrivals,
		WarmUp: t.warmUp, Length: t.length, Mean: mean, Say: say,
	}); err != nil {
		return now, err
	}
	return now, writeFile(path, func(w io.Writer) error {
		zipped := gzip.NewWriter(w)
		return errors.Join(json.NewEncoder(zipped).Encode(now), zipped.Close())
	})
}

func readKept(path string) (k kept, err error) {
	file, err := os.Open(path)
	if err != nil {
		return k, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return k, err
	}
	return k, json.NewDecoder(unzipped).Decode(&k)
}
