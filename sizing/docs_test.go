package sizing

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// TestConstantsAreDocumented checks that docs/sizing.md states the constants of the
// arithmetic.
func TestConstantsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	gpu := func(name string) catalogue.GPU {
		g, err := catalogue.FindGPU(name)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	old := Release{Minor: 16}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%g", d.Seconds()) }
	for _, want := range []string{
		fmt.Sprintf("The catalogue keeps the keys of %d published config.json files", len(catalogue.ShapeNames())),
		fmt.Sprintf("| utilisation | %g, since v0.21 %g |", old.Utilization(), current.Utilization()),
		fmt.Sprintf("the sampler, %g bytes × max_num_seqs × vocabulary (%g before v0.17)", current.samplerBytes(), old.samplerBytes()),
		fmt.Sprintf("+ %d × hidden, a token", forwardHidden),
		fmt.Sprintf("%g GiB (%g before v0.18)", current.contextGiB(), old.contextGiB()),
		fmt.Sprintf("without NVLink %g, A100 %g, Hopper %g + %g a GPU, %g with eight", current.peersGiB(gpu("A10G"), 2), current.peersGiB(gpu("A100-80"), 4),
			round(2*current.peersGiB(gpu("H100"), 2)-current.peersGiB(gpu("H100"), 4), 3), round((current.peersGiB(gpu("H100"), 4)-current.peersGiB(gpu("H100"), 2))/2, 3), current.peersGiB(gpu("H100"), 8)),
		fmt.Sprintf("%g GiB a layer, %g with experts", graphGiB, graphExpertGiB),
		fmt.Sprintf("%g GiB, %g %% of the memory, %g %% of activations, communication and graphs, and %g %% of the weights", errorFloorGiB, 100*errorUsable, 100*errorOverhead, 100*errorWeights),
		fmt.Sprintf("N + %g × √(%g × N) = usable", deviate95, dispersion),
		fmt.Sprintf("exp(%g × %g × √(1 − exp(−2 h / %d))) for h = %d s", deviate95, rateDeviation, rateMemorySeconds, scrapeSeconds+syncSeconds),
		fmt.Sprintf("in steps of %d", sequencesStep),
		fmt.Sprintf("ρ × exp(−2 × (1 − ρ) × w / (%g × S)) = %g", promptDispersion, lateShare),
		fmt.Sprintf("| node | %s s |", seconds(nodeBoot)), fmt.Sprintf("| image | %s s for", seconds(imagePull)),
		fmt.Sprintf("at %g MB/s (an assumption)", hubBytesPerSecond/1e6), fmt.Sprintf("at %.0f %% of the network; from a file at what the disk gives, %.0f MB/s at most", 100*streamed, fileBytesPerSecond/1e6),
		fmt.Sprintf("| engine | %s s, %s with compiled code kept, %s without graphs", seconds(initCold), seconds(initCache), seconds(initEager)),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/sizing.md does not say %q", want)
		}
	}
}

// TestRulesAreDocumented checks that the page has exactly one line for each rule.
func TestRulesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "### What does not start\n")
	section, _, _ = strings.Cut(section, "\n### ")
	if !found {
		t.Fatal("docs/sizing.md has no section of what does not start")
	}
	for _, r := range rules {
		if !strings.Contains(section, fmt.Sprintf("| `%s` | ", r.rule)) {
			t.Errorf("docs/sizing.md does not say what %s refuses", r.rule)
		}
	}
	if lines := strings.Count(section, "\n| `"); lines != len(rules) {
		t.Errorf("docs/sizing.md has %d rules, want %d", lines, len(rules))
	}
	for _, want := range []string{fmt.Sprintf("`fp8_ds_mla` %d for the whole latent", packedLatent), fmt.Sprintf("%d for each head's keys", perTokenScale)} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/sizing.md does not say %q", want)
		}
	}
}
