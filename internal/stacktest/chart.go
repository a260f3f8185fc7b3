package stacktest

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// ChartKeys holds that values have no key that the chart does not know: Helm
// takes any, and leaves out what it is not asked for. The file lists the keys, a
// line each, after lines that begin with # and say for which version of the chart
// they were read, and where. A key that ends in .* may have anything below it.
func ChartKeys(t *testing.T, path string, chart versions.Chart, values map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	header := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			header += line + "\n"
		} else if line != "" {
			known = append(known, line)
		}
	}
	if want := "# " + chart.Name + " " + chart.Version + "\n"; !strings.HasPrefix(header, want) || strings.Count(header, "\n") < 2 {
		t.Errorf("%s begins with %q, want %q and then where its keys were read: a new version of a chart has its keys read anew", path, header, want)
	}
	if !slices.IsSorted(known) {
		t.Errorf("%s is not sorted", path)
	}
	for _, key := range unknownKeys(known, "", values) {
		t.Errorf("%s does not list %s", path, key)
	}
}

// unknownKeys are the paths of values that are not among the known.
func unknownKeys(known []string, path string, value any) []string {
	if slices.Contains(known, path) || slices.Contains(known, path+".*") {
		return nil
	}
	m, isMap := value.(map[string]any)
	if !isMap {
		return []string{path}
	}
	var found []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		found = append(found, unknownKeys(known, strings.TrimPrefix(path+"."+key, "."), m[key])...)
	}
	return found
}
