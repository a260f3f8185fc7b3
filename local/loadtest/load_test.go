package loadtest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load/command"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/api"
)

// report runs the command with JSON, and returns the report.
func (r run) report(t *testing.T, arguments ...string) (command.Report, string, error) {
	t.Helper()
	out, messages, err := r.load(t, append([]string{"http://localhost:8000", "--json"}, arguments...)...)
	var report command.Report
	if decoding := json.Unmarshal([]byte(out), &report); decoding != nil {
		t.Fatalf("%v, %v: %s%s", err, decoding, out, messages)
	}
	return report, messages, err
}

// The simulated replica has the speed of sizing, so the prediction for a steady load is near what is
// measured: within a quarter, since the prediction is of means.
func TestPredictionIsNearTheReplica(t *testing.T) {
	for name, flags := range map[string][]string{
		"poisson":       {"--rate", "0.5"},
		"half the rate": {"--rate", "0.25"},
		"short prompts": {"--rate", "0.7", "--input-tokens", "200", "--output-tokens", "150"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, err := run{}.report(t, append(flags, "--duration", "15m", "--warm-up", "2m", "--instance", "g5.2xlarge")...)
			if err != nil {
				t.Fatal(err)
			}
			p, m := r.Prediction.Predicted, r.Prediction.Measured
			if p == nil || m == nil {
				t.Fatalf("got %+v", r.Prediction)
			}
			for figure, values := range map[string][2]float64{
				"requests at once": {p.RequestsAtOnce, m.RequestsAtOnce}, "TTFT": {p.TTFTSeconds, m.TTFTSeconds}, "TPOT": {p.TPOTSeconds, m.TPOTSeconds},
				"output tokens/s": {p.OutputTokensPerSecond, m.OutputTokensPerSecond},
			} {
				if ratio := values[1] / values[0]; ratio < 1/1.25 || ratio > 1.25 {
					t.Errorf("%s: %.3g, predicted are %.3g", figure, values[1], values[0])
				}
			}
		})
	}
}

// Beyond what the replica serves, the report says that no steady state exists, and the objectives
// are missed.
func TestOverload(t *testing.T) {
	r, _, err := run{}.report(t, "--rate", "3", "--duration", "90s", "--gpu", "A10G")
	if err != nil || r.Objectives.Share > .1 || r.Prediction.Predicted != nil || !strings.Contains(r.Prediction.Problem, "cannot serve this rate") || r.Prediction.ReplicasAtTarget < 3 {
		t.Errorf("%v: %+v %+v", err, r.Objectives, r.Prediction)
	}
}

func TestLoads(t *testing.T) {
	for name, flags := range map[string][]string{
		"conversation": {"--load", "conversation", "--rate", "0.3"}, "code": {"--load", "code", "--rate", "0.2"}, "step": {"--load", "step", "--rate", "0.2"},
		"ramp": {"--load", "ramp", "--rate", "0.2"}, "chat": {"--api", "chat", "--rate", "0.3"},
	} {
		t.Run(name, func(t *testing.T) {
			r, messages, err := run{}.report(t, append(flags, "--duration", "10m")...)
			if err != nil || r.Requests < 20 || r.Answered != r.Requests || r.OutputTokens == 0 || r.InputTokens == 0 {
				t.Errorf("%v: %+v", err, r.Summary)
			}
			if !strings.HasPrefix(messages, "sending ") || !strings.Contains(messages, "\n5s of 10m0s: ") || !strings.Contains(messages, "\n2m5s of 10m0s: ") {
				t.Errorf("no progress every 5 s:\n%s", messages)
			}
		})
	}
}

// A recorded request that exceeds the context is announced and refused, and the others are
// answered.
func TestRecordedLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(path, []byte("seconds,input_tokens,output_tokens\n0,100,10\n5,9000,10\n7,200,20\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, messages, err := run{}.report(t, "--trace", path)
	if err != nil || r.Requests != 3 || r.Answered != 2 || r.Refused != 1 || r.InputTokens != 300 || r.OutputTokens != 30 || r.Failures[0].Kind != "HTTP 400" || r.Objectives.Share != 2./3 {
		t.Errorf("%v: %+v", err, r.Summary)
	}
	if !strings.Contains(messages, "warning: 1 of the requests have more tokens than the 8192 of one context") {
		t.Errorf("no warning:\n%s", messages)
	}
}

// After Ctrl-C, an answer has 10 s; then it is cut, and does not count.
func TestInterruption(t *testing.T) {
	r, messages, err := run{interrupt: 20 * time.Second}.report(t, "--rate", "1", "--duration", "1h", "--input-tokens", "100", "--output-tokens", "1000")
	if !errors.Is(err, command.ErrInterrupted) || !r.Interrupted || r.Open == 0 || r.Requests != 0 || r.Seconds < 29 || r.Seconds > 31 {
		t.Errorf("%v: %+v", err, r.Summary)
	}
	if !strings.Contains(messages, "stopping: open answers have 10s") {
		t.Errorf("got\n%s", messages)
	}
	r, _, err = run{interrupt: 20 * time.Second}.report(t, "--rate", "0.5", "--duration", "1h", "--input-tokens", "100", "--output-tokens", "20")
	if !errors.Is(err, command.ErrInterrupted) || r.Answered < 5 || r.Open > 0 || r.Seconds > 22 || r.Objectives.Share != 1 {
		t.Errorf("%v: %+v", err, r.Summary)
	}
}

func TestAPIKey(t *testing.T) {
	guarded := run{change: func(c *api.Config) { c.Keys = []string{"sk-1"} }, environment: map[string]string{"KEY": "sk-1", "OTHER": "sk-2"}}
	if r, _, err := guarded.report(t, "--api-key-env", "KEY", "--rate", "0.2"); err != nil || r.Answered != r.Requests {
		t.Errorf("with the key: %v, %+v", err, r.Summary)
	}
	if _, _, err := guarded.load(t, "http://localhost:8000", "--api-key-env", "OTHER"); err == nil || !strings.Contains(err.Error(), "401 Unauthorized") {
		t.Errorf("with another key: %v", err)
	}
}

// A full queue is a kind of failure of its own.
func TestFullQueue(t *testing.T) {
	full := run{change: func(c *api.Config) { c.MaxQueued = 3 }}
	r, _, err := full.report(t, "--rate", "2", "--duration", "1m")
	if err != nil || r.Refused < 10 || len(r.Failures) != 1 || r.Failures[0].Kind != "HTTP 503" || !strings.Contains(r.Failures[0].Example, "The request queue is full") {
		t.Errorf("%v: %+v", err, r.Summary)
	}
}
