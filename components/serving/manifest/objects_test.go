package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// valid returns a valid spec with its defaults, after a change.
func valid(t *testing.T, change func(*serving.Spec)) serving.Spec {
	t.Helper()
	s := serving.Spec{Name: "chat", Namespace: "inference", Model: serving.Model{ID: "org/m"}, Monitoring: serving.Monitoring{PrometheusURL: "http://prometheus:9090"}}
	change(&s)
	s = s.WithDefaults()
	if err := problems.Err(s.Validate(field.NewPath("chat"))); err != nil {
		t.Fatal(err)
	}
	return s
}

// kinds returns the service's objects, as "Kind name".
func kinds(s serving.Spec) []string {
	var list []string
	for _, o := range Objects(s, "m") {
		var meta struct{ Metadata struct{ Name string } }
		text, _ := json.Marshal(o.Object)
		_ = json.Unmarshal(text, &meta)
		list = append(list, o.GetObjectKind().GroupVersionKind().Kind+" "+meta.Metadata.Name)
	}
	return list
}

func TestObjects(t *testing.T) {
	zero, single := 0, 1
	base := []string{"ServiceAccount chat", "NetworkPolicy chat", "Deployment chat", "PodDisruptionBudget chat", "Service chat"}
	tests := []struct {
		name   string
		change func(*serving.Spec)
		want   []string
	}{
		{"the least", func(s *serving.Spec) { s.Monitoring = serving.Monitoring{} }, base},
		{"watched", func(*serving.Spec) {}, append(slices.Clone(base), "ServiceMonitor chat")},
		{"scaled", func(s *serving.Spec) { s.Replicas = serving.Replicas{Min: &single, Max: 3} }, append(slices.Clone(base), "ServiceMonitor chat", "ScaledObject chat")},
		{"asleep", func(s *serving.Spec) {
			s.Replicas = serving.Replicas{Min: &zero, Max: 3}
			s.Scaling.Wake.Query = "up"
		}, append(slices.Clone(base), "ServiceMonitor chat", "ScaledObject chat")},
		{"on cores", func(s *serving.Spec) {
			s.Replicas, s.Scaling.Policy = serving.Replicas{Min: &single, Max: 3}, serving.CPU
		}, append(slices.Clone(base), "ServiceMonitor chat", "HorizontalPodAutoscaler chat")},
		{"by others", func(s *serving.Spec) {
			s.Replicas, s.Scaling.Policy = serving.Replicas{Min: &single, Max: 3}, serving.External
		}, append(slices.Clone(base), "ServiceMonitor chat")},
		{"exposed", func(s *serving.Spec) {
			s.Ingress = serving.Ingress{Class: "nginx", Host: "a.example.com", ControllerNamespace: "nginx", Open: true}
		},
			append(slices.Clone(base), "Ingress chat", "ServiceMonitor chat")},
		{"others' account, an open network, a cache", func(s *serving.Spec) {
			s.Access.ServiceAccountName, s.Network.Unrestricted, s.Monitoring = "reader", true, serving.Monitoring{}
			s.Storage.Cache.StorageClass = "efs"
		}, []string{"PersistentVolumeClaim chat-cache", "NetworkPolicy chat", "Deployment chat", "PodDisruptionBudget chat", "Service chat"}},
		{"renamed", func(s *serving.Spec) {
			s.PreviousNames, s.Monitoring = []string{"helper", "llama"}, serving.Monitoring{}
		}, []string{
			"ServiceAccount llama", "NetworkPolicy llama", "Deployment llama", "PodDisruptionBudget llama", "Service llama", "Service chat", "Service helper"}},
		{"renamed and named back", func(s *serving.Spec) {
			s.PreviousNames, s.Monitoring = []string{"helper", "chat"}, serving.Monitoring{}
		}, append(slices.Clone(base), "Service helper")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := kinds(valid(t, test.change)); !slices.Equal(got, test.want) {
				t.Errorf("rendered %q, want %q", got, test.want)
			}
		})
	}
}

// triggersOf returns the triggers of the ScaledObject of a service.
func triggersOf(t *testing.T, s serving.Spec) []any {
	t.Helper()
	for _, o := range Objects(s, "m") {
		if scaled, ok := o.Object.(*unstructured.Unstructured); ok && scaled.GetKind() == "ScaledObject" {
			triggers, _, _ := unstructured.NestedFieldNoCopy(scaled.Object, "spec", "triggers")
			list, _ := triggers.([]any)
			return list
		}
	}
	t.Fatal("the service has no ScaledObject")
	return nil
}

// TestTriggers checks the queries that KEDA sends to Prometheus.
func TestTriggers(t *testing.T) {
	zero, single := 0, 1
	const series = `{job="vllm",namespace="inference",service="chat"}`
	const requests = "vllm:num_requests_running" + series + " + vllm:num_requests_waiting" + series
	atZero := func(expression string) string {
		return "(sum(" + expression + ") or on() (vector(0) unless on() count(up" + series + ") unless on() (max(sum(rate(gateway[1m]))) > 0)))"
	}
	tests := []struct {
		name   string
		change func(*serving.Spec)
		want   []string
	}{
		{"load", func(s *serving.Spec) { s.Replicas = serving.Replicas{Min: &single, Max: 3} }, []string{
			"load 9 sum(" + requests + ") + (clamp(9 * count(vllm:num_requests_running" + series + ") - sum(" + requests + "), 0, 9) and on () (" +
				requests + " > 0 and on (pod, engine) rate(vllm:iteration_tokens_total_count" + series + "[45s]) == 0) or vector(0))",
			"kv-cache 0.6 sum(vllm:kv_cache_usage_perc" + series + ")",
			"queue 2 sum(vllm:num_requests_waiting" + series + ")"}},
		{"queue", func(s *serving.Spec) {
			s.Replicas, s.Scaling.Policy = serving.Replicas{Min: &single, Max: 3}, serving.Queue
		}, []string{
			"queue 10 sum(vllm:num_requests_waiting" + series + ")"}},
		{"asleep", func(s *serving.Spec) {
			s.Replicas = serving.Replicas{Min: &zero, Max: 3}
			s.Scaling = serving.Scaling{Policy: serving.Queue, Wake: serving.Wake{Query: "sum(rate(gateway[1m]))"}}
		}, []string{"queue 10 " + atZero("vllm:num_requests_waiting"+series), "wake 1 clamp_max(max(sum(rate(gateway[1m]))) or vector(0), 1)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, trigger := range triggersOf(t, valid(t, test.change)) {
				fields := trigger.(map[string]any)
				metadata := fields["metadata"].(map[string]any)
				got = append(got, fmt.Sprintf("%s %s %s", fields["name"], metadata["threshold"], metadata["query"]))
				if metadata["ignoreNullValues"] != "false" || fields["metricType"] != "AverageValue" {
					t.Errorf("%v takes missing metrics for no load, or no average", fields)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestArgumentsOfWeightsAndAdapters checks the arguments of vLLM with a parser of its
// flags.
func TestArgumentsOfWeightsAndAdapters(t *testing.T) {
	tests := []struct {
		name        string
		change      func(*serving.Spec)
		model, want string
		offline     bool
	}{
		{"hub", func(*serving.Spec) {}, "org/m", "", false},
		{"S3", func(s *serving.Spec) { s.Model.ID = "s3://bucket/org/m" }, "s3://bucket/org/m",
			`--served-model-name chat --port 8000 --load-format runai_streamer --model-loader-extra-config {"concurrency":16} `, true},
		{"S3 on two GPUs", func(s *serving.Spec) { s.Model.ID, s.GPU.Count = "s3://bucket/org/m", 2 }, "s3://bucket/org/m",
			`--model-loader-extra-config {"concurrency":16,"distributed":true} --tensor-parallel-size 2`, true},
		{"volume", func(s *serving.Spec) { s.Storage.Weights.Claim = "weights" }, "/models/org/m", "--served-model-name org/m", true},
		{"adapters", func(s *serving.Spec) {
			s.LoRA = serving.LoRA{Adapters: []serving.Adapter{{Name: "sql", Source: "org/sql"}, {Name: "legal", Source: "/adapters/legal"}}, MaxLoaded: 1}
		}, "org/m", "--enable-lora --max-loras 1 --max-cpu-loras 2 --max-lora-rank 16 --lora-modules sql=org/sql legal=/adapters/legal ", false},
		{"S3 with an adapter of the hub", func(s *serving.Spec) {
			s.Model.ID, s.LoRA.Adapters = "s3://bucket/org/m", []serving.Adapter{{Name: "sql", Source: "org/sql"}}
		}, "s3://bucket/org/m", "--lora-modules sql=org/sql ", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := valid(t, test.change)
			args := serving.VLLMArgs(s)
			parsed, err := vllmflags.Parse(args)
			if err != nil || parsed.Model != test.model {
				t.Fatalf("vLLM reads the model %q: %v", parsed.Model, err)
			}
			if text := strings.Join(args, " "); !strings.Contains(text, test.want) {
				t.Errorf("the arguments are %s, want %s", text, test.want)
			}
			if got := serving.VLLMEnv(s)["HF_HUB_OFFLINE"] == "1"; got != test.offline {
				t.Errorf("offline is %t, want %t", got, test.offline)
			}
		})
	}
}

// TestAPatchKeepsWhatTheProgramReliesOn checks that a patch applies as with kubectl.
func TestAPatchKeepsWhatTheProgramReliesOn(t *testing.T) {
	s := valid(t, func(s *serving.Spec) {
		s.PodPatch = `{"metadata": {"annotations": {"a": "b"}}, "spec": {"runtimeClassName": "nvidia", "containers": [
			{"name": "vllm", "env": [{"name": "EXTRA", "value": "1"}]},
			{"name": "proxy", "image": "example.com/proxy:v1", "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}`
	})
	pod := podTemplate(s)
	names := []string{}
	for _, c := range pod.Spec.Containers {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"proxy", "vllm"}) || *pod.Spec.RuntimeClassName != "nvidia" || pod.Annotations["a"] != "b" {
		t.Errorf("the pod has the containers %q and the annotations %v", names, pod.Annotations)
	}
	index := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == "vllm" })
	engine := pod.Spec.Containers[index]
	if !slices.Contains(engine.Env, corev1.EnvVar{Name: "EXTRA", Value: "1"}) || len(engine.Env) != len(serving.Environment(s))+1 {
		t.Errorf("vLLM's environment is %v", engine.Env)
	}
}

// TestTheFirstReplicaHasTimeToCompile checks the probes of a service with a cache. Later
// replicas load minutes faster, but all replicas share the probes of the first one.
func TestTheFirstReplicaHasTimeToCompile(t *testing.T) {
	chat := func(c serving.Cache) serving.Spec {
		return valid(t, func(s *serving.Spec) {
			s.Model = serving.Model{ID: "Qwen/Qwen3-8B", MaxLen: 8192}
			s.NodeGroup = serving.NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}}
			s.Storage.Cache = c
		})
	}
	uncached, cached := chat(serving.Cache{}), chat(serving.Cache{Claim: "cache"})
	if cached.Lifecycle.LoadSeconds != uncached.Lifecycle.LoadSeconds {
		t.Errorf("with a cache a load is given %d s, want the %d s of the first", cached.Lifecycle.LoadSeconds, uncached.Lifecycle.LoadSeconds)
	}
	a, _ := uncached.Estimate()
	b, _ := cached.Estimate()
	if b.ColdStart.Load() >= a.ColdStart.Load() {
		t.Errorf("with a cache, later replicas are expected after %s, want less than %s", b.ColdStart.Load(), a.ColdStart.Load())
	}
}
