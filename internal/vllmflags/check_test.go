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
		{"--kv-cache-dtype", "turboquant_4bit_nc", "--load-format", "fastsafetensors"},
		{"--kv-transfer-config", `{"kv_role": "kv_both", "bytes": 80m, "limit": 1.5k}`},
		{"--watermark-config", `{"algorithm":"gumbel"}`, "--dp-sync-interval", "8", "--kda-decode-backend", "native", "--enable-nccl-comm-suspend"},
		{"--device-memory-utilization", "0.8", "--decode-context-parallel-size", "2", "--data-parallel-rpc-port", "1"},
	}
	for _, args := range good {
		if problems := CheckExtra(args, owned, Stock); len(problems) > 0 {
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
		"secret":          {[]string{"--api-key", "x"}, 0, "--api-key is not allowed: the key would be readable"},
		"remote code":     {[]string{"--trust-remote-code"}, 0, "--trust-remote-code is not allowed"},
		"grpc port":       {[]string{"--grpc-port", "1"}, 0, "--grpc-port is not allowed"},
		"dotted scalar":   {[]string{"--seed.x", "1"}, 0, "--seed takes no key after a dot"},
		"help":            {[]string{"--help"}, 0, "--help prints help"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			problems := CheckExtra(c.args, owned, Stock)
			if len(problems) != 1 || problems[0].Index != c.index || !strings.HasPrefix(problems[0].Message, c.want) {
				t.Errorf("%q\ngot  %v\nwant {%d %s…}", c.args, problems, c.index, c.want)
			}
		})
	}
}

func TestCheckExtraReportsEverything(t *testing.T) {
	problems := CheckExtra([]string{"--swap-space", "4", "--dtype", "x", "--nope"}, nil, Stock)
	if len(problems) != 3 || problems[0].Index != 0 || problems[1].Index != 3 || problems[2].Index != 4 {
		t.Errorf("%v", problems)
	}
}

// TestCheckExtraDoesNotRepeatSecrets checks that no message repeats a secret, because
// messages are in the log of the preview.
func TestCheckExtraDoesNotRepeatSecrets(t *testing.T) {
	for _, args := range [][]string{
		{"--api-key", "CANARY"}, {"--api-key=CANARY"}, {"--hf-token=CANARY"}, {"--hf_token", "CANARY"},
		{"--api-keycanary"}, {"--api-key:CANARY"}, {"--api-key CANARY"}, {"--api-key:CANARY x"}, {"--hf-token.CANARY"}, {"--CANARY"}, {"-qCANARY"}, {"CANARY"},
		{"--model-loader-extra-config", `{"secret":"CANARY`},
		{`--model-loader-extra-config={"secret":"CANARY`},
		{`--model-loader-extra-config {"secret":"CANARY"}`},
		{`--model-loader-extra-config.{"secret":"CANARY"}`},
		{`--seed.CANARY`, "1"},
		{"--additional-config", `{"secret":CANARY}`},
		{"--allowed-origins", "CANARY"},
		{"--hf-overrides", `{"token":"CANARY",}`},
		{"--kv-transfer-config", `{"secret":"CANARY"`},
		{"--kv-transfer-config", `["CANARY"]`},
		{"--speculative-config", "CANARY"},
		{"--enable-lora=CANARY"},
	} {
		problems := CheckExtra(args, owned, Stock)
		if len(problems) == 0 {
			t.Errorf("%q is accepted", args)
		}
		for _, p := range problems {
			if strings.Contains(strings.ToLower(p.Message), "canary") {
				t.Errorf("%q: %s", args, p.Message)
			}
		}
	}
}

func TestCheckExtraSaysWhereJSONBreaks(t *testing.T) {
	cases := map[string]struct {
		flag, value, want string
	}{
		"cut off":         {"--model-loader-extra-config", `{"secret":"CANARY`, "is not valid JSON (at character 17)"},
		"characters":      {"--additional-config", `{"ü": x}`, "is not valid JSON (at character 7)"},
		"dictionary":      {"--hf-overrides", `{"a":1,}`, "is not valid JSON (at character 8)"},
		"configuration":   {"--kv-transfer-config", `{"a": 80m, "b": 1.5k, x}`, "is not valid JSON (at character 23)"},
		"not an object":   {"--kv-transfer-config", `[1]`, "is valid JSON, but not an object of the form {…}"},
		"number repeated": {"--seed", "x1", "invalid int value: 'x1'"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			problems := CheckExtra([]string{c.flag, c.value}, nil, Stock)
			if want := c.flag + ": " + c.want; len(problems) != 1 || problems[0].Message != want {
				t.Errorf("got  %v\nwant %s", problems, want)
			}
		})
	}
}

// TestCheckExtraRefusesUnsafeArguments checks that arguments which run foreign
// code, break the probes, or need more GPUs or nodes than the pod has are refused with
// advice.
func TestCheckExtraRefusesUnsafeArguments(t *testing.T) {
	cases := map[string][]string{
		"arbitrary Python code":   {"--reasoning-parser-plugin", "--logits-processors", "--model-class-overrides", "--tool-parser-plugin", "--middleware"},
		"Python code of plugins":  {"--io-processor-plugin"},
		"an Ingress":              {"--ssl-certfile", "--ssl-keyfile", "--ssl-ca-certs", "--ssl-cert-reqs", "--ssl-ciphers", "--enable-ssl-refresh"},
		"raise gpu.count instead": {"--pipeline-parallel-size", "-pp", "--prefill-context-parallel-size"},
		"replicas.min": {
			"--data-parallel-size", "-dp", "--data-parallel-size-local", "--data-parallel-address", "--data-parallel-rank", "--data-parallel-start-rank",
			"--data-parallel-external-lb", "--data-parallel-hybrid-lb", "--data-parallel-multi-port-external-lb",
			"--nnodes", "-n", "--node-rank", "--master-addr", "--master-port", "--headless",
		},
	}
	for want, names := range cases {
		for _, name := range names {
			problems := CheckExtra([]string{name, "1"}, owned, Stock)
			if len(problems) != 1 || !strings.Contains(problems[0].Message, "is not allowed: ") || !strings.Contains(problems[0].Message, want) {
				t.Errorf("%s: %v, want …%s…", name, problems, want)
			}
		}
	}
}
