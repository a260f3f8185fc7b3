package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recording is a stack or an example of the repository: the objects that it
// registers, by the file that has them.
type recording struct {
	file    string
	objects []map[string]any
}

// recordings are those of all stacks and examples.
func recordings(t *testing.T) []recording {
	t.Helper()
	var all []recording
	for _, pattern := range []string{"../../stack/testdata/*.json", "../../examples/*/objects.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no recordings like %s: %v", pattern, err)
		}
		for _, file := range files {
			all = append(all, recording{file, recordedObjects(t, file)})
		}
	}
	return all
}

func recordedObjects(t *testing.T, file string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var resources []struct {
		Type   string
		Read   bool
		Inputs map[string]any
	}
	if err := json.Unmarshal(text, &resources); err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	for _, r := range resources {
		if strings.HasPrefix(r.Type, "kubernetes:") && !r.Read {
			objects = append(objects, r.Inputs)
		}
	}
	return objects
}
