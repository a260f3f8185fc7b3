package loop

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

func estimate(t *testing.T, model, gpu string, gpus int) sizing.Estimate {
	t.Helper()
	g, err := catalogue.FindGPU(gpu)
	if err != nil {
		t.Fatal(err)
	}
	shape, ok := catalogue.FindShape(model)
	if !ok {
		t.Fatalf("no shape of %s", model)
	}
	release, _ := sizing.ParseRelease("0.33.0")
	return sizing.Size(sizing.Workload{
		Engine: sizing.Engine{Release: release, Shape: shape, GPU: g, TensorParallel: gpus, MaxModelLen: 8192},
	})
}

// byLoad returns the rule of the default policy with one target.
func byLoad(target float64) policy.Policy {
	return policy.Policy{
		Name:     "load",
		Triggers: []policy.Trigger{{Name: "load", Signal: policy.Requests, Target: target}, {Name: "kv-cache", Signal: policy.KV, Target: 0.6}, {Name: "queue", Signal: policy.Waiting, Target: 2}},
		Up:       policy.Rules{Percent: 100, Pods: 4, Period: 15 * time.Second},
		Down:     policy.Rules{Window: 300 * time.Second, Percent: 25, Pods: 1, Period: time.Minute},
	}
}

const (
	coldStart = 90 * time.Second
	warmUp    = 5 * time.Minute
)

func specOf(t *testing.T, e sizing.Estimate, kind load.Kind, rate float64, length time.Duration) Spec {
	t.Helper()
	arrivals, err := load.Make(load.Spec{Kind: kind, Seed: 1, Rate: rate, Length: length, WarmUp: warmUp})
	if err != nil {
		t.Fatal(err)
	}
	return Spec{
		Policy: byLoad(float64(e.Serving.Target)), Arrivals: arrivals, WarmUp: warmUp, Length: length, Load: string(kind), Seed: 1,
		Min: 1, Max: 10, Engine: ConfigOf(e), Timing: DefaultTiming(coldStart),
	}
}

// Every request that counts is there once with a whole answer: leaving replicas cut no answer that
// can finish in their time. Two runs of one spec are the same.
func TestNothingIsLost(t *testing.T) {
	e := estimate(t, "meta-llama/Llama-3.1-8B-Instruct", "A10G", 1)
	spec := specOf(t, e, load.Ramp, 3, 30*time.Minute)
	trial := Run(spec)
	offered := 0
	for _, a := range spec.Arrivals {
		if a.At >= warmUp {
			offered++
		}
	}
	if len(trial.Requests) != offered {
		t.Errorf("%d requests, want %d", len(trial.Requests), offered)
	}
	for _, r := range trial.Requests {
		if !r.Whole() || r.First < r.At || r.Last < r.First {
			t.Fatalf("%+v, want it whole and in order", r)
		}
	}
	if !slices.ContainsFunc(trial.Pods, func(p result.Pod) bool { return p.Gone < trial.Length }) {
		t.Error("no replica left, so the test shows nothing")
	}
	if !reflect.DeepEqual(trial, Run(spec)) {
		t.Error("two runs differ")
	}
}

// A leaving replica that cannot finish in its time cuts answers, and they are counted.
func TestLeavingTooSoonCuts(t *testing.T) {
	e := estimate(t, "meta-llama/Llama-3.1-8B-Instruct", "A10G", 1)
	spec := specOf(t, e, load.Conversation, 3, 10*time.Minute)
	spec.Timing.Drain, spec.Timing.Shutdown = 0, time.Second
	spec.Schedule = []result.Step{{At: 0, Replicas: 4}, {At: 5 * time.Minute, Replicas: 1}}
	summary := result.Summarize(Run(spec))
	if summary.Truncated == 0 {
		t.Error("no answer was cut")
	}
}

// A prompt beyond the context is refused, as by vLLM, and delays no other.
func TestTooLongPromptsAreRefused(t *testing.T) {
	e := estimate(t, "meta-llama/Llama-3.1-8B-Instruct", "A10G", 1)
	spec := specOf(t, e, load.Conversation, 3, 10*time.Minute)
	spec.Arrivals = slices.Clone(spec.Arrivals)
	spec.MaxModelLen = 16384
	for i := range spec.Arrivals {
		if i%10 == 0 {
			spec.Arrivals[i].Input = spec.MaxModelLen + 1
		}
	}
	summary := result.Summarize(Run(spec))
	if share := float64(summary.Refused) / float64(summary.Offered); math.Abs(share-.1) > .01 || summary.Attained < .8 {
		t.Errorf("%.2f are refused and %.2f met the SLO, want 0.1 and 0.8 or more", share, summary.Attained)
	}
}

// Replicas at the derived target load meet the SLO, on different GPUs and models, at a rate for
// about four replicas.
func TestDerivedTargetsKeepTheObjectives(t *testing.T) {
	for _, c := range []struct {
		model, gpu string
		gpus       int
	}{
		{"meta-llama/Llama-3.1-8B-Instruct", "A10G", 1},
		{"meta-llama/Llama-3.1-8B-Instruct", "L40S", 1},
		{"meta-llama/Llama-3.3-70B-Instruct", "A100-40", 8},
		{"Qwen/Qwen2.5-32B-Instruct", "H100", 1},
	} {
		t.Run(c.model+" on "+c.gpu, func(t *testing.T) {
			e := estimate(t, c.model, c.gpu, c.gpus)
			each := e.Serving.TargetTokensPerSecond / float64(e.Workload.Objectives.OutputTokens)
			spec := specOf(t, e, load.Conversation, 4*each, 40*time.Minute)
			spec.Start = 4
			s := result.Summarize(Run(spec))
			t.Logf("target %d (%d usable, %d within TTFT), %.1f requests/s: SLO %.1f %%, %.2f GPU-hours", e.Serving.Target, e.Serving.Usable, e.Serving.ByTTFT, 4*each, 100*s.Attained, s.GPUHours)
			if s.Attained < 0.94 {
				t.Errorf("%.1f %% of the requests meet the SLO, want 94", 100*s.Attained)
			}
		})
	}
}
