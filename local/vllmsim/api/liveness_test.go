package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// hungPatience is the time without a step after which the probe of these tests fails.
// pollPatience bounds the wait for that failure.
const (
	hungPatience = 2 * time.Second
	pollPatience = 30 * time.Second
)

// livenessCommand returns the command of the liveness probe that finds a hung replica.
func livenessCommand(t *testing.T) []string {
	t.Helper()
	spec := serving.Spec{
		Model: serving.Model{ID: "Qwen/Qwen2.5-0.5B-Instruct"}, GPU: serving.GPU{Type: "A10G"},
		Lifecycle: serving.Lifecycle{HungSeconds: 600},
	}
	for _, object := range manifest.Objects(spec.WithDefaults(), "m") {
		if deployment, isDeployment := object.Object.(*appsv1.Deployment); isDeployment {
			probe := deployment.Spec.Template.Spec.Containers[0].LivenessProbe
			if probe.Exec == nil {
				t.Fatalf("the probe is no command: %+v", probe)
			}
			return probe.Exec.Command
		}
	}
	t.Fatal("no Deployment")
	return nil
}

// livenessProbe runs the probe's own script against a server, with a shorter patience and with
// its files in a folder of the test.
type livenessProbe struct {
	bash, script string
	env          []string
}

func newLivenessProbe(t *testing.T, bash, server string) livenessProbe {
	t.Helper()
	command := livenessCommand(t)
	if len(command) != 3 || command[0] != "/bin/bash" || command[1] != "-c" {
		t.Fatalf("the probe is not a script of /bin/bash: %q", command)
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := livenessProbe{bash: bash, script: command[2]}
	for pattern, text := range map[string]string{
		`127\.0\.0\.1/8000`:      "127.0.0.1/" + address.Port(),
		`/tmp/\.vllm-progress\b`: filepath.Join(t.TempDir(), "progress"),
		`-lt \d+`:                "-lt 2",
	} {
		changed := regexp.MustCompile(pattern)
		if n := len(changed.FindAllString(p.script, -1)); n != 1 {
			t.Fatalf("%s is %d times in the script:\n%s", pattern, n, p.script)
		}
		p.script = changed.ReplaceAllLiteralString(p.script, text)
	}
	return p
}

// run returns the probe's exit status.
func (p livenessProbe) run(t *testing.T) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.bash, "-c", p.script)
	cmd.Env = append(os.Environ(), p.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%v %s", err, out)
	}
	return cmd.ProcessState.ExitCode()
}

// bears fails the test if the probe fails within more than its patience.
func (p livenessProbe) bears(t *testing.T, state string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < hungPatience+time.Second; {
		if status := p.run(t); status != 0 {
			t.Fatalf("%s, after %s: %d", state, time.Since(began), status)
		}
	}
}

// givesUp waits until the probe fails, and returns the time that it took.
func (p livenessProbe) givesUp(t *testing.T, state string) time.Duration {
	t.Helper()
	began := time.Now()
	for p.run(t) == 0 {
		if time.Since(began) > pollPatience {
			t.Fatalf("%s: a hung engine stays alive", state)
		}
	}
	return time.Since(began)
}

// bashes returns the shells of this machine. Debian's static bash is in the simulator's image;
// the other one is like the bash in vLLM's image.
func bashes(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"bash", "bash-static"} {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		t.Fatal("this machine has no bash")
	}
	return found
}

func TestLivenessFindsAHungReplica(t *testing.T) {
	t.Parallel()
	for _, bash := range bashes(t) {
		t.Run(filepath.Base(bash), func(t *testing.T) {
			t.Parallel()
			f := serve(t, func(_ *Config, e *engine.Config) { e.Timing = engine.Linear{Base: 5 * time.Millisecond} })
			p := newLivenessProbe(t, bash, f.URL)
			if status := p.run(t); status != 0 {
				t.Fatalf("idle: %d", status)
			}
			if _, err := f.engine.Submit(engine.Request{PromptTokens: 10, OutputTokens: 1 << 20, Reason: engine.Length}); err != nil {
				t.Fatal(err)
			}
			p.bears(t, "busy")

			f.engine.Hang()
			if status := p.run(t); status != 0 { // it records the last step here at the latest
				t.Fatalf("hung just now: %d", status)
			}
			// The script counts whole seconds.
			if after := p.givesUp(t, "hung"); after < hungPatience-time.Second {
				t.Errorf("given up after %s", after)
			}

			f.engine.Die()
			if status := p.run(t); status != 1 {
				t.Errorf("dead: %d", status)
			}
			f.Close()
			if status := p.run(t); status != 1 {
				t.Errorf("nothing listens: %d", status)
			}
		})
	}
}

// TestLivenessFindsAHangBeforeTheFirstStep tests a replica whose counter and gauges are
// still 0. Only its server knows of the request.
func TestLivenessFindsAHangBeforeTheFirstStep(t *testing.T) {
	t.Parallel()
	for _, looked := range []bool{true, false} { // with and without a probe before the request
		t.Run(fmt.Sprintf("looked before %v", looked), func(t *testing.T) { findNeverStepped(t, looked) })
	}
}

func findNeverStepped(t *testing.T, looked bool) {
	f := serve(t, func(c *Config, _ *engine.Config) { c.TrackLoad = true })
	p := newLivenessProbe(t, bashes(t)[0], f.URL)
	f.engine.Hang()
	if looked {
		p.bears(t, "nothing to do")
	}
	ctx, giveUp := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer giveUp()
	asking.Go(func() {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+"/v1/completions", strings.NewReader(`{"model":"m","prompt":"x","max_tokens":1}`))
		if err != nil {
			t.Error(err)
			return
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			t.Error("a hung engine answered")
		}
	})
	waitFor(t, func() bool { return f.engine.InFlight() == 1 })
	if load := f.engine.Load(); load.Running+load.Waiting != 0 {
		t.Errorf("its gauges moved: %+v", load)
	}
	if status := p.run(t); status != 0 {
		t.Fatalf("asked just now: %d", status)
	}
	p.givesUp(t, "asked")
}

// TestLivenessBearsAStaleLoad holds that an idle replica is not restarted if its server
// counts requests in flight whose clients have left.
func TestLivenessBearsAStaleLoad(t *testing.T) {
	t.Parallel()
	for _, rest := range []int64{3, -3} {
		var load, steps atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/load":
				fmt.Fprintf(w, `{"server_load":%d}`, load.Load())
			case "/metrics":
				fmt.Fprintf(w, "vllm:num_requests_running{engine=\"0\"} 0.0\nvllm:iteration_tokens_total_count{engine=\"0\"} %d.0\n", steps.Load())
			}
		}))
		defer server.Close()
		p := newLivenessProbe(t, bashes(t)[0], server.URL)
		p.bears(t, "before anything")
		steps.Store(9) // requests came and went, and left a rest
		load.Store(rest)
		p.bears(t, fmt.Sprintf("a rest of %d", rest))
		load.Add(1) // one more, and no step
		p.givesUp(t, fmt.Sprintf("one more than a rest of %d", rest))
	}
}

// TestLivenessOfGuardedMetrics holds that the probe sends the API key where /metrics requires
// it, and does not fail if the server refuses: that does not mean a hang.
func TestLivenessOfGuardedMetrics(t *testing.T) {
	t.Parallel()
	for _, bash := range bashes(t) {
		t.Run(filepath.Base(bash), func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/metrics" {
					return
				}
				if r.Header.Get("Authorization") != "Bearer key of the stack" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				asked.Add(1)
				fmt.Fprint(w, "vllm:num_requests_running{engine=\"0\"} 1.0\nvllm:iteration_tokens_total_count{engine=\"0\"} 7.0\n")
			}))
			defer server.Close()
			p := newLivenessProbe(t, bash, server.URL)
			p.bears(t, "refused")
			if asked.Load() != 0 {
				t.Fatal("the server answers without the key")
			}
			p.env = []string{"VLLM_API_KEY=key of the stack"}
			p.givesUp(t, "hung behind the key")
			if asked.Load() == 0 {
				t.Error("the probe did not show the key")
			}
		})
	}
}
