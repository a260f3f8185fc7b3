package catalogue

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestCatalogueShapes(t *testing.T) {
	entries, err := load()
	if err != nil {
		t.Error(err)
	}
	ids, families := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		if _, err := e.shape(); err != nil {
			t.Errorf("%s: %v", e.IDs[0], err)
		}
		for _, id := range e.IDs {
			if ids[id] {
				t.Errorf("%s stands in the catalogue twice", id)
			}
			ids[id] = true
			if s, ok := FindShape(id); !ok || s.Family || s.Name != id {
				t.Errorf("%s is found as %q, by its family: %v", id, s.Name, s.Family)
			}
		}
		for _, family := range e.Families {
			if families[family] {
				t.Errorf("the family %s stands in the catalogue twice", family)
			}
			families[family] = true
		}
	}
}

// TestParametersAddUp compares the counted parameters with the published number. The
// arithmetic does not count encoders and adapters, so models with them may have more.
// Position tables and biases matter in small models.
func TestParametersAddUp(t *testing.T) {
	entries, _ := load()
	for _, e := range entries {
		plain, err := ParseConfig(e.Config)
		if err != nil {
			t.Error(err)
			continue
		}
		counted := plain.Weights.Total()
		if e.Parameters == 0 { // TestParametersOfTheName
			continue
		}
		low, high := -0.01, 0.01
		switch {
		case e.Rounded || counted < 2e9:
			low, high = -0.06, 0.06
		case plain.Vision != (Vision{}) || plain.drafts:
			low, high = -0.05, 0.05
		}
		if uncounted[e.IDs[0]] {
			low = -0.35
		}
		if deviation := counted/e.Parameters - 1; !(deviation >= low && deviation <= high) {
			t.Errorf("%s: %.4g parameters counted, %.4g published: %+.1f %%", e.IDs[0], counted, e.Parameters, 100*deviation)
		}
	}
	if len(entries) < 400 {
		t.Errorf("only %d shapes", len(entries))
	}
}

// named holds the published numbers of parameters, in billions, of models whose names
// do not state them: from their model cards, read on 2026-11-29.
var named = map[string]float64{
	"DeepSeek-V3.1": 671, "DeepSeek-V3.2": 671, "DeepSeek-V4-Flash": 284, "DeepSeek-V4-Pro": 1600, "GLM-5": 744, "GLM-5.1": 744, "GLM-5.2": 744,
	"Kimi-K2.5": 1027, "Kimi-K2.6": 1027, "Kimi-K2.7-Code": 1027, "Kimi-K3": 2800, "MiniMax-M2.5": 229, "MiniMax-M2.7": 229, "MiniMax-M3": 427, "Step-3.7-Flash": 196, "Step-3.5-Flash": 196, "Hy3": 295,
	"GLM-OCR": 0.9, "Qwen3-ASR-1.7B": 2.3, "PaddleOCR-VL-1.5": 0.9, "Laguna-XS-2.1": 33, "whisper-large-v3": 1.55, "whisper-large-v3-turbo": 0.809, "bge-m3": 0.568,
	"NVIDIA-Nemotron-3-Nano-30B-A3B": 31.6, "NVIDIA-Nemotron-3.5-Lightning-30B-A3B": 31.6, // as the catalogue has of the copies in 16 bit
}

var billions = regexp.MustCompile(`-(\d+(?:\.\d+)?)B(?:-|$)`)

// TestParametersOfTheName compares the models without an exact number in the catalogue
// with the number in their name.
func TestParametersOfTheName(t *testing.T) {
	entries, _ := load()
	checked := 0
	for _, e := range entries {
		if e.Parameters > 0 {
			continue
		}
		checked++
		name := strings.NewReplacer("-NVFP4", "", "-FP8", "").Replace(lastName(e.IDs[0]))
		want := named[name]
		if m := billions.FindStringSubmatch(name); want == 0 && m != nil {
			want, _ = strconv.ParseFloat(m[1], 64)
		}
		s, err := e.shape()
		if got := s.Weights.Total() / 1e9; err != nil || want == 0 || math.Abs(got/want-1) > tolerance(want) {
			t.Errorf("%s has %.1f billion parameters, %v, want %g", e.IDs[0], got, err, want)
		}
	}
	if checked < 40 {
		t.Errorf("only %d models without an exact number", checked)
	}
}

// tolerance returns 3 %, and more for names with few digits. Small models have an
// encoder or a table of estimated size.
func tolerance(billions float64) float64 {
	if billions < 2.5 {
		return 0.25
	}
	return max(0.03, 0.85/billions)
}

// TestModelsOfTheRecipes compares testdata/recipes.tsv, which lists the models of
// vLLM's recipes, with the catalogue.
func TestModelsOfTheRecipes(t *testing.T) {
	text, err := os.ReadFile("testdata/recipes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		id, want, _ := strings.Cut(strings.TrimSpace(line), "\t")
		states[want]++
		s, ok := FindShape(id)
		got := "own"
		switch {
		case !ok && want == "media":
			got = want
		case !ok:
			got = "missing"
		case s.Family:
			got = "family"
		}
		if got != want {
			t.Errorf("%s is %s, and testdata/recipes.tsv says %s", id, got, want)
		}
	}
	if states["own"]+states["family"] < 220 {
		t.Errorf("%v", states)
	}
}

// TestPublishedShapes compares the size of the weights in GiB and the cache with vLLM's
// results for published config.json files. Sources: the sizes of the files on the Hub,
// vllm#40291 (29.39 GiB allocated when loading failed), vLLM's recipes, and the layers
// in the files.
func TestPublishedShapes(t *testing.T) {
	tests := []struct {
		id     string
		gib    float64
		layers int // that cache the whole context
		window int // layers with a window
		states int // layers with a state
	}{
		{"deepseek-ai/DeepSeek-V4-Flash", 149, 1, 1, 1}, // all layers as one
		{"deepseek-ai/DeepSeek-V4-Pro", 805, 1, 1, 1},
		{"nvidia/Gemma-4-31B-IT-NVFP4", 29.4, 10, 50, 0},
		{"nvidia/Qwen3.6-27B-NVFP4", 19.6, 16, 0, 48},
		{"nvidia/GLM-5.1-NVFP4", 415, 78, 0, 0},
		{"nvidia/DeepSeek-V3.1-NVFP4", 360, 61, 0, 0},
		{"nvidia/Llama-3.1-70B-Instruct-FP8", 67.8, 80, 0, 0},
		{"MiniMaxAI/MiniMax-M3", 795, 60, 0, 0},
		{"zai-org/GLM-5.2-FP8", 697, 78, 0, 0},
		{"moonshotai/Kimi-K2.5", 554, 61, 0, 0},
		{"moonshotai/Kimi-K3", 1447, 24, 0, 69},
		{"nvidia/Llama-3_3-Nemotron-Super-49B-v1", 93, 49, 0, 0},
		{"nvidia/Nemotron-H-56B-Base-8K", 105, 10, 0, 54},
		{"nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16", 1024, 12, 0, 48},
		{"nvidia/NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4", 17.6, 6, 0, 23},
		{"XiaomiMiMo/MiMo-V2-Flash", 290, 9, 39, 0},
		{"Qwen/Qwen3-235B-A22B-FP8", 221, 94, 0, 0},
	}
	for _, test := range tests {
		s, ok := FindShape(test.id)
		if !ok {
			t.Errorf("%s is not found", test.id)
			continue
		}
		every, experts, rest := s.Bytes(2)
		size := every + experts + rest
		kept := map[KVKind]int{}
		for _, k := range s.KV {
			kept[k.Kind] += k.Count
		}
		if got := size / (1 << 30); math.Abs(got/test.gib-1) > 0.03 || kept[Full] != test.layers || kept[Sliding] != test.window || kept[State] != test.states {
			t.Errorf("%s: %.2f GiB and %v, want %+v", test.id, got, kept, test)
		}
	}
	if s, _ := FindShape("nvidia/NVIDIA-Nemotron-3.5-Lightning-30B-A3B-BF16"); s.MaxLen != 1_048_576 {
		t.Errorf("Nemotron-3.5-Lightning is trained for %d tokens, want 1,048,576", s.MaxLen)
	}
}

// uncounted holds models with parts that the arithmetic does not count and that the
// published number includes.
var uncounted = map[string]bool{
	"arcee-ai/Trinity-Mini": true, "openbmb/MiniCPM3-4B": true, // gates, latents
	"google/gemma-3n-E2B": true, "google/gemma-3n-E4B": true, "google/gemma-4-E2B": true, // side paths and audio
	"microsoft/Phi-4-multimodal-instruct": true, "microsoft/Phi-3-vision-128k-instruct": true, "microsoft/Phi-3.5-vision-instruct": true, // towers, adapters
	"Qwen/Qwen3-Next-80B-A3B-Instruct": true, "deepseek-ai/DeepSeek-OCR": true, "allenai/Molmo-7B-D-0924": true,
}
