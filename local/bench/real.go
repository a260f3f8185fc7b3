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
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/cluster"
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
	described := o.described(policies)
	described.Kubernetes, described.KEDA, described.Prometheus = ran.Kubernetes, ran.KEDA, ran.Prometheus
	var off []string
	var trials []result.Trial
	var frontiers []report.Frontier
	for i, a := range asks {
		began := time.Now()
		say := func(format string, args ...any) {
			left := o.left(asks[i:], began)
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
		of, runError := o.resumed(ctx, a, config, comparison)
		if len(of) > 0 {
			frontier, err := o.frontier(context.WithoutCancel(ctx), shortened(a, of[0].Length))
			if err != nil {
				return err
			}
			trials, frontiers = append(trials, of...), append(frontiers, frontier)
		}
		if runError == nil {
			differing, err := o.calibrated(ctx, a, policies, of)
			if err != nil {
				return err
			}
			for _, one := range differing {
				off = append(off, fmt.Sprintf("%s, seed %d: %s", a.name, a.seed, one))
			}
		}
		if runError != nil {
			if len(trials) == 0 {
				return runError
			}
			why := fmt.Sprintf("%d of %d loads were run: %v", i, len(asks), runError)
			return errors.Join(o.publish("report", described, trials, frontiers, why), runError)
		}
	}
	if err := o.publish("report", described, trials, frontiers, ""); err != nil {
		return err
	}
	fmt.Printf("\nThe model of make simulate, beside it: within %.0f points of the SLO and %.0f %% of the GPU-hours, or what its own draws differ by, but for %d figures.\n",
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
func (o options) left(asks []asked, since time.Time) time.Duration {
	var sum time.Duration
	for _, a := range asks {
		if _, err := os.Stat(o.rawFile(a)); err != nil {
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
func (o options) rawFile(a asked) string {
	return filepath.Join(o.out, "runs", strings.ReplaceAll(o.key(a), " ", "-")+".json.gz")
}

// resumed are the trials of a load that was run before, or is run now.
func (o options) resumed(ctx context.Context, a asked, config string, c cluster.Comparison) ([]result.Trial, error) {
	path := o.rawFile(a)
	kept, err := readTrials(path)
	if err == nil {
		c.Say("%s was run before: %s", a.name, path)
		return kept, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	trials, err := cluster.Run(ctx, config, c)
	if err != nil {
		return trials, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return trials, err
	}
	return trials, writeFile(path, func(w io.Writer) error {
		zipped := gzip.NewWriter(w)
		return errors.Join(json.NewEncoder(zipped).Encode(trials), zipped.Close())
	})
}

func readTrials(path string) ([]result.Trial, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; remove it", path, err)
	}
	var trials []result.Trial
	if err := json.NewDecoder(unzipped).Decode(&trials); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it", path, err)
	}
	return trials, nil
}
