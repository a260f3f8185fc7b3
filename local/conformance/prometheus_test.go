package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// server is a running Prometheus.
type server struct {
	prometheus.Client
	log *bytes.Buffer // complete after the end
}

// scraping returns the configuration of a Prometheus that scrapes a fleet at an address, and
// evaluates rules. The labels of a replica's series are those of its ServiceMonitor.
func scraping(t testing.TB, f *fleet, address string, scrape, evaluation time.Duration) map[string]any {
	var replicas []any
	for m := range f.models {
		for r := range f.replicas {
			replicas = append(replicas, map[string]any{"targets": []any{address}, "labels": map[string]any{
				"__metrics_path__": "/replica", "instance": fmt.Sprintf("10.0.%d.%d:8000", m, r), "container": serving.ContainerName, "endpoint": serving.PortName,
				"__meta_kubernetes_namespace": f.namespace(m), "__meta_kubernetes_service_name": f.service(m),
				"__meta_kubernetes_pod_name": f.pod(m, r), "__meta_kubernetes_pod_node_name": f.node(m, r),
			}})
		}
	}
	exporter := func(job, namespace, path string, honor bool) map[string]any {
		return map[string]any{"job_name": job, "honor_labels": honor, "metrics_path": path, "static_configs": []any{
			map[string]any{"targets": []any{address}, "labels": map[string]any{"namespace": namespace, "pod": job + "-0", "container": job, "endpoint": "http", "service": job}},
		}}
	}
	return map[string]any{
		"global":     map[string]any{"scrape_interval": scrape.String(), "scrape_timeout": scrape.String(), "evaluation_interval": evaluation.String()},
		"rule_files": []any{"rules.json"},
		"scrape_configs": []any{
			map[string]any{"job_name": "replicas", "relabel_configs": relabelings(t), "static_configs": replicas},
			exporter("kube-state-metrics", "monitoring", "/state", true),
			exporter("keda-operator", "keda", "/keda", false),
			exporter("dcgm-exporter", "monitoring-nodes", "/gpus", true),
		},
	}
}

// relabelings returns the relabelings of a ServiceMonitor as Prometheus spells them.
func relabelings(t testing.TB) []any {
	t.Helper()
	watched := smallest(func(s *serving.Spec) { s.Monitoring.ServiceMonitor = new(true) }).WithDefaults()
	for _, o := range manifest.Objects(watched, "test") {
		u, ok := o.Object.(*unstructured.Unstructured)
		if !ok || u.GetKind() != "ServiceMonitor" {
			continue
		}
		endpoints, _, _ := unstructured.NestedSlice(u.Object, "spec", "endpoints")
		var list []any
		for _, r := range endpoints[0].(map[string]any)["relabelings"].([]any) {
			config := map[string]any{}
			for name, value := range r.(map[string]any) {
				spelled := map[string]string{"sourceLabels": "source_labels", "targetLabel": "target_label", "replacement": "replacement", "action": "action"}[name]
				if spelled == "" {
					t.Fatalf("the ServiceMonitor has a relabeling with the field %s, which this test does not know", name)
				}
				config[spelled] = value
			}
			list = append(list, config)
		}
		return list
	}
	t.Fatal("a model has no ServiceMonitor")
	return nil
}

// startPrometheus starts a Prometheus in a folder, which may have blocks of data, and stops it at the
// end of the test.
func startPrometheus(t testing.TB, folder string, config map[string]any, groups []rules.Group) *server {
	t.Helper()
	for name, content := range map[string]any{"prometheus.json": config, "rules.json": map[string]any{"groups": groups}} {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // Prometheus listens there next
		t.Fatal(err)
	}
	s := &server{Client: prometheus.Client{Address: "http://" + address}, log: &bytes.Buffer{}}
	command := exec.CommandContext(t.Context(), prometheusTool(t, "github.com/prometheus/prometheus/cmd/prometheus"),
		"--config.file=prometheus.json", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=30d", "--web.listen-address="+address)
	command.Dir, command.Stdout, command.Stderr = folder, s.log, s.log
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 20 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test's context has ended, and so ends Prometheus
		_ = command.Wait()
		if t.Failed() {
			t.Logf("the end of the log of Prometheus:\n%s", s.log.Bytes()[max(0, s.log.Len()-4000):])
		}
	})
	return s
}

// own returns the value of each series of a metric of Prometheus itself, by its labels.
func (s *server) own(t testing.TB, name string) map[string]float64 {
	t.Helper()
	response, err := http.Get(s.Address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, found := range regexp.MustCompile(`(?m)^`+name+`(?:\{(.*)\})? (\S+)$`).FindAllSubmatch(text, -1) {
		if values[string(found[1])], err = strconv.ParseFloat(string(found[2]), 64); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// unawaited holds recorded series that a model does not have, or has late.
var unawaited = map[string]string{
	rules.PrefixHits: "the simulator has no prefix cache", rules.Concurrency: "its steps begin with the next minute",
}

// awaitRules waits until the rules have recorded their series of each model.
func (s *server) awaitRules(t testing.TB, f *fleet, groups []rules.Group, timeout time.Duration) {
	t.Helper()
	want := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.Rules {
			if strings.HasPrefix(r.Record, "service:") && unawaited[r.Record] == "" {
				want[r.Record] = true
			}
		}
	}
	for deadline := time.Now().Add(timeout); len(want) > 0; time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatalf("after %s, these recorded series do not exist for every model: %v", timeout, want)
		}
		samples, err := s.Instant(t.Context(), `count by (__name__) (count by (__name__, namespace) ({__name__=~"service:.+"}))`)
		if err != nil {
			continue // Prometheus is starting
		}
		for _, sample := range samples {
			if int(sample.Value) == f.models {
				delete(want, sample.Labels["__name__"])
			}
		}
	}
}
