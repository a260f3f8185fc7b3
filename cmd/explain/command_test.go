package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vllm-eks/vllm-eks/internal/explain"
)

const previews = "../../internal/explain/testdata/"

// run executes the command with a preview on its standard input.
func run(t *testing.T, in io.Reader, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := command(in, &out)
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.Execute()
	return out.String(), err
}

// file writes a file for a test.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInputsAndOutputs holds that a preview comes from a file or the standard input, and the
// comment and the report go where the flags say.
func TestInputsAndOutputs(t *testing.T) {
	const events = previews + "events.json"
	want, err := os.ReadFile(previews + "comment.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{events}, {}, {"-"}} {
		if got, err := run(t, bytes.NewReader(text), args...); err != nil || got != string(want) {
			t.Errorf("explain %q: %v\n%s", args, err, got)
		}
	}
	comment, report := filepath.Join(t.TempDir(), "comment.md"), filepath.Join(t.TempDir(), "report.json")
	if got, err := run(t, nil, events, "--markdown", comment, "--json", report, "--stack", "mine"); err != nil || got != "" {
		t.Fatalf("%v, and the standard output has %q", err, got)
	}
	if got, err := os.ReadFile(comment); err != nil || !strings.HasPrefix(string(got), "<!-- vllm-eks: mine -->\n**mine**: ") {
		t.Errorf("%v, and the comment is %q", err, got)
	}
	var decoded explain.Report
	written, err := os.ReadFile(report)
	if err := errors.Join(err, json.Unmarshal(written, &decoded)); err != nil {
		t.Fatal(err)
	}
	if len(decoded.Consequences) != 2 || decoded.Consequences[0].Kind != explain.Deletion || decoded.Consequences[1].Kind != explain.Restart || *decoded.Consequences[1].Restarts != (explain.Range{Min: 2, Max: 2}) {
		t.Errorf("the report is %+v", decoded)
	}
}

// TestOutputsOfFiles holds that a digest gets the new outputs from a file.
func TestOutputsOfFiles(t *testing.T) {
	after := file(t, `{"costs": "{usdPerHourMin: 1, usdPerHourMax: 3}", "plans": {}}`)
	before := file(t, `{"costs": "{usdPerHourMin: 1, usdPerHourMax: 2}"}`)
	got, err := run(t, nil, previews+"digest.json", "--before", before, "--after", after)
	if err != nil || !strings.Contains(got, "The stack costs 1.00–2.00 → 1.00–3.00 USD/h on demand: ±0 USD in a month with the fewest replicas, +730 with the most.") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestLimits(t *testing.T) {
	const key = "chat-api-key-1"
	restart := strings.NewReplacer(plugin.UnknownStringValue, key)
	outage := strings.NewReplacer(plugin.UnknownStringValue, key, `"replicas": 2`, `"replicas": 1`, `"maxSurge": 1`, `"maxSurge": 0`)
	text, err := os.ReadFile(previews + "events.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		limit, text string
		reached     bool
	}{
		{"never", outage.Replace(string(text)), false}, {"deletion", outage.Replace(string(text)), false}, {"outage", outage.Replace(string(text)), true},
		{"replacement", outage.Replace(string(text)), true}, {"outage", restart.Replace(string(text)), false},
		{"deletion", string(text), true},
	} {
		got, err := run(t, strings.NewReader(test.text), "--fail-on", test.limit)
		if errors.Is(err, errReached) != test.reached || !strings.Contains(got, "chat") {
			t.Errorf("--fail-on %s: %v\n%s", test.limit, err, got)
		}
	}
}

func TestWrongUse(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{previews + "events.json", "--fail-on", "restart"}, `--fail-on: is "restart", want one of deletion, outage, replacement, never`},
		{[]string{missing}, "no such file"},
		{[]string{"a", "b"}, "accepts at most 1 arg"},
		{[]string{file(t, "")}, "the preview: is empty"},
		{[]string{previews + "events.json", "--before", missing}, "--before: "},
		{[]string{previews + "events.json", "--after", file(t, "text")}, "--after: "},
		{[]string{previews + "events.json", "--after", file(t, `{"costs": 1}`)}, "output costs: is 1, want one line of YAML"},
		{[]string{previews + "events.json", "--json", missing + "/a"}, "--json: "},
		{[]string{previews + "events.json", "--markdown", missing + "/a"}, "--markdown: "},
	} {
		if _, err := run(t, nil, test.args...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("explain %q: %v, want %q", test.args, err, test.want)
		}
	}
}
