package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/vllm-eks/vllm-eks/local/standin/recorder"
)

// stream records the messages of a plug-in.
type stream struct {
	grpc.ServerStream

	ctx context.Context

	mu             sync.Mutex
	stdout, stderr strings.Builder
	codes          []int32
}

func (s *stream) Context() context.Context { return s.ctx }

func (s *stream) Send(message *pulumirpc.RunPluginResponse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch output := message.GetOutput().(type) {
	case *pulumirpc.RunPluginResponse_Stdout:
		s.stdout.Write(output.Stdout)
	case *pulumirpc.RunPluginResponse_Stderr:
		s.stderr.Write(output.Stderr)
	case *pulumirpc.RunPluginResponse_Exitcode:
		s.codes = append(s.codes, output.Exitcode)
	}
	return nil
}

// output returns the plug-in's standard output.
func (s *stream) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stdout.String()
}

const plugin = `package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println(os.Args[1:], os.Getenv("KEY"))
	fmt.Fprintln(os.Stderr, "a warning")
	if os.Getenv("KEY") == "wait" {
		time.Sleep(time.Hour)
	}
	os.Exit(3)
}
`

func pluginRequest(info *pulumirpc.ProgramInfo, key string) *pulumirpc.RunPluginRequest {
	return &pulumirpc.RunPluginRequest{
		Info: info, Pwd: info.GetProgramDirectory(), Args: []string{"127.0.0.1:1"}, Env: []string{"KEY=" + key}, Kind: "resource", Name: "chat",
	}
}

// TestPluginIsBuiltAndRun checks output, errors and exit code of a plug-in.
func TestPluginIsBuiltAndRun(t *testing.T) {
	s := &stream{ctx: t.Context()}
	if err := newHost("", &recorder.Messages{}).RunPlugin(pluginRequest(project(t, plugin, nil), "value"), s); err != nil {
		t.Fatal(err)
	}
	if got, want := s.stdout.String(), "[127.0.0.1:1] value\n"; got != want {
		t.Errorf("the output is %q, want %q", got, want)
	}
	if got, want := s.stderr.String(), "a warning\n"; got != want {
		t.Errorf("the errors are %q, want %q", got, want)
	}
	if len(s.codes) != 1 || s.codes[0] != 3 {
		t.Errorf("the exit codes are %v, want 3", s.codes)
	}
}

// TestPluginThatDoesNotCompile checks the compiler's message.
func TestPluginThatDoesNotCompile(t *testing.T) {
	info := project(t, "package main\n\nfunc main() { undefined() }\n", nil)
	err := newHost("", &recorder.Messages{}).RunPlugin(pluginRequest(info, ""), &stream{ctx: t.Context()})
	if err == nil || !strings.Contains(err.Error(), "main.go:3:15: undefined: undefined") {
		t.Errorf("the error is %v, want the compiler's", err)
	}
}

// TestPluginThatIsMissing runs a binary that does not exist.
func TestPluginThatIsMissing(t *testing.T) {
	info := project(t, plugin, map[string]any{"binary": "main.go"})
	if err := os.Chmod(filepath.Join(info.GetProgramDirectory(), "main.go"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := newHost("", &recorder.Messages{}).RunPlugin(pluginRequest(info, ""), &stream{ctx: t.Context()})
	if err == nil || !strings.Contains(err.Error(), "cannot run") {
		t.Errorf("the error is %v, want: cannot run", err)
	}
}

// TestPluginEndsWithTheEngine ends the engine while a plug-in serves.
func TestPluginEndsWithTheEngine(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &stream{ctx: ctx}
	host := newHost("", &recorder.Messages{})
	ended := make(chan error, 1)
	request := pluginRequest(project(t, plugin, nil), "wait")
	go func() { ended <- host.RunPlugin(request, s) }()
	for s.output() == "" && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := host.Cancel(ctx, nil); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the end of a plug-in is an error: %v", err)
		}
	case <-ctx.Done():
		t.Error("the plug-in runs without an engine")
	}
}
