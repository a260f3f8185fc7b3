package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/render"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// plainObject returns the fields of an object without what only Pulumi sets.
func plainObject(t *testing.T, tree any) map[string]any {
	t.Helper()
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	// Pulumi's names of Secrets have a random ending.
	text = []byte(strings.ReplaceAll(string(text), "-a1b2c3d", ""))
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	return manifest.Plain(plain)
}

// objectID returns the kind and the name of an object.
func objectID(tree map[string]any) string {
	metadata := tree["metadata"].(map[string]any)
	return fmt.Sprint(tree["kind"], " ", metadata["namespace"], "/", metadata["name"])
}

// TestRenderedObjectsAreThoseOfPulumi compares the objects that cmd/render writes for stacks on
// AWS, on an existing cluster, and with every key of a model, with those that Pulumi
// registers. The rendering reads no account.
func TestRenderedObjectsAreThoseOfPulumi(t *testing.T) {
	for name, path := range map[string]string{
		"dev": "../Pulumi.dev.yaml", "prod": "../Pulumi.prod.yaml", "local": "../Pulumi.local.yaml", "everything": "testdata/everything.yaml",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := stacktest.ReadConfig(path)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]map[string]any{}
			for _, r := range mustRecord(t, name, c).Resources() {
				owned := strings.HasPrefix(r.Parent, "vllm-eks:serving:") || strings.HasPrefix(r.Parent, "vllm-eks:monitoring:Rules::")
				if owned && !r.Read && r.Type != "kubernetes:core/v1:Secret" {
					tree := plainObject(t, r.Inputs)
					want[objectID(tree)] = tree
				}
			}
			s, err := render.Load(stackPath(t, name, path))
			if err != nil {
				t.Fatal(err)
			}
			objects, err := s.Objects(render.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]map[string]any{}
			for _, o := range objects {
				tree := plainObject(t, o.Tree)
				got[objectID(tree)] = tree
			}
			if ids := slices.Sorted(maps.Keys(want)); len(want) < 9 || !slices.Equal(slices.Sorted(maps.Keys(got)), ids) {
				t.Fatalf("rendered are\n%q\nwant\n%q", slices.Sorted(maps.Keys(got)), ids)
			}
			for id, tree := range want {
				if !reflect.DeepEqual(got[id], tree) {
					t.Errorf("%s is\n%v\nwant\n%v", id, got[id], tree)
				}
			}
		})
	}
}

// stackPath returns a copy of a stack file with the name that Pulumi gives it.
func stackPath(t *testing.T, name, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	renamed := filepath.Join(t.TempDir(), "Pulumi."+name+".yaml")
	if err := os.WriteFile(renamed, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return renamed
}
