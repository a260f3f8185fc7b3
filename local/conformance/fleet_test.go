package conformance

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	simulated "github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// fleet is a stack of models with the same number of replicas, each replica on a node of its own.
// It serves the metrics of a replica, and the series of other exporters that the rules read.
type fleet struct {
	models, replicas int
	began            time.Time

	mu      sync.Mutex
	replica *metrics.Metrics
	text    []byte // of a replica
	written time.Time
}

func newFleet(models, replicas int) *fleet {
	load := simulated.Load{Running: 7, Waiting: 1, UsedBlocks: 800, AllBlocks: 6000}
	info := metrics.Info{ModelName: "org/model", MaxModelLen: 131072, CacheConfig: metrics.Cache(load.AllBlocks, 16, 0.92, "auto")}
	return &fleet{models: models, replicas: replicas, began: time.Now().Add(-2 * time.Hour), replica: metrics.New(info, func() simulated.Load { return load })}
}

// namespace returns the namespace of a model: each has its own, so that series can be counted by it.
func (f *fleet) namespace(m int) string { return fmt.Sprintf("team-%02d", m) }

func (f *fleet) service(m int) string { return fmt.Sprintf("chat-%02d", m) }

func (f *fleet) pod(m, r int) string { return fmt.Sprintf("chat-%02d-7f9c4d8b6d-x%04d", m, r) }

func (f *fleet) node(m, r int) string {
	return fmt.Sprintf("ip-10-0-%d-%d.us-west-2.compute.internal", m, r)
}

// watched returns the models as the rules know them. Each has other objectives, which is the
// largest number of rules.
func (f *fleet) watched() []monitoring.Model {
	var list []monitoring.Model
	for i := range f.models {
		m := watched()[0]
		m.Namespace, m.Service, m.MaxReplicas = f.namespace(i), f.service(i), f.replicas
		m.TTFTSeconds += float64(i) / 100
		m.TPOTSeconds += float64(i) / 1000
		list = append(list, m)
	}
	return list
}

// serve serves the metrics of a replica at /replica, and those of exporters at /state, /keda and /gpus.
func (f *fleet) serve(t testing.TB) (address string) {
	mux := http.NewServeMux()
	for path, write := range map[string]func() []byte{"/replica": f.exposition, "/state": f.state, "/keda": f.keda, "/gpus": f.gpus} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = w.Write(write())
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// exposition returns the metrics of a replica. Between two scrapes, it finishes requests.
func (f *fleet) exposition() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.written) < time.Second {
		return f.text // other replicas are scraped at this time, too
	}
	for range 5 {
		f.request()
	}
	w := httptest.NewRecorder()
	f.replica.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	f.text, f.written = asPython(w.Body.Bytes()), time.Now()
	return f.text
}

// request records a request of 300 prompt tokens and 3 answered tokens.
func (f *fleet) request() {
	now := time.Now()
	core := simulated.NewCore(simulated.Config{Blocks: 100, BlockSize: 16, MaxNumSeqs: 8, MaxBatchedTokens: 2048, Timing: simulated.Linear{Base: 40 * time.Millisecond}})
	sequence := &simulated.Sequence{PromptTokens: 300, TargetTokens: 3}
	core.Add(sequence, now)
	f.replica.Requested(1, sequence.TargetTokens)
	for step := core.Plan(now); len(step.Work) > 0; step = core.Plan(now) {
		now = now.Add(step.Duration)
		f.replica.Stepped(step)
		for _, token := range core.Apply(step, now) {
			f.replica.Produced(token)
		}
	}
	f.replica.Finished(sequence, simulated.Length, now)
	for _, handler := range []string{"/v1/chat/completions", "/v1/completions", "/v1/models"} {
		f.replica.Served(handler, http.MethodPost, http.StatusOK, time.Second)
		f.replica.Served(handler, http.MethodPost, http.StatusBadRequest, time.Second)
	}
}

// asPython returns the metrics of the simulator as vLLM has them: without those of the simulator
// itself, and with those that Python's client library adds. It adds the time of creation to each counter
// and each histogram, and metrics of the interpreter.
// https://github.com/prometheus/client_python/tree/master/prometheus_client
func asPython(text []byte) []byte {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return fmt.Appendf(nil, "the metrics of the simulator are wrong: %v", err) // Prometheus refuses the scrape
	}
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		if !bytes.Contains(line, []byte("vllmsim:")) {
			b.Write(line)
		}
	}
	for name, family := range families {
		kind := family.GetType()
		if kind != dto.MetricType_COUNTER && kind != dto.MetricType_HISTOGRAM || strings.HasPrefix(name, "vllmsim:") || strings.HasPrefix(name, "process_") {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, pair := range m.GetLabel() {
				labels = append(labels, pair.GetName(), pair.GetValue())
			}
			write(&b, strings.TrimSuffix(name, "_total")+"_created", 1.79e9, labels...)
		}
	}
	for _, name := range []string{"objects_collected", "objects_uncollectable", "collections"} {
		for _, generation := range []string{"0", "1", "2"} {
			write(&b, "python_gc_"+name+"_total", 9, "generation", generation)
		}
	}
	write(&b, "python_info", 1, "implementation", "CPython", "major", "3", "minor", "12", "patchlevel", "11", "version", "3.12.11")
	return b.Bytes()
}

// write writes a sample with pairs of label names and values.
func write(b *bytes.Buffer, name string, value float64, labels ...string) {
	b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		fmt.Fprintf(b, "%s%s=%q", separator, labels[i], labels[i+1])
	}
	if len(labels) > 0 {
		b.WriteString("}")
	}
	fmt.Fprintf(b, " %g\n", value)
}

// state returns the series of kube-state-metrics that the rules read, for running replicas.
func (f *fleet) state() []byte {
	var b bytes.Buffer
	began := float64(f.began.Unix())
	for m := range f.models {
		namespace, service := f.namespace(m), f.service(m)
		for _, name := range []string{"kube_deployment_status_replicas_ready", "kube_deployment_status_replicas", "kube_deployment_spec_replicas"} {
			write(&b, name, float64(f.replicas), "namespace", namespace, "deployment", service)
		}
		write(&b, "kube_horizontalpodautoscaler_status_desired_replicas", float64(f.replicas), "namespace", namespace, "horizontalpodautoscaler", "keda-hpa-"+service)
		for _, condition := range []string{"Ready", "Active", "Fallback", "Paused"} {
			write(&b, "kube_customresource_scaledobject_status_condition", 0, "namespace", namespace, "name", service, "type", condition)
		}
		for r := range f.replicas {
			node, pod := f.node(m, r), []string{"namespace", namespace, "pod", f.pod(m, r), "uid", fmt.Sprintf("7b0c3c54-6c0e-4a5f-%04d-%012d", m, r)}
			container := slices.Concat(pod, []string{"container", "vllm"})
			write(&b, "kube_pod_created", began, pod...)
			write(&b, "kube_pod_status_scheduled_time", began+60, pod...)
			write(&b, "kube_pod_status_container_ready_time", began+400, pod...)
			write(&b, "kube_pod_container_state_started", began+200, container...)
			write(&b, "kube_pod_container_status_restarts_total", 0, container...)
			for i, phase := range []string{"Running", "Pending", "Succeeded", "Failed", "Unknown"} {
				write(&b, "kube_pod_status_phase", float64(1-min(i, 1)), slices.Concat(pod, []string{"phase", phase})...)
			}
			for i, condition := range []string{"true", "false", "unknown"} {
				labels := slices.Concat(pod, []string{"condition", condition})
				write(&b, "kube_pod_status_scheduled", float64(1-min(i, 1)), labels...)
				write(&b, "kube_pod_status_ready", float64(1-min(i, 1)), labels...)
			}
			write(&b, "kube_node_spec_unschedulable", 0, "node", node)
			write(&b, "kube_node_labels", 1, "node", node, "label_node_kubernetes_io_instance_type", "g5.2xlarge", "label_eks_amazonaws_com_capacity_type", "SPOT")
		}
	}
	return b.Bytes()
}

// keda returns the series of KEDA's operator that the rules read.
func (f *fleet) keda() []byte {
	var b bytes.Buffer
	for m := range f.models {
		for i, trigger := range []string{"load", "kv-cache"} {
			index, metric := fmt.Sprint(i), fmt.Sprintf("s%d-prometheus", i)
			write(&b, "keda_scaler_metrics_value", 20, "namespace", f.namespace(m), "metric", metric, "scaledObject", f.service(m), "scaler", trigger, "triggerIndex", index, "type", "scaledobject")
			write(&b, "keda_scaler_empty_upstream_responses_total", 0, "namespace", f.namespace(m), "scaledResource", f.service(m), "triggerName", trigger, "metricName", metric)
		}
	}
	return b.Bytes()
}

// gpus returns the series of NVIDIA's exporter that the rules read, for one GPU of each replica.
func (f *fleet) gpus() []byte {
	var b bytes.Buffer
	for m := range f.models {
		for r := range f.replicas {
			labels := []string{"gpu", "0", "UUID", fmt.Sprintf("GPU-%d-%d", m, r), "modelName", "NVIDIA A10G", "Hostname", f.node(m, r), "namespace", f.namespace(m), "pod", f.pod(m, r), "container", "vllm"}
			write(&b, "DCGM_FI_DEV_GPU_UTIL", 80, labels...)
			write(&b, "DCGM_FI_DEV_FB_USED", 20000, labels...)
			write(&b, "DCGM_FI_DEV_FB_FREE", 3000, labels...)
		}
	}
	return b.Bytes()
}
