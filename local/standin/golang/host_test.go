package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vllm-eks/vllm-eks/local/standin/recorder"
)

// project writes a Go program and returns the engine's description of it.
func project(t *testing.T, source string, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	t.Setenv("PULUMI_HOME", t.TempDir())
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module program\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fields, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: dir, ProgramDirectory: dir, EntryPoint: ".", Options: fields}
}

func run(t *testing.T, info *pulumirpc.ProgramInfo) (*pulumirpc.RunResponse, *recorder.Messages) {
	t.Helper()
	messages := &recorder.Messages{}
	response, err := newHost("127.0.0.1:1", messages).Run(t.Context(), &pulumirpc.RunRequest{
		Info: info, Pwd: info.GetProgramDirectory(), Project: "vllm", Stack: "dev", Organization: "org",
		Config: map[string]string{"vllm:key": "value"}, ConfigSecretKeys: []string{"vllm:key"},
		DryRun: true, Parallel: 4, MonitorAddress: "127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	return response, messages
}

// TestRunPassesTheStack holds that the program gets everything that the Go SDK reads.
func TestRunPassesTheStack(t *testing.T) {
	info := project(t, `package main

import "os"

func main() {
	for key, want := range map[string]string{
		"PULUMI_PROJECT": "vllm", "PULUMI_STACK": "dev", "PULUMI_ORGANIZATION": "org",
		"PULUMI_CONFIG": "{\"vllm:key\":\"value\"}", "PULUMI_CONFIG_SECRET_KEYS": "[\"vllm:key\"]",
		"PULUMI_DRY_RUN": "true", "PULUMI_PARALLEL": "4",
		"PULUMI_MONITOR": "127.0.0.1:2", "PULUMI_ENGINE": "127.0.0.1:1",
	} {
		if got := os.Getenv(key); got != want {
			println(key, got)
			os.Exit(1)
		}
	}
	if dir, err := os.Getwd(); err != nil || dir != os.Getenv("PULUMI_ROOT_DIRECTORY") {
		println("directory", dir)
		os.Exit(1)
	}
}
`, nil)
	response, messages := run(t, info)
	if response.GetError() != "" || response.GetBail() {
		t.Errorf("got %v", response)
	}
	if lines := messages.Lines(); len(lines) != 1 || !strings.HasPrefix(lines[0], "SIMULATED") {
		t.Errorf("said %q", lines)
	}
}

func TestRunReportsHowTheProgramEnded(t *testing.T) {
	exit := func(code string) string {
		return "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(" + code + ") }\n"
	}
	tests := []struct {
		name, source, message string
		bail                  bool
	}{
		{"already reported", exit("32"), "", true},
		{"with an error", exit("3"), "exit status 3", false},
		{"with a panic", "package main\n\nfunc main() { panic(1) }\n", "exit status 2", false},
		{"never started", "package main\n\nfunc main() { undefined() }\n", "main.go:3:15: undefined: undefined", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, _ := run(t, project(t, test.source, nil))
			if response.GetBail() != test.bail || !strings.Contains(response.GetError(), test.message) {
				t.Errorf("got %v", response)
			}
		})
	}
}

func TestCancelEndsTheProgram(t *testing.T) {
	info := project(t, `package main

import (
	"os"
	"time"
)

func main() {
	if err := os.WriteFile("started", nil, 0o600); err != nil {
		panic(err)
	}
	time.Sleep(time.Hour)
}
`, nil)
	host := newHost("127.0.0.1:1", &recorder.Messages{})
	ended := make(chan *pulumirpc.RunResponse, 1)
	go func() {
		response, err := host.Run(t.Context(), &pulumirpc.RunRequest{Info: info, Pwd: info.GetProgramDirectory()})
		if err != nil {
			t.Error(err)
		}
		ended <- response
	}()
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			if t.Context().Err() != nil {
				return
			}
			if _, err := os.Stat(filepath.Join(info.GetProgramDirectory(), "started")); err == nil {
				_, _ = host.Cancel(t.Context(), nil)
				return
			}
		}
	}()
	if response := <-ended; response.GetError() != "the program was cancelled" {
		t.Errorf("got %v", response)
	}
}

func TestRuntimeOptions(t *testing.T) {
	const source = "package main\n\nfunc main() {}\n"
	built := project(t, source, map[string]any{"buildTarget": "out/program"})
	if response, _ := run(t, built); response.GetError() != "" {
		t.Fatalf("buildTarget: %v", response)
	}
	if _, err := os.Stat(filepath.Join(built.GetProgramDirectory(), "out/program")); err != nil {
		t.Errorf("buildTarget: %v", err)
	}
	built.Options.Fields = map[string]*structpb.Value{"binary": structpb.NewStringValue("out/program")}
	if err := os.Remove(filepath.Join(built.GetProgramDirectory(), "main.go")); err != nil {
		t.Fatal(err)
	}
	if response, _ := run(t, built); response.GetError() != "" {
		t.Errorf("binary: %v", response)
	}
	for message, options := range map[string]map[string]any{
		"cannot be combined":            {"binary": "a", "buildTarget": "b"},
		`got "nowhere", want a program`: {"binary": "nowhere"},
		"want a path":                   {"buildTarget": true},
	} {
		if response, _ := run(t, project(t, source, options)); !strings.Contains(response.GetError(), message) {
			t.Errorf("%v: got %v, want %q", options, response, message)
		}
	}
}

func TestPackagesComeFromTheModule(t *testing.T) {
	info := project(t, "package main\n", nil)
	module := `module program

require (
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
	github.com/pulumi/pulumi-kubernetes/sdk/v4 v4.28.0
	github.com/pulumi/pulumi-eks/sdk/v2 v2.8.1 // indirect
	github.com/other/pulumi-thing/sdk v1.0.0
)
`
	if err := os.WriteFile(filepath.Join(info.GetProgramDirectory(), "go.mod"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	info.ProgramDirectory = filepath.Join(info.GetProgramDirectory(), "below")
	host := newHost("", nil)
	packages, err := host.GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range packages.GetPackages() {
		got = append(got, p.GetKind()+" "+p.GetName()+" "+p.GetVersion())
	}
	if !slices.Equal(got, []string{"resource kubernetes v4.28.0", "resource eks v2.8.1"}) {
		t.Errorf("got %q", got)
	}
	direct, err := host.GetProgramDependencies(t.Context(), &pulumirpc.GetProgramDependenciesRequest{Info: info})
	if err != nil || len(direct.GetDependencies()) != 3 {
		t.Errorf("direct dependencies: %v, %v", direct, err)
	}
	info.ProgramDirectory = t.TempDir()
	if _, err := host.GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info}); err == nil ||
		!strings.Contains(err.Error(), "no go.mod") {
		t.Errorf("without a module: %v", err)
	}
}

func TestUnsupportedMethods(t *testing.T) {
	_, err := newHost("", nil).Pack(t.Context(), &pulumirpc.PackRequest{})
	err = explainGap("/pulumirpc.LanguageRuntime/Pack", err)
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "Pack: the simulated Go language host") {
		t.Errorf("got %v", err)
	}
}
