package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestPreemptionBeginsAtTheExposedKVSize holds that requests that need exactly the exposed
// number of KV blocks run without preemption, and that one more block preempts.
func TestPreemptionBeginsAtTheExposedKVSize(t *testing.T) {
	cases := map[string]struct {
		args   []string
		blocks float64 // expected, computed by hand
	}{
		// 22.07 GiB × 0.71, less 14.96 of weights, 0.23 for activations, 0.25 of
		// context and 0.07 of graphs, in blocks of 16 × 128 KiB.
		"from memory":   {[]string{"--gpu-memory-utilization", "0.71"}, 86},
		"from bytes":    {[]string{"--kv-cache-memory-bytes", "144M"}, 72},
		"from override": {[]string{"--num-gpu-blocks-override", "65"}, 65},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"--max-model-len", "1K", "--max-num-seqs", "8", "--max-num-batched-tokens", "2048"}, c.args...)
			p := launchModel(t, "meta-llama/Llama-3.1-8B-Instruct", []string{"VLLMSIM_TIME_SCALE=10"}, args...)
			p.ready(t)
			blocks := int(number(t, p.scrape(t), `vllm:cache_config_info\{.*num_gpu_blocks="(\d+)"`))
			size := int(number(t, p.scrape(t), `vllm:cache_config_info\{(?:.*,)?block_size="(\d+)"`))
			if blocks != int(c.blocks) || size != 16 {
				t.Fatalf("%d blocks of %d tokens, want %v of 16", blocks, size, c.blocks)
			}
			initial := blocks / 2 * size
			p.fill(t, initial, (blocks-blocks/2)*size)
			if n := p.preemptions(t); n != 0 {
				t.Errorf("%v preemptions although all %d blocks suffice", n, blocks)
			}
			// Half a block more: needed while the other sequence is still running,
			// whichever of them started a few steps earlier.
			p.fill(t, initial, (blocks-blocks/2)*size+size/2)
			if n := p.preemptions(t); n == 0 {
				t.Errorf("no preemption although %d blocks are needed of %d", blocks+1, blocks)
			}
		})
	}
}

func (p *process) preemptions(t *testing.T) float64 {
	t.Helper()
	return number(t, p.scrape(t), `(?m)^vllm:num_preemptions_total\{.*\} (\S+)$`)
}

// fill generates for two prompts at once, so that the sequences end with the given numbers of
// tokens in the KV cache. The last token of a sequence is never in it.
func (p *process) fill(t *testing.T, initial, second int) {
	t.Helper()
	const output = 32
	prompt := func(tokens int) string {
		return "[" + strings.Repeat("1,", tokens-output) + "1]"
	}
	body := fmt.Sprintf(`{"prompt":[%s,%s],"ignore_eos":true,"max_tokens":%d}`, prompt(initial), prompt(second), output)
	client := http.Client{Timeout: patience}
	resp, err := client.Post(p.url+"/v1/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(answer), fmt.Sprintf(`"completion_tokens":%d`, 2*output)) {
		t.Fatalf("%d, %v: %.300s", resp.StatusCode, err, answer)
	}
}
