package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram is the variable that makes this test binary run as vllmsim.
const asProgram = "VLLMSIM_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// watched bounds the life of a process in a benchmark.
const watched = 10 * time.Minute

type process struct {
	*exec.Cmd
	url    string
	output *strings.Builder
	done   chan struct{}
}

func command(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lifetime := patience
	if _, benchmark := t.(*testing.B); benchmark {
		lifetime = watched
	}
	ctx, cancel := context.WithTimeout(context.Background(), lifetime)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append([]string{asProgram + "=1", "VLLMSIM_LOAD_SECONDS=0.05", "VLLMSIM_TIME_SCALE=1"}, env...)
	return cmd
}

// freePort returns a free port.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// launch starts a replica of a small model and returns at once.
func launch(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	return launchModel(t, "Qwen/Qwen2.5-0.5B-Instruct", env, args...)
}

func launchModel(t testing.TB, model string, env []string, args ...string) *process {
	t.Helper()
	port := freePort(t)
	args = append([]string{model, "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--max-model-len", "4096"}, args...)
	p := &process{Cmd: command(t, env, args...), url: fmt.Sprintf("http://127.0.0.1:%d", port), output: &strings.Builder{}, done: make(chan struct{})}
	p.Stdout, p.Stderr = p.output, p.output
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.Wait() // the exit status is read from ProcessState
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
	})
	return p
}

// ready waits until /health answers, and returns the number of refused connections before.
func (p *process) ready(t testing.TB) (refused int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		resp, err := http.Get(p.url + "/health")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("health: %d", resp.StatusCode)
			}
			return refused
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("while loading: %v", err)
		}
		refused++
	}
	t.Fatalf("never ready:\n%s", p.output)
	return 0
}

func (p *process) exit(t testing.TB) int {
	t.Helper()
	select {
	case <-p.done:
		return p.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatal("the process does not end")
		return 0
	}
}

const longStream = `{"prompt":"tell me","stream":true,"ignore_eos":true,"max_tokens":40}`

// openStream starts a completion and returns its body after the first event.
func openStream(t testing.TB, p *process) *bufio.Reader {
	t.Helper()
	resp, err := http.Post(p.url+"/v1/completions", "application/json", strings.NewReader(longStream))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	body := bufio.NewReader(resp.Body)
	if line, err := body.ReadString('\n'); err != nil || !strings.HasPrefix(line, "data: ") {
		t.Fatalf("%q, %v", line, err)
	}
	return body
}

func rest(t testing.TB, body *bufio.Reader) string {
	t.Helper()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("the stream broke: %v", err)
	}
	return string(text)
}

// scrape returns the text of /metrics.
func (p *process) scrape(t testing.TB) string {
	t.Helper()
	resp, err := http.Get(p.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// number returns the only number that a pattern's group matches in a text.
func number(t testing.TB, text, pattern string) float64 {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%d matches of %s", len(found), pattern)
	}
	n, err := strconv.ParseFloat(found[0][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
