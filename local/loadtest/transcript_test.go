package loadtest

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the transcripts in the documentation")

const documentation = "../../docs/load.md"

// The documentation shows what the command prints.
func TestDocumentedTranscripts(t *testing.T) {
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "```console\n$ go run ./cmd/load ", "```\n"
	var renewed strings.Builder
	rest, transcripts := string(page), 0
	for {
		before, block, found := strings.Cut(rest, start)
		renewed.WriteString(before)
		if !found {
			break
		}
		line, block, _ := strings.Cut(block, "\n")
		_, after, closed := strings.Cut(block, end)
		if !closed {
			t.Fatalf("%s: the transcript of load %s has no end", documentation, line)
		}
		out, _, err := run{}.load(t, strings.Fields(line)...)
		if err != nil {
			t.Errorf("load %s: %v", line, err)
		}
		renewed.WriteString(start + line + "\n" + out + end)
		rest = after
		transcripts++
	}
	switch {
	case transcripts == 0:
		t.Errorf("%s has no transcript", documentation)
	case renewed.String() == string(page):
	case !*update:
		t.Errorf("%s shows other results; rewrite it with: go -C local test ./loadtest -update\n%s", documentation, renewed.String())
	default:
		if err := os.WriteFile(documentation, []byte(renewed.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
