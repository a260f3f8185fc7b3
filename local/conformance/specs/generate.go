// Package specs draws random specs of models, for tests of every builder.
package specs

import (
	"reflect"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// generator draws specs. In half of them every single value is valid, but they may not fit together;
// in the others a few values are wrong.
type generator struct {
	t      *rapid.T
	faulty bool
}

// Canary is a part of every secret of the specs, so that a check finds each copy.
const Canary = "canary-7d1e"

// Random returns the generator of specs. About half of them are valid.
func Random() *rapid.Generator[serving.Spec] {
	return rapid.Custom(func(t *rapid.T) serving.Spec {
		g := generator{t: t, faulty: rapid.SampledFrom([]bool{false, true}).Draw(t, "faulty")}
		return g.spec()
	})
}

// maybe returns true in one of n cases.
func (g generator) maybe(label string, n int) bool {
	return rapid.Uint64Range(0, 1<<20).Draw(g.t, label)%uint64(n) == uint64(n-1)
}

// wrong returns true in a few cases of a faulty spec.
func (g generator) wrong(label string) bool { return g.faulty && g.maybe(label+" is wrong", 40) }

// pick returns one of the right values, or in a few cases of a faulty spec one of the wrong values.
func pick[T any](g generator, label string, right []T, wrong ...T) T {
	if len(wrong) > 0 && g.wrong(label) {
		return rapid.SampledFrom(wrong).Draw(g.t, label)
	}
	return rapid.SampledFrom(right).Draw(g.t, label)
}

// rarely returns a value in one of n cases, else the zero value.
func rarely[T any](g generator, label string, n int, draw func() T) T {
	var zero T
	if !g.maybe(label+" is set", n) {
		return zero
	}
	return draw()
}

// several returns up to three values.
func several[T any](g generator, label string, draw func() T) []T {
	var values []T
	for range rapid.IntRange(0, 3).Draw(g.t, "number of "+label) {
		values = append(values, draw())
	}
	return values
}

func texts(values ...string) []string { return values }

var (
	long54, long55 = strings.Repeat("a", 54), strings.Repeat("a", 55)
	long63, long64 = strings.Repeat("b", 63), strings.Repeat("b", 64)
	// wrongNames holds invalid names of objects.
	wrongNames = texts("Upper", "a_b", "a..b", "-a", "a-", "a.-b", "a b", "ä", strings.Repeat("c", 254), "a/b")
)

// BadQuery is not valid PromQL.
const BadQuery = "sum(rate(gateway_requests_total[1m])"

// name returns the name of an existing object.
func (g generator) name(label string) string {
	return pick(g, label, texts("efs", "my.claim", "x-1"), wrongNames...)
}

func (g generator) labels(label string, wrong map[string]string) map[string]string {
	return pick(g, label,
		[]map[string]string{nil, {"team": "search"}, {"example.com/a.b-c_d": "X-1_2.3", "empty": ""}, {"v": long63}, {"app": "search"}},
		wrong, map[string]string{"a b": "c"}, map[string]string{"team": long64}, map[string]string{"team": "-"},
		map[string]string{"a..b/team": "x"}, map[string]string{strings.Repeat("d", 254) + "/team": "x"})
}

func (g generator) cidrs(label string) []string {
	return several(g, label, func() string { return g.cidr(label) })
}

func (g generator) cidr(label string) string {
	return pick(g, label, texts("10.0.0.0/24", "203.0.113.7/32", "2001:db8::/32", "0.0.0.0/0"),
		"10.0.0.1/24", "10.0.0.0", "10.0.0.0/33", "::ffff:10.0.0.0/120", "010.0.0.0/8", "fe80::%eth0/64", "")
}

// seconds returns a time of the lifecycle.
func (g generator) seconds(label string, right ...int) int {
	return pick(g, label, append([]int{0}, right...), -1, 3601, 1<<40)
}

func (g generator) spec() serving.Spec {
	s := serving.Spec{
		Name:          pick(g, "name", texts("mistral-7b", "a", "vllm", "keda-hpa-a", "x9", long54), append(texts("", long55, "9a", "a.b", "default"), wrongNames...)...),
		PreviousNames: pick(g, "previousNames", [][]string{nil, nil, {"old"}, {"old", "older"}, {"old", "mistral-7b"}, {strings.Repeat("e", 54)}}, texts(long55), texts("old", "old"), texts("mistral-7b"), texts("Old"), texts("default"), texts("")),
		Namespace:     pick(g, "namespace", texts("inference", "n", "0-n", long63), "", long64, "Bad", "a.b", "-n"),
		VLLMVersion:   pick(g, "vllmVersion", texts("", "v0.33.0", "v0.34.1"), "latest", "v0.32.0", "0.33.0"),
		Image: rarely(g, "image", 6, func() string {
			return pick(g, "image", texts("vllm/vllm-openai@sha256:"+strings.Repeat("0a", 32), "registry.example.com:5000/team/vllm:2026-11-01"), "vllm/vllm-openai:latest", "vllm", "a b", "vllm/vllm-openai:v0.31.0")
		}),
		Model: g.model(),
		LoRA:  g.lora(),
		KVCache: rarely(g, "kvCache", 6, func() serving.KVCache {
			return serving.KVCache{HostMemory: pick(g, "kvCache.hostMemory", texts("", "1Gi", "1536Mi"), "x", "1Mi", "-1Gi")}
		}),
		Queue: rarely(g, "queue", 6, func() serving.QueueLimits {
			return serving.QueueLimits{MaxRequests: pick(g, "queue.maxRequests", []int{0, 64}, -1, 1<<40), MaxTokens: pick(g, "queue.maxTokens", []int{0, 100_000}, -1)}
		}),
		GPU:        g.gpu(),
		NodeGroup:  rarely(g, "nodeGroup", 2, g.nodeGroup),
		Objectives: g.objectives(),
		Costs:      serving.Costs{Region: pick(g, "region", texts("", "us-west-2"))},
		Resources:  g.resources(),
		Scheduling: g.scheduling(),
		Lifecycle:  g.lifecycle(),
		Access:     g.access(),
		Storage:    g.storage(),
		Network:    g.network(),
		Ingress:    rarely(g, "ingress", 2, g.ingress),
		Monitoring: g.monitoring(),
		Labels:     g.labels("labels", map[string]string{"app.kubernetes.io/name": "x"}),
		Annotations: pick(g, "annotations", []map[string]string{nil, {"example.com/owner": "any\ntext ☃"}},
			map[string]string{"a b": ""}, map[string]string{"karpenter.sh/do-not-disrupt": "false"}, map[string]string{"x..y/a": ""}),
		Env: pick(g, "env", []map[string]string{nil, {"VLLM_LOGGING_LEVEL": "INFO", "ODD": "$(HOME)\n\"☃"}, {"VLLM_MAX_N_SEQUENCES": "8"}},
			map[string]string{"GITHUB_TOKEN": Canary}, map[string]string{"1X": ""}, map[string]string{"HOME": "/root"}, map[string]string{"VLLM_SERVER_DEV_MODE": "1"},
			map[string]string{"HF_TOKEN": Canary}, map[string]string{"A-B": ""}),
		Volumes: g.volumes(),
		ExtraArgs: pick(g, "extraArgs", [][]string{nil, {"--max-num-batched-tokens", "4096"}, {"--enforce-eager"}, {"--cpu-offload-gb", "4"}},
			texts("--port", "9"), texts("--api-key", Canary), texts("--no-such-flag"), texts("stray"), texts("--trust-remote-code"), texts("--max-num-batched-tokens", "x"), texts("--hf-token="+Canary)),
		PodPatch: rarely(g, "podPatch", 3, g.patch),
	}
	if s.NodeGroups = rarely(g, "nodeGroups", 3, func() []serving.NodeGroup { return g.preferences(s.NodeGroup) }); len(s.NodeGroups) > 1 {
		s.NodeGroup = serving.Compose(s.NodeGroups)
	}
	s.Replicas, s.Scaling = g.replicas()
	if declared(s.Scaling.Policy).Prometheus() && s.Monitoring.PrometheusURL == "" && !g.wrong("the missing prometheusUrl") {
		s.Monitoring.PrometheusURL = "http://prometheus.monitoring.svc:9090"
	}
	if strings.HasPrefix(s.Model.ID, "s3://") && !g.wrong("an S3 model's revision") {
		s.Model.Revision, s.Storage.Weights = "", serving.Weights{}
	}
	return s
}

func (g generator) model() serving.Model {
	return serving.Model{
		ID: pick(g, "model", texts("Qwen/Qwen3-8B", "mistralai/Mistral-7B-Instruct-v0.2", "org/unknown", "s3://bucket/Qwen/Qwen3-8B", "s3://my.bucket/llms/own/", "meta-llama/Llama-3.3-70B-Instruct", "gpt2"),
			"", "a b", "s3://b", "s3://Bucket/x", "/models", "a/b/c", "-x/y", "s3://bucket//x", "s3://bucket/../x"),
		Revision:        rarely(g, "revision", 8, func() string { return pick(g, "revision", texts("main", "refs/pr/1"), "-x", "a b") }),
		ServedNames:     pick(g, "servedModelName", [][]string{nil, {"chat"}, {"org/chat:8b@v1"}, {"chat", "alias", "org/alias"}}, texts("-x"), texts("a b"), texts("\n"), texts("x", "x"), texts("chat", "a b")),
		MaxLen:          pick(g, "maxModelLen", []int{0, 8192, 1024}, -1, 1<<40),
		MaxNumSeqs:      pick(g, "maxNumSeqs", []int{0, 32, 1}, -1, 16385),
		DType:           pick(g, "dtype", texts("", "bfloat16", "half"), "int3", "-"),
		Quantization:    rarely(g, "quantization", 8, func() string { return pick(g, "quantization", texts("fp8", "awq"), "magic", "--x") }),
		KVCacheDType:    pick(g, "kvCacheDtype", texts("", "fp8", "auto"), "fp3"),
		PrefixCaching:   pick(g, "prefixCaching", []*bool{nil, new(true), new(false)}),
		ToolCallParser:  pick(g, "toolCallParser", texts("", "hermes", "my-own"), "--x", "a b"),
		ReasoningParser: pick(g, "reasoningParser", texts("", "qwen3"), "a\nb"),
		Shape: rarely(g, "shape", 6, func() string {
			return pick(g, "shape", texts("Qwen/Qwen3-8B", SmallConfig), "no/model", "{", "{}", `{"hidden_size":"x"}`, "null")
		}),
	}
}

// SmallConfig is the config.json of a model that fits on every GPU.
const SmallConfig = `{"model_type":"llama","hidden_size":2048,"num_hidden_layers":16,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":8192,"vocab_size":128256,"max_position_embeddings":8192,"torch_dtype":"bfloat16"}`

func (g generator) lora() serving.LoRA {
	return rarely(g, "lora", 4, func() serving.LoRA {
		names := texts("sql", "legal:v1", "x/y")
		l := serving.LoRA{
			Adapters: several(g, "lora.adapters", func() serving.Adapter {
				names = append(names[1:], names[0])
				return serving.Adapter{
					Name:   pick(g, "adapter", names[:1], "", "-x", "a b", "a=b", "sql"),
					Source: pick(g, "source", texts("org/sql-lora", "/adapters/legal"), "", "relative/x/y", "/a/../b", "a b"),
				}
			}),
			MaxRank:   pick(g, "lora.maxRank", []int{0, 16, 512}, -1, 17),
			MaxLoaded: pick(g, "lora.maxLoaded", []int{0, 1}, -1, 9),
		}
		if len(l.Adapters) == 0 && !g.wrong("no adapters") {
			return serving.LoRA{}
		}
		return l
	})
}

func (g generator) gpu() serving.GPU {
	return serving.GPU{
		Type:  rarely(g, "gpu.type", 4, func() string { return pick(g, "gpu.type", texts("A10G", "L40S", "H100", "L4"), "GTX-1", "a10g ") }),
		Count: pick(g, "gpu.count", []int{0, 1, 2, 4, 8}, -1, 3, 9),
	}
}

func (g generator) nodeGroup() serving.NodeGroup {
	bounds := pick(g, "nodeGroup.max", [][2]int{{0, 0}, {0, 3}, {1, 40}}, [2]int{-1, 0}, [2]int{4, 3}, [2]int{0, 451})
	group := serving.NodeGroup{
		Name: pick(g, "nodeGroup.name", texts("g5"), "", "G5", long64),
		InstanceTypes: pick(g, "nodeGroup.instanceTypes", [][]string{
			{"g5.2xlarge"}, {"g6e.2xlarge"}, {"g5.12xlarge", "g5.24xlarge"}, {"p4d.24xlarge"}, {"g6.8xlarge", "gr6.4xlarge"}, {"p5.48xlarge"}, {"g5.xlarge", "g5.16xlarge"}, {"g6e.48xlarge"},
		}, nil, texts("m5.large"), texts("g5.2xlarge", "g6.2xlarge"), texts("g5.2xlarge", "g5.12xlarge"), texts("")),
		Labels: pick(g, "nodeGroup.labels", []map[string]string{{"pool": "gpu"}, nil}, map[string]string{"a b": "c"}, map[string]string{"pool": long64}),
		Min:    bounds[0], Max: bounds[1],
		Others: pick(g, "nodeGroup.others", [][]serving.Demand{nil, {{GPUs: 1, Replicas: 2}}}),
	}
	if len(group.InstanceTypes) > 1 && group.Labels == nil && !g.wrong("the missing label") {
		group.Labels = map[string]string{"pool": "gpu"}
	}
	return group
}

// preferences returns a list of groups that starts with a group.
func (g generator) preferences(first serving.NodeGroup) []serving.NodeGroup {
	if len(first.InstanceTypes) == 0 {
		return nil
	}
	if first.Labels == nil {
		first.Labels = map[string]string{"pool": "gpu"}
	}
	list := []serving.NodeGroup{first}
	for _, name := range pick(g, "nodeGroups", [][]string{{"spot"}, {"spot", "block"}}) {
		next := first
		next.Name, next.Spot = name, name == "spot"
		next.Labels = pick(g, "nodeGroups.labels", []map[string]string{{"pool": name}, {"pool": name, "team": "a"}, {"team": name}}, map[string]string{"pool": "gpu"})
		next.InstanceTypes = pick(g, "nodeGroups.types", [][]string{first.InstanceTypes}, texts("g4dn.xlarge"))
		list = append(list, next)
	}
	return list
}

func (g generator) objectives() serving.Objectives {
	return serving.Objectives{
		TPOTMilliseconds: pick(g, "objectives.tpot", []int{0, 50, 1000}, -1, 10001),
		TTFTMilliseconds: pick(g, "objectives.ttft", []int{0, 500, 10000}, -1, 600001),
		InputTokens:      pick(g, "objectives.input", []int{0, 100}, -1, 1<<30),
		OutputTokens:     pick(g, "objectives.output", []int{0, 1, 4000}, -1, 1<<30),
	}
}

func (g generator) replicas() (serving.Replicas, serving.Scaling) {
	min := pick(g, "replicas.min", []*int{nil, new(1), new(2), new(0), new(1000)}, new(-1), new(1001))
	r := serving.Replicas{Min: min, Max: pick(g, "replicas.max", []int{0, 1, 3, 8, 1000}, -1, 1001)}
	names := []serving.ScalingPolicy{""}
	for _, p := range serving.Policies() {
		if p.Scaler != serving.NoScaler {
			names = append(names, p.Name)
		}
	}
	s := serving.Scaling{Policy: pick(g, "scaling.policy", names, "magic", serving.Fixed)}
	policy := declared(s.Policy)
	if min != nil && r.Max < *min && r.Max > 0 && !g.wrong("the order of the bounds") {
		r.Max = *min
	}
	if policy.Settings != nil && !policy.FromZero && min != nil && *min == 0 && !g.wrong("a minimum of 0 with cores") {
		s.Policy = serving.Queue
		policy = declared(s.Policy)
	}
	if min != nil && *min == 0 {
		s.Wake.Query = pick(g, "scaling.wakeQuery", texts(`sum(rate(gateway_requests_total{model="a"}[1m]))`, "vector(1)"), "", BadQuery)
		s.Wake.IdleSeconds = pick(g, "scaling.idleSeconds", []int{0, 600}, -1, 3601)
	}
	if !g.maybe("scaling targets are set", 4) {
		return r, s
	}
	g.settings(&s.Settings, policy)
	return r, s
}

// settings sets the settings that a policy uses, or any of a policy that ignores them.
func (g generator) settings(s *serving.Settings, policy serving.Policy) {
	m, err := keys.Declare(reflect.TypeFor[serving.Settings]())
	if err != nil {
		g.t.Fatal(err)
	}
	var used []string
	if policy.Settings != nil {
		defaults := policy.Settings(serving.Replicas{Min: new(1)})
		used = keys.Given(&defaults)
	}
	for i, f := range keys.Fields(s) {
		if policy.Settings != nil && !slices.Contains(used, f.Name) {
			continue
		}
		limit := 1000.0
		if bounds := m.Keys[i].Range; bounds != nil && bounds.Max != nil {
			limit = *bounds.Max
		}
		switch p := f.Pointer.(type) {
		case *int:
			*p = pick(g, "scaling."+f.Name, []int{0, 1, 3, min(50, int(limit))}, -1, int(limit)+1)
		case *float64:
			*p = pick(g, "scaling."+f.Name, []float64{0, limit / 2, limit, 1e-9}, -0.1, 1.1*limit)
		default:
			g.t.Fatalf("values of scaling.%s are not known here", f.Name)
		}
	}
}

// declared returns the declaration of a policy; the default is load.
func declared(p serving.ScalingPolicy) serving.Policy {
	if p == "" {
		p = serving.Load
	}
	policy, _ := p.Declaration()
	return policy
}
