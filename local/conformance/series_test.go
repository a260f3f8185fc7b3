package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/local/conformance/promlabels"
)

// unexposed holds the metrics of rules that a fleet does not expose, with the reason.
var unexposed = map[string]string{
	"kube_pod_container_status_waiting_reason": "no container waits", "kube_pod_status_unschedulable": "every pod has a node", "kube_node_spec_taint": "no node is drained",
	"kubelet_volume_stats_available_bytes": "of the cluster, not of models", "kubelet_volume_stats_capacity_bytes": "of the cluster, not of models",
	"prometheus_tsdb_size_retentions_total": "of Prometheus", "probe_ssl_earliest_cert_expiry": "of addresses", "certmanager_certificate_expiration_timestamp_seconds": "of certificates",
	"up": "Prometheus itself records it",
}

// TestFleetExposesMetricsOfRules checks that the series that a fleet counts include every metric that
// a rule reads.
func TestFleetExposesMetricsOfRules(t *testing.T) {
	f := newFleet(2, 2)
	text := string(slices.Concat(f.exposition(), f.state(), f.keda(), f.gpus()))
	for _, g := range rules.Groups(f.watched(), limited()) {
		for _, r := range g.Rules {
			names, err := promlabels.Names(r.Expr)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if !strings.ContainsAny(name, ":") || strings.HasPrefix(name, "vllm:") {
					if unexposed[name] == "" && !strings.Contains(text, "\n"+name+"{") {
						t.Errorf("%s%s reads %s, which the fleet does not expose", r.Record, r.Alert, name)
					}
				}
			}
		}
	}
}

// stated returns a number of series that the documentation states.
func stated(t testing.TB, before string) int {
	t.Helper()
	const page = "../../docs/serving.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(before + ` ([\d,]+)`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s does not state a number after %q", page, before)
	}
	n, err := strconv.Atoi(strings.ReplaceAll(string(found[1]), ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSeriesStayBelowTheStatedNumber lets Prometheus scrape 20 models of 10 replicas, and compares
// the number of its series with the documentation.
func TestSeriesStayBelowTheStatedNumber(t *testing.T) {
	f := newFleet(20, 10)
	groups := rules.Groups(f.watched(), limited())
	p := startPrometheus(t, t.TempDir(), scraping(t, f, f.serve(t), 5*time.Second, 5*time.Second), groups)
	p.awaitRules(t, f, groups, 4*time.Minute)

	count := func(query string) map[string]int {
		t.Helper()
		samples, err := p.Instant(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, s := range samples {
			counts[strings.Join(slices.Sorted(maps.Values(s.Labels)), ",")] = int(s.Value)
		}
		return counts
	}
	jobs := count(`count by (job) ({__name__=~".+"})`)
	model := count(`count by (namespace) ({namespace=~"team-.+"}) + on (namespace) label_replace(count by (exported_namespace) ({exported_namespace=~"team-.+"}), "namespace", "$1", "exported_namespace", "(.+)")`)
	largest := slices.Max(slices.Collect(maps.Values(model)))
	total := int(p.own(t, "prometheus_tsdb_head_series")[""])
	t.Logf("%d series, by job: %v; %d of the largest model", total, jobs, largest)
	if len(model) != f.models || jobs["vllm"] < 200*400 {
		t.Fatalf("series of %d models, by job: %v; want those of every replica", len(model), jobs)
	}
	expectBelow(t, "series of 20 models", total, stated(t, "20 models of 10 replicas have fewer than"))
	expectBelow(t, "series of one model", largest, stated(t, "One model of 10 replicas has fewer than"))
}

// expectBelow compares a number with the stated one, which must be larger, but not much.
func expectBelow(t *testing.T, name string, have, want int) {
	t.Helper()
	if have >= want {
		t.Errorf("%d %s, and docs/serving.md states fewer than %d", have, name, want)
	}
	if 5*have < 4*want {
		t.Errorf("%d %s, and docs/serving.md states %d, which is too many; correct it", have, name, want)
	}
}

// BenchmarkRules measures how long Prometheus evaluates the rules of 20 models of 10 replicas, with
// the scrape interval of a model and three days of recorded data. A group must need less than a
// fifth of its interval.
func BenchmarkRules(b *testing.B) {
	const interval, settled, evaluations = 15 * time.Second, 6 * time.Minute, 8
	f := newFleet(20, 10)
	groups := rules.Groups(f.watched(), limited())
	for range b.N {
		folder := b.TempDir()
		backfill(b, f, folder)
		p := startPrometheus(b, folder, scraping(b, f, f.serve(b), interval, interval), groups)
		p.awaitRules(b, f, groups, 4*time.Minute)
		time.Sleep(settled) // until the windows of five minutes are full
		longest := map[string]float64{}
		for range evaluations {
			time.Sleep(interval)
			for group, seconds := range p.own(b, "prometheus_rule_group_last_duration_seconds") {
				longest[group] = max(longest[group], seconds)
			}
		}
		if len(longest) != len(groups) {
			b.Errorf("%d groups are evaluated, want %d: %v", len(longest), len(groups), longest)
		}
		sum := 0.0
		for _, group := range slices.Sorted(maps.Keys(longest)) {
			_, name, _ := strings.Cut(strings.Trim(strings.TrimPrefix(group, "rule_group="), `"`), ";")
			share := longest[group] / interval.Seconds()
			sum += longest[group]
			b.Logf("%-28s %6.0f ms, %5.2f %% of %s", name, 1000*longest[group], 100*share, interval)
			if share > 0.2 {
				b.Errorf("%s needs %.0f %% of its interval, want at most a fifth", name, 100*share)
			}
		}
		b.ReportMetric(1000*sum, "ms/evaluation")
		b.ReportMetric(100*sum/interval.Seconds(), "%interval")
	}
}

// backfill writes the series that rules read over more than ten minutes: recorded ones for three days,
// and those of pods for an hour.
func backfill(t testing.TB, f *fleet, folder string) {
	t.Helper()
	const step = 15 * time.Second
	now := time.Now().Truncate(step)
	var b bytes.Buffer
	for moment := now.Add(-72 * time.Hour); moment.Before(now); moment = moment.Add(step) {
		sample := func(name string, value float64, labels ...string) {
			write(&b, name, value, labels...)
			b.Truncate(b.Len() - 1) // the end of the line
			fmt.Fprintf(&b, " %d\n", moment.Unix())
		}
		for m := range f.models {
			ofModel := []string{"namespace", f.namespace(m), "service", f.service(m)}
			sample(rules.Missed, 0.1, ofModel...)
			sample(rules.Finished, 10, ofModel...)
			if now.Sub(moment) > time.Hour {
				continue
			}
			sample(rules.Ready, float64(f.replicas), ofModel...)
			sample(rules.USDPerHour, float64(f.replicas), ofModel...)
			sample(rules.OutputTokens, 100, ofModel...)
			for r := range f.replicas {
				replica := slices.Concat([]string{"job", "vllm", "pod", f.pod(m, r), "engine", "0", "model_name", "org/model"}, ofModel)
				sample("vllm:num_requests_running", 7, replica...)
				sample("vllm:generation_tokens_total", float64(moment.Unix()%100000), replica...)
				sample("kube_pod_container_status_restarts_total", 0, "job", "kube-state-metrics", "namespace", f.namespace(m), "pod", f.pod(m, r), "container", "vllm")
			}
		}
	}
	b.WriteString("# EOF\n")
	file := filepath.Join(folder, "history.txt")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), prometheusTool(t, "github.com/prometheus/prometheus/cmd/promtool"),
		"tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=54h", file, filepath.Join(folder, "data"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
}
