package conformance

import (
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// recording holds the objects that a stack or an example of the repository
// registers, by the folder of its golden files.
type recording struct {
	folder  string
	objects []map[string]any
}

// recordings returns the recordings of every stack and example.
func recordings(t *testing.T) []recording {
	t.Helper()
	folders, err := stacktest.GoldenFolders("../..")
	if err != nil {
		t.Fatal(err)
	}
	var found []recording
	for _, folder := range folders {
		found = append(found, recording{folder, recordedObjects(t, folder)})
	}
	return found
}

func recordedObjects(t *testing.T, folder string) []map[string]any {
	t.Helper()
	resources, err := stacktest.ReadFolder(folder)
	if err != nil {
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
