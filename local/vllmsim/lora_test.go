package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/api"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

func TestReadLoRA(t *testing.T) {
	adapters := t.TempDir()
	for _, c := range []struct {
		name        string
		args        []string
		maxAdapters int
		adapters    []api.Adapter
		err         string
		usage       bool
	}{
		{"off", nil, 0, nil, "", false},
		{"on", []string{"--enable-lora"}, 1, nil, "", false},
		{"two at once", []string{"--enable-lora", "--max-loras", "2", "--max-lora-rank", "64"}, 2, nil, "", false},
		{"pairs", []string{"--enable-lora", "--max-cpu-loras", "2", "--lora-modules", "a=" + adapters, "b=org/b"}, 1,
			[]api.Adapter{{Name: "a", Path: adapters, Parent: "served"}, {Name: "b", Path: "org/b", Parent: "served"}}, "", false},
		{"JSON", []string{"--enable-lora", "--lora-modules", `{"name":"a","path":"org/a","base_model_name":"alias"}`, `{"name":"b","path":"org/b","base_model_name":"stranger"}`}, 1,
			[]api.Adapter{{Name: "a", Path: "org/a", Parent: "alias"}, {Name: "b", Path: "org/b", Parent: "served"}}, "", false},
		{"none at once", []string{"--enable-lora", "--max-loras", "0"}, 0, nil, "max_loras should be greater than or equal to 1, got 0", false},
		{"none at once, and off", []string{"--max-loras", "0"}, 0, nil, "", false},
		{"fewer in memory than in a batch", []string{"--enable-lora", "--max-loras", "3", "--max-cpu-loras", "2"}, 0, nil, "max_cpu_loras (2) must be >= max_loras (3)", false},
		{"two signs", []string{"--enable-lora", "--lora-modules", "a=b=c"}, 0, nil, "too many values to unpack", false},
		{"a word", []string{"--enable-lora", "--lora-modules", "a"}, 0, nil, "Invalid JSON format for --lora-modules: a", true},
		{"no path", []string{"--enable-lora", "--lora-modules", `{"name":"a"}`}, 0, nil, "Invalid fields for --lora-modules", true},
		{"a list", []string{"--enable-lora", "--lora-modules", `[{"name":"a","path":"b"}]`}, 0, nil, "Invalid fields for --lora-modules", true},
		{"another field", []string{"--enable-lora", "--lora-modules", `{"name":"a","path":"b","rank":8}`}, 0, nil, `unknown field "rank"`, true},
	} {
		args, err := vllmflags.Parse(append([]string{"m"}, c.args...))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got, err := readLoRA(args, []string{"served", "alias"})
		if c.err != "" {
			var wrong usageError
			if err == nil || !strings.Contains(err.Error(), c.err) || errors.As(err, &wrong) != c.usage {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil || got.maxAdapters != c.maxAdapters || !slices.Equal(got.adapters, c.adapters) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestLoadAdaptersFails(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name string
		lora lora
		want string
	}{
		{"there", lora{enabled: true, adapters: []api.Adapter{{Name: "a", Path: folder}, {Name: "b", Path: "org/b"}}}, ""},
		{"off", lora{adapters: []api.Adapter{{Name: "a", Path: folder}}}, "LoRA is not enabled. Use --enable-lora to enable LoRA."},
		{"no folder", lora{enabled: true, adapters: []api.Adapter{{Name: "a", Path: folder + "/a"}}}, "Loading lora a failed: No adapter found for " + folder + "/a"},
		{"twice", lora{enabled: true, adapters: []api.Adapter{{Name: "a", Path: folder}, {Name: "a", Path: "org/a"}}}, "The lora adapter 'a' has already been loaded."},
		{"no name", lora{enabled: true, adapters: []api.Adapter{{Path: folder}}}, "Both 'lora_name' and 'lora_path' must be provided."},
	} {
		err := c.lora.load(newLogger(t.Output()))
		var fromEngine hardware.EngineError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &fromEngine) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAdapterIsServed(t *testing.T) {
	p := launch(t, nil, "--served-model-name", "base", "--enable-lora", "--max-loras", "2", "--lora-modules", "sql="+t.TempDir(), "legal=org/legal")
	p.ready(t)
	resp, err := http.Post(p.url+"/v1/completions", "application/json", strings.NewReader(`{"model":"sql","prompt":"x","max_tokens":2}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("an adapter: %s", resp.Status)
	}
	text := p.scrape(t)
	number(t, text, `vllm:lora_requests_info\{max_lora="2",running_lora_adapters="sql",waiting_lora_adapters="sql"\} (\S+)`)
	if n := number(t, text, `vllm:request_success_total\{engine="0",finished_reason="length",model_name="base"\} (\S+)`); n != 1 {
		t.Errorf("%v requests are counted for the model", n)
	}
}
