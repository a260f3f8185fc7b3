package stacktest

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// ChartKeys checks that values have only keys of the chart, because Helm ignores
// unknown keys. The file lists the keys, one a line, after lines that begin with # and
// state the version of the chart and the source of the keys. A key that ends in .* may
// have any keys below it.
func ChartKeys(t *testing.T, path string, chart versions.Chart, values map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	header := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			header += line + "\n"
		} else if line != "" {
			keys = append(keys, line)
		}
	}
	if want := "# " + chart.Name + " " + chart.Version + "\n"; !strings.HasPrefix(header, want) || strings.Count(header, "\n") < 2 {
		t.Errorf("%s begins with %q, want %q and then the source of its keys: read the keys again for a new version of the chart", path, header, want)
	}
	if !slices.IsSorted(keys) {
		t.Errorf("%s is not sorted", path)
	}
	for _, key := range unknownKeys(keys, "", values) {
		t.Errorf("%s does not list %s", path, key)
	}
}

// unknownKeys returns the paths of values that are not among keys.
func unknownKeys(keys []string, path string, value any) []string {
	if slices.Contains(keys, path) || slices.Contains(keys, path+".*") {
		return nil
	}
	m, isMap := value.(map[string]any)
	if !isMap {
		return []string{path}
	}
	var found []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		found = append(found, unknownKeys(keys, strings.TrimPrefix(path+"."+key, "."), m[key])...)
	}
	return found
}
