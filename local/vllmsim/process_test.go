package main

import (
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestConnectionsAreRefusedWhileLoading(t *testing.T) {
	p := launch(t, []string{"VLLMSIM_LOAD_SECONDS=0.3", "HF_TOKEN=canary-token", "VLLM_API_KEY=canary-key"})
	if refused := p.ready(t); refused < 2 {
		t.Errorf("refused %d times during 0.3 s of loading", refused)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := p.exit(t); status != 0 {
		t.Errorf("exit status %d after SIGTERM", status)
	}
	log := p.output.String()
	if !strings.Contains(log, "SIMULATED engine") || strings.Contains(log, "canary") {
		t.Errorf("log:\n%s", log)
	}
}

func TestExitStatuses(t *testing.T) {
	cases := map[string]struct {
		env    []string
		args   []string
		status int
		want   string
	}{
		"removed flag":     {nil, []string{"m", "--swap-space", "4"}, 2, "vllm: error: unrecognized arguments: --swap-space 4"},
		"wrong value":      {nil, []string{"m", "--port", "http"}, 2, "vllm serve: error: argument --port: invalid int value: 'http'"},
		"help":             {nil, []string{"--help"}, 0, "usage: vllm serve"},
		"too many GPUs":    {[]string{"NVIDIA_VISIBLE_DEVICES=GPU-1"}, []string{"m", "-tp", "2"}, 1, "World size (2) is larger than the number of available GPUs (1)"},
		"context too long": {nil, []string{"Qwen/Qwen2.5-7B-Instruct", "--max-model-len", "99999"}, 1, "User-specified max_model_len (99999) is greater"},
		"does not fit":     {nil, []string{"meta-llama/Llama-3.1-8B-Instruct"}, 1, "To serve at least one request with the models's max seq len (131072)"},
		"weights":          {nil, []string{"meta-llama/Llama-2-13b-hf"}, 1, "torch.OutOfMemoryError"},
		"utilization":      {nil, []string{"m", "--gpu-memory-utilization", "1.5"}, 1, "gpu_memory_utilization should be"},
		"unknown card":     {[]string{"VLLMSIM_GPU=Z80"}, []string{"m"}, 1, `VLLMSIM_GPU: is "Z80", which is no GPU of the catalogue`},
		"wrong switch":     {[]string{"VLLMSIM_TIME_SCALE=fast"}, []string{"m"}, 1, `VLLMSIM_TIME_SCALE="fast" is not a number`},
		"wrong fault":      {[]string{"VLLMSIM_FAULT=boom"}, []string{"m"}, 1, `unknown fault "boom"`},
		"load crash":       {[]string{"VLLMSIM_FAULT=load-crash"}, []string{"m", "--max-model-len", "auto"}, 1, "Cannot load model m"},
		"one model's":      {[]string{"VLLMSIM_FAULT_MODELS=org/broken=load-crash"}, []string{"org/broken", "--max-model-len", "auto"}, 1, "Cannot load model org/broken"},
		"adapter":          {nil, []string{"m", "--max-model-len", "auto", "--lora-modules", "a=org/a"}, 1, "LoRA is not enabled"},
		"adapter's fields": {nil, []string{"m", "--enable-lora", "--lora-modules", "a"}, 2, "vllm serve: error: Invalid JSON format for --lora-modules: a"},
		"no such folder":   {nil, []string{"/nowhere/m"}, 1, "Invalid repository ID or local directory specified: '/nowhere/m'"},
		"out of memory":    {[]string{"VLLMSIM_FAULT=oom"}, []string{"m", "--max-model-len", "auto"}, 1, "CUDA out of memory"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := command(t, c.env, c.args...).CombinedOutput()
			status := 0
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				status = exit.ExitCode()
			}
			if status != c.status || !strings.Contains(string(output), c.want) {
				t.Errorf("exit status %d:\n%s", status, output)
			}
		})
	}
}

func TestSigtermWithTimeoutLetsStreamsFinish(t *testing.T) {
	p := launch(t, nil, "--shutdown-timeout", "15")
	p.ready(t)
	body := openStream(t, p)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Until the stream has ended, new requests are refused and /health answers 200.
	var refused bool
	for deadline := time.Now().Add(patience); !refused && time.Now().Before(deadline); {
		resp, err := http.Post(p.url+"/v1/completions", "application/json", strings.NewReader(`{"prompt":"x","max_tokens":1}`))
		if err != nil {
			t.Fatal(err)
		}
		refused = resp.StatusCode == http.StatusServiceUnavailable
		_ = resp.Body.Close()
	}
	if !refused {
		t.Error("new requests are not refused while draining")
	}
	p.ready(t)
	if text := rest(t, body); !strings.Contains(text, `"finish_reason":"length"`) || !strings.Contains(text, "[DONE]") {
		t.Errorf("the stream was cut: …%s", text[max(0, len(text)-300):])
	}
	if status := p.exit(t); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestSigtermWithoutTimeoutAborts(t *testing.T) {
	p := launch(t, nil)
	p.ready(t)
	body := openStream(t, p)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if text := rest(t, body); !strings.Contains(text, `"finish_reason":"abort"`) {
		t.Errorf("not aborted: …%s", text[max(0, len(text)-300):])
	}
	if status := p.exit(t); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestHangAndCrash(t *testing.T) {
	p := launch(t, []string{"VLLMSIM_FAULT=hang"})
	p.ready(t)
	client := http.Client{Timeout: 500 * time.Millisecond}
	if resp, err := client.Post(p.url+"/v1/completions", "application/json", strings.NewReader(`{"prompt":"x"}`)); err == nil {
		t.Errorf("a hung engine answered %d", resp.StatusCode)
		_ = resp.Body.Close()
	}
	p.ready(t) // still healthy

	p = launch(t, []string{"VLLMSIM_FAULT=crash"})
	p.ready(t)
	resp, err := http.Post(p.url+"/v1/completions", "application/json", strings.NewReader(`{"prompt":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("request to a crashing engine: %d", resp.StatusCode)
	}
	health, err := http.Get(p.url + "/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = health.Body.Close()
	if health.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("health after the crash: %d", health.StatusCode)
	}
	if status := p.exit(t); status != 1 {
		t.Errorf("exit status %d", status)
	}
}
