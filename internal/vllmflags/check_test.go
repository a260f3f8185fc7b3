package vllmflags

import (
	"strings"
	"testing"
)

var owned = map[string]string{"--port": "", "--max-model-len": "maxModelLen", "--tensor-parallel-size": "gpu.count"}

func TestCheckExtraAcceptsGoodArguments(t *testing.T) {
	good := [][]string{
		nil,
		{"--max-num-seqs", "64", "--enable-prefix-caching", "--no-enable-chunked-prefill"},
		{"--seed=-1", "--generation-config", "vllm"},
		{"--compilation-config.mode", "3", "-cc.cudagraph_mode=NONE"},
		{"--limit-mm-per-prompt", `{"image": 2}`},
		{`--speculative-config={"method": "ngram"}`},
		{"--lora-modules", "a=/a", "b=/b", "--max-loras", "2"},
		{"-O3", "-O", "2", "--enforce_eager"},
		{"--no-trust-remote-code"},
		{"--kv-cache-dtype", "a-type-newer-than-the-table"},
	}
	for _, args := range good {
		if problems := CheckExtra(args, owned); len(problems) > 0 {
			t.Errorf("%q: %v", args, problems)
		}
	}
}

func TestCheckExtraNamesTheProblem(t *testing.T) {
	cases := map[string]struct {
		args  []string
		index int
		want  string
	}{
		"removed":         {[]string{"--seed", "1", "--swap-space", "4"}, 2, "vLLM no longer has --swap-space (gone by 0.29); instead: V1 recomputes"},
		"removed spelled": {[]string{"--num_scheduler_steps=8"}, 0, "vLLM no longer has --num-scheduler-steps"},
		"unknown":         {[]string{"--max-num-seq"}, 0, "--max-num-seq is an abbreviation, which the next release may read differently; write --max-num-seqs"},
		"typo":            {[]string{"--max-nun-seqs", "4"}, 0, "vLLM has no flag --max-nun-seqs; the nearest is --max-num-seqs"},
		"ambiguous":       {[]string{"--max-num", "4"}, 0, "--max-num is ambiguous: it could be --max-num-active-seqs, "},
		"choice":          {[]string{"--dtype", "int3"}, 1, "--dtype: invalid choice: 'int3'"},
		"joined choice":   {[]string{"--dtype=int3"}, 0, "--dtype: invalid choice: 'int3'"},
		"second value":    {[]string{"--numa-bind-nodes", "0", "x"}, 2, "--numa-bind-nodes: Value x cannot be converted"},
		"stray value":     {[]string{"--seed", "1", "2"}, 2, "is a value without a flag"},
		"glued":           {[]string{"--max-num-seqs 64"}, 0, "--max-num-seqs holds a flag and its value in one argument; split it in two"},
		"no value":        {[]string{"--seed"}, 0, "--seed needs a value"},
		"switch value":    {[]string{"--enforce-eager=1"}, 0, "--enforce-eager takes no value"},
		"owned":           {[]string{"--max_model_len", "8k"}, 0, "--max-model-len is set by the component; use maxModelLen instead"},
		"owned short":     {[]string{"-tp", "2"}, 0, "--tensor-parallel-size is set by the component; use gpu.count instead"},
		"owned, no key":   {[]string{"--port", "80"}, 0, "--port is set by the component"},
		"secret":          {[]string{"--api-key", "x"}, 0, "--api-key is not allowed: the key would stand in clear"},
		"remote code":     {[]string{"--trust-remote-code"}, 0, "--trust-remote-code is not allowed"},
		"grpc port":       {[]string{"--grpc-port", "1"}, 0, "--grpc-port is not allowed"},
		"dotted scalar":   {[]string{"--seed.x", "1"}, 0, "--seed takes no .x"},
		"help":            {[]string{"--help"}, 0, "--help prints help"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			problems := CheckExtra(c.args, owned)
			if len(problems) != 1 || problems[0].Index != c.index || !strings.HasPrefix(problems[0].Message, c.want) {
				t.Errorf("%q\ngot  %v\nwant {%d %s…}", c.args, problems, c.index, c.want)
			}
		})
	}
}

func TestCheckExtraReportsEverything(t *testing.T) {
	problems := CheckExtra([]string{"--swap-space", "4", "--dtype", "x", "--nope"}, nil)
	if len(problems) != 3 || problems[0].Index != 0 || problems[1].Index != 3 || problems[2].Index != 4 {
		t.Errorf("%v", problems)
	}
}

// A secret given by mistake must not be repeated in a message that ends up in
// a log of the preview.
func TestCheckExtraDoesNotRepeatSecrets(t *testing.T) {
	for _, args := range [][]string{{"--api-key", "canary"}, {"--api-key=canary"}, {"--hf-token=canary"}, {"--hf_token", "canary"}} {
		for _, p := range CheckExtra(args, owned) {
			if strings.Contains(p.Message, "canary") {
				t.Errorf("%q: %s", args, p.Message)
			}
		}
	}
}
