package vllmflags

import (
	"errors"
	"strings"
	"testing"
)

// rendered holds the arguments that the component renders for a model, in their order.
var rendered = []string{
	"mistralai/Mistral-7B-Instruct-v0.2",
	"--served-model-name", "mistral-7b", "default",
	"--port", "8000",
	"--max-model-len", "8192",
	"--gpu-memory-utilization", "0.92",
	"--tensor-parallel-size", "1",
	"--pipeline-parallel-size", "1",
	"--max-num-seqs", "32",
	"--max-num-batched-tokens", "2048",
	"--kv-cache-dtype", "auto",
	"--dtype", "auto",
	"--quantization", "awq",
	"--revision", "main",
	"--load-format", "runai_streamer",
	"--model-loader-extra-config", `{"concurrency":16,"distributed":true}`,
	"--enable-lora", "--lora-modules", "a=/adapters/a", "b=/adapters/b", "--max-loras", "2", "--max-lora-rank", "16",
	"--speculative-config", `{"method":"ngram","num_speculative_tokens":4}`,
	"--enable-auto-tool-choice", "--tool-call-parser", "hermes", "--reasoning-parser", "qwen3",
	"--enable-sleep-mode", "--allowed-media-domains", "example.com",
	"--shutdown-timeout", "60",
	"--disable-access-log-for-endpoints", "/health,/metrics",
}

func TestParseComponentArguments(t *testing.T) {
	args, err := Parse(rendered)
	if err != nil {
		t.Fatal(err)
	}
	if args.Model != "mistralai/Mistral-7B-Instruct-v0.2" {
		t.Errorf("model = %q", args.Model)
	}
	if names := strings.Join(args.Strings("--served-model-name"), "|"); names != "mistral-7b|default" {
		t.Errorf("served names = %q", names)
	}
	if n, ok := args.Int("--shutdown-timeout"); n != 60 || !ok {
		t.Errorf("shutdown timeout = %d, %v", n, ok)
	}
	if f, ok := args.Float("--gpu-memory-utilization"); f != 0.92 || !ok {
		t.Errorf("utilization = %v, %v", f, ok)
	}
	if enabled, set := args.Bool("--enable-lora"); !enabled || !set {
		t.Errorf("lora = %v, %v", enabled, set)
	}
}

func TestParseReadsAsArgparseDoes(t *testing.T) {
	cases := map[string]struct {
		args []string
		flag string
		want string
	}{
		"equals":                 {[]string{"--max-num-seqs=7"}, "--max-num-seqs", "7"},
		"underscores":            {[]string{"--max_num_seqs", "7"}, "--max-num-seqs", "7"},
		"short":                  {[]string{"-tp", "2"}, "--tensor-parallel-size", "2"},
		"short equals":           {[]string{"-tp=2"}, "--tensor-parallel-size", "2"},
		"short glued":            {[]string{"-qawq"}, "--quantization", "awq"},
		"unique prefix":          {[]string{"--gpu-mem", "0.5"}, "--gpu-memory-utilization", "0.5"},
		"last wins":              {[]string{"--port", "1", "--port", "2"}, "--port", "2"},
		"optimization level":     {[]string{"-O3"}, "--optimization-level", "3"},
		"optimization separated": {[]string{"-O", "1"}, "--optimization-level", "1"},
		"dotted":                 {[]string{"--compilation-config.mode", "3"}, "--compilation-config", `{"mode":3}`},
		// -cc and --compilation-config make two objects, and the last one wins.
		"dotted, two names":  {[]string{"--compilation-config.mode", "3", "-cc.x.y=z"}, "--compilation-config", `{"x":{"y":"z"}}`},
		"dotted keeps keys":  {[]string{"--compilation_config.pass_config.a_b", "true"}, "--compilation-config", `{"pass_config":{"a_b":true}}`},
		"dotted list":        {[]string{"--eplb-config.l+", "a,b", "--eplb-config.l+=c"}, "--eplb-config", `{"l":["a","b","c"]}`},
		"bare human in json": {[]string{"--kv-transfer-config", `{"n": 80m, "s": "80m"}`}, "--kv-transfer-config", `{"n": 80m, "s": "80m"}`},
		"optional value":     {[]string{"--hf-token", "--port", "1"}, "--port", "1"},
		"negative number":    {[]string{"--seed", "-1"}, "--seed", "-1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			args, err := Parse(append([]string{"m"}, c.args...))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := args.String(c.flag); got != c.want || !ok {
				t.Errorf("%s = %q, %v; want %q", c.flag, got, ok, c.want)
			}
		})
	}
}

func TestParseReadsHumanNumbers(t *testing.T) {
	for text, want := range map[string]int64{"4096": 4096, "32k": 32000, "32K": 32768, "25.6k": 25600, "1M": 1 << 20, "auto": -1, "-1": -1, "8_192": 8192} {
		args, err := Parse([]string{"m", "--max-model-len", text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, _ := args.Int("--max-model-len"); got != want {
			t.Errorf("%s = %d, want %d", text, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]struct {
		args []string
		want string
	}{
		"unknown":            {[]string{"--frobnicate", "--port", "1"}, "unrecognized arguments: --frobnicate"},
		"second positional":  {[]string{"extra"}, "unrecognized arguments: extra"},
		"choice":             {[]string{"--dtype", "int3"}, "argument --dtype: invalid choice: 'int3' (choose from 'auto', 'bfloat16', 'float', 'float16', 'float32', 'half')"},
		"integer choice":     {[]string{"--max-lora-rank", "17"}, "argument --max-lora-rank: invalid choice: 17 (choose from 1, 8, 16, 32, 64, 128, 256, 320, 512)"},
		"integer":            {[]string{"-tp", "two"}, "argument --tensor-parallel-size/-tp: invalid int value: 'two'"},
		"optional integer":   {[]string{"--max-cpu-loras", "two"}, "argument --max-cpu-loras: Value two cannot be converted to <class 'int'>."},
		"human":              {[]string{"--max-num-batched-tokens", "1.5K"}, "argument --max-num-batched-tokens: invalid human_readable_int value: '1.5K'"},
		"missing":            {[]string{"--port"}, "argument --port: expected one argument"},
		"missing before":     {[]string{"--port", "--seed", "1"}, "argument --port: expected one argument"},
		"missing many":       {[]string{"--served-model-name", "--seed", "1"}, "argument --served-model-name: expected at least one argument"},
		"switch with value":  {[]string{"--enable-lora=true"}, "argument --enable-lora/--no-enable-lora: ignored explicit argument 'true'"},
		"ambiguous":          {[]string{"--max-num-q", "1"}, "ambiguous option: --max-num-q could match --max-num-queued-reqs, --max-num-queued-tokens"},
		"json":               {[]string{"--limit-mm-per-prompt", "{"}, "argument --limit-mm-per-prompt: Value { cannot be converted to JSON: unexpected end of JSON input"},
		"removed prefix":     {[]string{"--device", "cuda"}, "unrecognized arguments: --device cuda"},
		"configuration file": {[]string{"--config", "x.yaml"}, "argument --config: flags from a file are not supported here; give them one by one"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(append([]string{"m"}, c.args...))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestParseRefusesEveryRemovedFlag(t *testing.T) {
	for _, name := range RemovedFlags() {
		for _, written := range []string{name, strings.ReplaceAll(name, "-", "_")} {
			if strings.HasPrefix(written, "__") {
				written = "--" + strings.TrimLeft(written, "_")
			}
			_, err := Parse([]string{"m", written, "1"})
			if err == nil || !strings.HasPrefix(err.Error(), "unrecognized arguments: "+name) {
				t.Errorf("%s: %v", written, err)
			}
		}
	}
}

func TestParsePlacesTheModel(t *testing.T) {
	for name, args := range map[string][]string{
		"first":     {"org/m", "--port", "1"},
		"last":      {"--port", "1", "org/m"},
		"as a flag": {"--port", "1", "--model", "org/m"},
		"as a word": {"--model=org/m", "--port", "1"},
	} {
		parsed, err := Parse(args)
		if err != nil || parsed.Model != "org/m" {
			t.Errorf("%s: %v, %v", name, parsed, err)
		}
	}
	parsed, err := Parse([]string{"--port", "1"})
	if err != nil || parsed.Model != DefaultModel {
		t.Errorf("no model: %v, %v", parsed, err)
	}
	if _, err := Parse([]string{"--help"}); !errors.Is(err, ErrHelp) {
		t.Errorf("--help: %v", err)
	}
}
