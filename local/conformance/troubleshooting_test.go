package conformance

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/vllm-eks/vllm-eks/internal/commands"
	simulated "github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
)

// troubleshooting returns the page about troubleshooting.
func troubleshooting(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exposed returns the metrics of a replica, and of histograms the names of their series.
func exposed(t *testing.T) map[string]bool {
	t.Helper()
	m := metrics.New(metrics.Info{ModelName: "chat", MaxModelLen: 8192, CacheConfig: metrics.Cache(100, 16, 0.92, "auto")}, func() simulated.Load { return simulated.Load{} })
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	textParser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := textParser.TextToMetricFamilies(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{"up": true}
	for name := range families {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			names[name+suffix] = true
		}
	}
	return names
}

// TestDocumentedQueries parses every query of the page with Prometheus' own parser, and
// checks that a replica has its metrics.
func TestDocumentedQueries(t *testing.T) {
	page, names := troubleshooting(t), exposed(t)
	var queries []string
	for _, block := range commands.Blocks(page) {
		list, err := block.Commands()
		if err != nil {
			t.Error(err)
		}
		for _, command := range list {
			if query, ok := commands.Query(command); ok {
				queries = append(queries, strings.ReplaceAll(query, "$SERIES", service))
			}
		}
	}
	_, table, _ := strings.Cut(page, "\n## Names of metrics")
	for _, found := range regexp.MustCompile("`(sum\\(.*?)` \\|").FindAllStringSubmatch(table, -1) {
		queries = append(queries, found[1])
	}
	if len(queries) < 22 {
		t.Fatalf("the page has %d queries", len(queries))
	}
	for _, query := range queries {
		expression, err := parser.ParseExpr(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok && selector.Name != "" && !names[selector.Name] {
				t.Errorf("%s: no replica has %s", query, selector.Name)
			}
			return nil
		})
	}
}

// TestRemovedMetrics checks the table of names that vLLM removed: a replica has none of
// them, and all that replace them.
func TestRemovedMetrics(t *testing.T) {
	names := exposed(t)
	_, table, _ := strings.Cut(troubleshooting(t), "\n## Names of metrics")
	rows := 0
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`vllm:") {
			continue
		}
		rows++
		metric := regexp.MustCompile(`vllm:\w+`)
		for _, removed := range metric.FindAllString(cells[1], -1) {
			if names[removed] {
				t.Errorf("a replica still has %s", removed)
			}
		}
		current := metric.FindAllString(cells[3], -1)
		if len(current) == 0 {
			t.Errorf("nothing replaces %s", cells[1])
		}
		for _, name := range current {
			if !names[name] {
				t.Errorf("no replica has %s", name)
			}
		}
	}
	for _, name := range []string{"vllm:gpu_cache_usage_perc", "vllm:avg_generation_throughput_toks_per_s"} { // of the problem statement
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the table lacks %s", name)
		}
	}
	if rows < 8 {
		t.Errorf("%d rows are checked", rows)
	}
}
