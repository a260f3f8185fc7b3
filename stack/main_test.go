package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// stacks lists the stacks whose files are in the tree.
var stacks = []string{"local", "dev", "prod"}

// today is the day on which the tests run the program, so that no version reaches its end
// of support in a test.
var today = time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)

// record runs the whole program on a configuration.
func record(stack string, c stacktest.Config) (*stacktest.Recording, error) {
	return recordIn(nil, stack, c)
}

// recordIn runs the whole program on a configuration in an account. The JSON Schema must
// accept what the program accepts.
func recordIn(simulated *stacktest.Account, stack string, c stacktest.Config) (*stacktest.Recording, error) {
	source := config.Source{Now: today}
	program := func(ctx *pulumi.Context) error { return deploy(ctx, &source) }
	recording, err := stacktest.RecordIn(simulated, stack, program, c.Option, source.Capture)
	if err == nil {
		err = acceptedBySchema(c)
	}
	return recording, err
}

// mustRecord runs the whole program on a valid configuration.
func mustRecord(t testing.TB, stack string, c stacktest.Config) *stacktest.Recording {
	t.Helper()
	r, err := record(stack, c)
	if err != nil {
		t.Fatalf("the program refused the configuration: %v", err)
	}
	return r
}

// mustRecordIn runs the whole program on a valid configuration in an account.
func mustRecordIn(t testing.TB, simulated *stacktest.Account, stack string, c stacktest.Config) *stacktest.Recording {
	t.Helper()
	r, err := recordIn(simulated, stack, c)
	if err != nil {
		t.Fatalf("the program refused the configuration: %v", err)
	}
	return r
}

// inEveryZone returns an account in us-east-1.
func inEveryZone() *stacktest.Account {
	account := stacktest.SimulatedAccount()
	account.Zones = map[string]string{
		"us-east-1a": "use1-az1", "us-east-1b": "use1-az2", "us-east-1c": "use1-az3", "us-east-1d": "use1-az4", "us-east-1e": "use1-az5", "us-east-1f": "use1-az6",
	}
	return account
}

// everythingOnAWS returns the stack with every key of the platform.
func everythingOnAWS(t testing.TB) stacktest.Config {
	t.Helper()
	c, err := stacktest.ReadConfig("testdata/everything-aws.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustParse(t testing.TB, yaml string) stacktest.Config {
	t.Helper()
	c, err := stacktest.ParseConfig(yaml)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stackFile(t *testing.T, stack string) stacktest.Config {
	t.Helper()
	c, err := stacktest.ReadConfig("../Pulumi." + stack + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func asJSON(t *testing.T, r *stacktest.Recording) []byte {
	t.Helper()
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGoldens compares every resource of every stack in the tree, and of a stack with every
// key, with golden files.
func TestGoldens(t *testing.T) {
	for stack, recording := range recordings(t) {
		t.Run(stack, func(t *testing.T) {
			stacktest.CompareFolder(t, filepath.Join("testdata", stack), recording)
		})
	}
}

// TestStackFilesAreCommented checks that every line of a stack's file has a comment.
func TestStackFilesAreCommented(t *testing.T) {
	for _, stack := range stacks {
		text, err := os.ReadFile("../Pulumi." + stack + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if !strings.HasPrefix(line, "  vllm-eks:") || strings.Contains(line, "#") {
				continue
			}
			if i == 0 || !strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") {
				t.Errorf("Pulumi.%s.yaml:%d: the key has no comment above or beside it", stack, i+1)
			}
		}
	}
}
