package sizing

import (
	"fmt"
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// current is a release that the program supports.
var current = Release{Minor: 33}

func engine(t testing.TB, model, gpu string, gpus, maxModelLen int) Engine {
	t.Helper()
	shape, ok := catalogue.FindShape(model)
	if !ok {
		t.Fatalf("%s is not in the catalogue", model)
	}
	device, err := catalogue.FindGPU(gpu)
	if err != nil {
		t.Fatal(err)
	}
	return Engine{Release: current, Shape: shape, GPU: device, TensorParallel: gpus, MaxModelLen: maxModelLen}
}

func workload(t testing.TB, model, instance string, maxModelLen int) Workload {
	t.Helper()
	node, err := catalogue.FindInstance(instance)
	if err != nil {
		t.Fatal(err)
	}
	return Workload{Engine: engine(t, model, node.GPU.Name, 0, maxModelLen), Instance: node}
}

// TestWeightsAndCachePerToken compares with the pages of the models and with vLLM's
// start-up logs.
func TestWeightsAndCachePerToken(t *testing.T) {
	tests := []struct {
		model    string
		gib      float64
		perToken int64 // KiB
	}{
		{"mistralai/Mistral-7B-Instruct-v0.2", 13.49, 128},
		{"meta-llama/Llama-2-13b-hf", 24.24, 800},
		{"meta-llama/Llama-2-70b-chat-hf", 128.48, 320},
		{"TheBloke/Llama-2-70B-Chat-AWQ", 34.1, 320},
		{"codellama/CodeLlama-34b-Instruct-hf", 62.85, 192},
		{"meta-llama/Llama-3.1-8B-Instruct", 14.96, 128},
		{"RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", 67.72, 320},
		{"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", 5.18, 56},
		{"Qwen/Qwen2.5-14B-Instruct", 27.51, 192},
		{"Qwen/Qwen3-30B-A3B", 56.87, 96},
		{"openai/gpt-oss-120b", 64.38, 72},
		{"deepseek-ai/DeepSeek-V2-Lite-Chat", 29.43, 30},
		{"mistralai/Mixtral-8x7B-Instruct-v0.1", 86.99, 128},
		{"meta-llama/Llama-4-Scout-17B-16E-Instruct", 202.5, 192},
	}
	for _, test := range tests {
		e := engine(t, test.model, "A100-80", 1, 4096).WithDefaults()
		if got := e.WeightsGiB(); math.Abs(got/test.gib-1) > 0.03 {
			t.Errorf("%s: weights of %.2f GiB, want %.2f", test.model, got, test.gib)
		}
		if got := e.KVBytesPerToken() / 1024; got != test.perToken {
			t.Errorf("%s: %d KiB per token, want %d", test.model, got, test.perToken)
		}
	}
}

// TestVerdicts checks the rows of a well-known table, of which two are wrong.
func TestVerdicts(t *testing.T) {
	tests := []struct {
		model, gpu string
		gpus       int
		want       Verdict
	}{
		{"mistralai/Mistral-7B-Instruct-v0.2", "A10G", 1, Fits},
		{"meta-llama/Llama-2-13b-chat-hf", "A10G", 1, DoesNotFit}, // the table: fits a g5.2xlarge
		{"codellama/CodeLlama-34b-Instruct-hf", "A100-80", 1, Fits},
		{"codellama/CodeLlama-34b-Instruct-hf", "A100-40", 2, Fits},
		{"meta-llama/Llama-2-70b-chat-hf", "A100-40", 2, DoesNotFit}, // the table: two A100
		{"meta-llama/Llama-2-70b-chat-hf", "A100-80", 2, Fits},
		{"TheBloke/Llama-2-70B-Chat-AWQ", "L40S", 1, Fits},
		{"TheBloke/Llama-2-70B-Chat-AWQ", "A10G", 1, DoesNotFit},
	}
	for _, test := range tests {
		if m := Fit(engine(t, test.model, test.gpu, test.gpus, 4096)); m.Verdict != test.want {
			t.Errorf("%s on %d × %s %s (%+.2f GiB of cache), want %s", test.model, test.gpus, test.gpu, m.Verdict, m.KV-m.Short, test.want)
		}
	}
}

// TestCacheOfLogs compares with start-up logs that local/accuracy does not contain.
func TestCacheOfLogs(t *testing.T) {
	// 1952 blocks: an RTX 3090 or 4090 at 0.90, v0.6.4 with chunked prefill.
	e := engine(t, "meta-llama/Llama-3.1-8B-Instruct", "RTX-3090", 1, 35000)
	e.Release, e.Utilization, e.MaxBatchedTokens = Release{Minor: 6, Patch: 4}, 0.90, 512
	if got := Fit(e).Tokens; math.Abs(float64(got)/41120-1) > 0.05 {
		t.Errorf("%d tokens, want about 41,120", got)
	}
}

func TestReleases(t *testing.T) {
	old, _ := ParseRelease("0.8.5.post1")
	if old != (Release{0, 8, 5}) || old.Utilization() != 0.9 || current.Utilization() != 0.92 {
		t.Errorf("%v: %v, %v: %v", old, old.Utilization(), current, current.Utilization())
	}
	for _, text := range []string{"latest", "", "v1", "nightly-0a1b"} {
		if r, ok := ParseRelease(text); ok {
			t.Errorf("%q is read as %v", text, r)
		}
	}
	e := engine(t, "Qwen/Qwen3-14B", "H100", 1, 8192)
	e.Utilization = 0.95
	var got []float64
	for _, minor := range []int{15, 17, 19, 21} {
		e.Release = Release{Minor: minor}
		got = append(got, math.Round(10*Fit(e).KV)/10)
	}
	// Logged: 41.94 by v0.15, 45.34 by v0.17; later more for CUDA, then for graphs.
	if want := []float64{42, 45.3, 45.2, 44.4}; !slices.Equal(got, want) {
		t.Errorf("the cache is %v GiB, want %v", got, want)
	}
}

// TestNarrowCacheDoublesTheTokens checks a ratio that logs show exactly.
func TestNarrowCacheDoublesTheTokens(t *testing.T) {
	wide := engine(t, "Qwen/Qwen2.5-7B-Instruct", "H100", 1, 8192)
	narrow := wide
	narrow.KVCacheDType = "fp8"
	if a, b := Fit(wide).Blocks, Fit(narrow).Blocks; b != 2*a && b != 2*a+1 {
		t.Errorf("%d blocks in 16 bit, %d in 8", a, b)
	}
}

// TestCacheTypeOfCheckpoint checks that auto means the type for which the checkpoint
// has scales.
func TestCacheTypeOfCheckpoint(t *testing.T) {
	wide := engine(t, "Qwen/Qwen2.5-7B-Instruct", "H100", 1, 8192)
	scaled := wide
	scaled.Shape.Quantization.KVCacheDType = "fp8"
	if a, b := Fit(wide).Blocks, Fit(scaled).Blocks; b < 2*a {
		t.Errorf("%d blocks in 16 bit, %d in the 8 of the checkpoint", a, b)
	}
	scaled.KVCacheDType = "bfloat16"
	if a, b := Fit(wide).Blocks, Fit(scaled).Blocks; a != b {
		t.Errorf("%d blocks in 16 bit, %d with 16 bit requested", a, b)
	}
}

// TestPaddedAndHybridCaches checks how layers of several kinds share one pool.
func TestPaddedAndHybridCaches(t *testing.T) {
	p := engine(t, "google/gemma-3-27b-it", "H100", 1, 8192).WithDefaults().pool()
	groups := 0
	for _, g := range p.groups {
		groups += g.count
	}
	if p.layers != 10 || groups != 7 { // 62 layers take the room of 70
		t.Errorf("Gemma-3 27B: %d groups of %d layers, want 7 of 10", groups, p.layers)
	}
	// Qwen3.5-4B on an L4, v0.29: 9.10 GiB held 267,842 tokens at 32,768.
	e := engine(t, "Qwen/Qwen3.5-4B", "L4", 1, 32768)
	gigabytes := 9.10
	e.Release, e.KVCacheBytes = Release{Minor: 29}, int64(gigabytes*gib)
	if got := Fit(e).Tokens; math.Abs(float64(got)/267842-1) > 0.002 {
		t.Errorf("Qwen3.5-4B: %d tokens, logged 267,842", got)
	}
	// A window saves the tokens beyond the window and a batch, if the context is
	// longer.
	long := engine(t, "openai/gpt-oss-20b", "L40S", 1, 131072).WithDefaults()
	if got, full := long.blocksFor(long.pool(), 131072), 2*131072/BlockSize; got != full/2+(128-1+2*2048+BlockSize-1)/BlockSize+1 { // two batches in flight
		t.Errorf("gpt-oss: 131,072 tokens take %d blocks, without windows %d", got, full)
	}
}

// quarter is the default time between two scrapes: a quarter of a minute.
const quarter = 15 * time.Second

// TestServing checks the example of the documentation.
func TestServing(t *testing.T) {
	e := engine(t, "meta-llama/Llama-3.1-8B-Instruct", "A10G", 1, 8192)
	e.MaxNumSeqs = 256
	m := Memory{Blocks: 1952, Tokens: 31232, MaxModelLen: 8192} // the cache of a 24 GB GPU with v0.6
	s := Serve(e, m, Objectives{}, quarter, 90*time.Second)
	if s.ByKV != 24 || s.ByTPOT != 17 || s.Usable != 17 || s.MaxNumSeqs != 24 || s.ByTTFT != 6 || s.Target != 4 {
		t.Errorf("%+v, want 24 by the cache, 17 and 6 by the objectives, 24 sequences, target 4", s)
	}
	for ttft, want := range map[float64]int{1000: 1, 10_000: 6} { // little time for the queue; decoding is the bound
		if patient := Serve(e, m, Objectives{TTFTMilliseconds: ttft}, quarter, 90*time.Second); patient.Target != want || patient.Usable != 17 {
			t.Errorf("within %g ms to the first token the target is %d, want %d", ttft, patient.Target, want)
		}
	}
	slower := Serve(e, m, Objectives{}, time.Minute, 90*time.Second)
	if slower.Growth <= s.Growth {
		t.Errorf("with one scrape a minute, the load grows by %.3f, want more than %.3f", slower.Growth, s.Growth)
	}
	if math.Abs(s.Growth-1.39) > 0.01 {
		t.Errorf("the load grows by %.3f until a new replica serves, want 1.39 in 120 s", s.Growth)
	}
	if slow := Serve(e, m, Objectives{TPOTMilliseconds: 25}, quarter, time.Minute); slow.Usable != 0 || slow.Target != 1 || slow.MaxNumSeqs != fewestSequences {
		t.Errorf("an objective that one request alone misses gives %+v", slow)
	}
	e.GPU.MemoryGBps = 0
	if unknown := Serve(e, m, Objectives{}, quarter, time.Minute); unknown.Usable != 24 || unknown.DecodeTokensPerSecond != 0 || unknown.ByTPOT != 0 {
		t.Errorf("a GPU of unknown speed gives %+v", unknown)
	}
}

// TestUnknownAttentionBits checks a 4-bit copy of which only the name is known: it does
// not fit for certain if a copy with attention in 16 bit does not fit.
func TestUnknownAttentionBits(t *testing.T) {
	named := engine(t, "someone/gemma-4-31B-it-NVFP4", "RTX-5090", 1, 4096)
	narrow, wide := named, named
	narrow.Shape.Quantization.Attention.Share, wide.Shape.Quantization.Attention.Share = 1, 0
	narrow.Shape.Quantization.Doubtful, wide.Shape.Quantization.Doubtful = false, false
	if a, b, c := Fit(narrow).Verdict, Fit(named).Verdict, Fit(wide).Verdict; a != Fits || b == Fits || c != DoesNotFit {
		t.Errorf("in 4 bit it %s, by its name it %s, with attention in 16 bit it %s", a, b, c)
	}
	warned := Size(Workload{Model: "someone/gemma-4-31B-it-NVFP4", Engine: named}).Warnings()
	if !slices.ContainsFunc(warned, func(w string) bool { return strings.Contains(w, "size someone/gemma-4-31B-it-NVFP4 --fetch") }) {
		t.Errorf("warns of %q", warned)
	}
	named.Shape.WeightsGiB = 20
	if m := Fit(named); m.Verdict != Fits || math.Abs(m.Weights-20) > 1e-6 {
		t.Errorf("of 20 GiB it %s with weights of %v", m.Verdict, m.Weights)
	}
	for _, model := range []string{"google/gemma-3-27b-it-qat-q4_0-unquantized"} {
		if e := engine(t, model, "H100", 1, 4096); e.Shape.Quantization.Method != "" {
			t.Errorf("%s is taken to be in %s", model, e.Shape.Quantization)
		}
	}
}

// TestRefusalKey checks that a refusal names the key to change, and that it proposes
// the change.
func TestRefusalKey(t *testing.T) {
	tests := []struct {
		model, instance   string
		length, sequences int
		key, change       string
	}{
		{"meta-llama/Llama-2-13b-hf", "g5.2xlarge", 4096, 0, "gpu.count", ""},
		{"meta-llama/Llama-3.1-8B", "g5.2xlarge", 131072, 0, "maxModelLen", "maxModelLen: "},
		{"Qwen/Qwen3.5-4B", "g6.2xlarge", 4096, 1024, "maxNumSeqs", "maxNumSeqs: "},
	}
	for _, test := range tests {
		w := workload(t, test.model, test.instance, test.length)
		w.Engine.MaxNumSeqs = test.sequences
		e := Size(w)
		if e.Memory.Verdict != DoesNotFit || e.Memory.Key() != test.key || !strings.Contains(e.Refusal(), test.change) {
			t.Errorf("%s on %s %s by %s: %s; want a refusal by %s", test.model, test.instance, e.Memory.Verdict, e.Memory.Key(), e.Refusal(), test.key)
		}
	}
}

// TestTypicalConcurrency checks that a long context does not raise the number of
// typical requests.
func TestTypicalConcurrency(t *testing.T) {
	for _, model := range []string{"google/gemma-3-27b-it", "openai/gpt-oss-20b", "Qwen/Qwen3.5-4B"} {
		e := engine(t, model, "H100", 1, 8192)
		e.MaxNumSeqs = 64
		short := Serve(e, Fit(e), Objectives{}, quarter, time.Minute)
		e.MaxModelLen = 131072
		long := Serve(e, Fit(e), Objectives{}, quarter, time.Minute)
		if long.ByKV > short.ByKV || short.ByKV == 0 {
			t.Errorf("%s: %d typical requests with a context of 8,192 tokens, %d with 131,072", model, short.ByKV, long.ByKV)
		}
	}
}

// TestEnginesThatDoNotRun checks engines that are refused independent of their memory.
func TestEnginesThatDoNotRun(t *testing.T) {
	old := engine(t, "Qwen/Qwen2.5-7B-Instruct", "V100-32", 1, 8192)
	if m := Fit(old); m.Verdict != DoesNotFit || !strings.Contains(m.Reason, "CUDA 13") {
		t.Errorf("on V100: %s, %s", m.Verdict, m.Reason)
	}
	turing := engine(t, "openai/gpt-oss-20b", "T4", 2, 8192)
	if m := Fit(turing); m.Verdict != DoesNotFit || !strings.Contains(m.Reason, "Ampere") {
		t.Errorf("MXFP4 on T4: %s, %s", m.Verdict, m.Reason)
	}
	fixed := engine(t, "Qwen/Qwen2.5-7B-Instruct", "A10G", 1, 8192)
	fixed.KVCacheBytes = 20 << 30
	if m := Fit(fixed); m.Verdict != DoesNotFit {
		t.Errorf("20 GiB of cache beside 14 GiB of weights on 22: %s", m.Verdict)
	}
	fixed.KVCacheBytes, fixed.Utilization = 0, 1
	if m := Fit(fixed); m.Verdict != DoesNotFit {
		t.Errorf("all of the memory: %s", m.Verdict)
	}
	states := engine(t, "Qwen/Qwen3.5-4B", "L4", 1, 8192)
	states.MaxNumSeqs = 2048
	if m := Fit(states); m.Verdict != DoesNotFit || !strings.Contains(m.Reason, "states of 2048 sequences") {
		t.Errorf("more sequences than states: %s, %s", m.Verdict, m.Reason)
	}
	if e := Size(Workload{Engine: engine(t, "Qwen/Qwen3.5-4B", "L4", 1, 8192)}); e.Memory.Verdict != Fits {
		t.Errorf("with derived sequences: %s, %s", e.Memory.Verdict, e.Memory.Reason)
	}
}

// TestPure checks that sizing needs no network, no files and no Pulumi.
func TestPure(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(output))
	if !slices.Contains(deps, "github.com/vllm-eks/vllm-eks/sizing/catalogue") {
		t.Fatal("go list -deps lists no dependencies")
	}
	for _, dep := range deps {
		if dep == "net" || dep == "os/exec" || strings.HasPrefix(dep, "net/http") || strings.Contains(dep, "pulumi") {
			t.Errorf("sizing depends on %s", dep)
		}
	}
}

// TestDeterministic checks that two estimates of one workload are equal.
func TestDeterministic(t *testing.T) {
	w := workload(t, "Qwen/Qwen3-30B-A3B", "g6e.xlarge", 16384)
	for range 20 {
		if a, b := fmt.Sprint(Size(w), Changes(w)), fmt.Sprint(Size(w), Changes(w)); a != b {
			t.Fatalf("%s\nand then\n%s", a, b)
		}
	}
}
