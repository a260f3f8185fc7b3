package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// completed returns a configuration that is complete, and its problems.
func completed(t *testing.T, yaml string) (*Config, *findings) {
	t.Helper()
	parsed, err := stacktest.ParseConfig("config:\n" + yaml)
	if err != nil {
		t.Fatal(err)
	}
	var source Source
	source.Capture(&pulumi.RunInfo{Config: parsed.Values, ConfigSecretKeys: parsed.Secret})
	typed, decoded := decode(&source)
	found := newFindings(decoded)
	c := newConfig(&source, typed, decoded)
	c.complete(found, nil)
	c.check(found)
	return c, found
}

// chartOf returns the chart of a key.
func chartOf(t *testing.T, c *Config, key string) namedChart {
	t.Helper()
	charts := c.Platform.charts()
	i := slices.IndexFunc(charts, func(c namedChart) bool { return c.key == key })
	if i < 0 {
		t.Fatalf("the field of the key %s is no chart.Spec; give its spec the methods of one", key)
	}
	return charts[i]
}

// TestCharts holds, of each field of Charts and of Prometheus, what the configuration
// does for every chart.
func TestCharts(t *testing.T) {
	names := []string{"monitoring"}
	for _, f := range keys.Fields(&Charts{}) {
		names = append(names, f.Name)
	}
	const created, existing = "  aws:region: us-west-2\n", "  vllm-eks:cluster: {existing: {context: test}}\n"
	for _, key := range names {
		t.Run(key, func(t *testing.T) {
			install := ""
			if chosen := chartOf(t, &Config{}, key).spec.Options().Chosen; chosen {
				if c, _ := completed(t, created); *chartOf(t, c, key).spec.Options().Install {
					t.Error("it is installed without a choice of the user")
				}
				install = fmt.Sprintf("  vllm-eks:%s: {install: true}\n", key)
			}
			c, _ := completed(t, created+install)
			options := chartOf(t, c, key).spec.Options()
			if !*options.Install {
				t.Error("it is not installed on a created cluster")
			}
			claims := chart.Namespaces(chartOf(t, c, key).spec)
			if len(claims) == 0 {
				t.Fatal("it has no namespace")
			}
			if options.ServiceMonitor != nil && !*options.ServiceMonitor {
				t.Error("Prometheus does not scrape it")
			}
			if c, _ := completed(t, existing); *chartOf(t, c, key).spec.Options().Install {
				t.Error("it is installed on an existing cluster")
			}
			if c, _ := completed(t, created+fmt.Sprintf("  vllm-eks:%s: {install: false}\n", key)); *chartOf(t, c, key).spec.Options().Install {
				t.Error("it is installed with install: false")
			}
			labelled, _ := completed(t, created+install+"  vllm-eks:monitoring: {labels: {release: ours}}\n")
			if options := chartOf(t, labelled, key).spec.Options(); options.Labels != nil && (*options.Labels)["release"] != "ours" {
				t.Errorf("the labels of its ServiceMonitor are %v", *options.Labels)
			}
			for _, claim := range claims {
				_, found := completed(t, created+install+fmt.Sprintf("  vllm-eks:namespaces: [{name: %s}]\n", claim))
				if got := problemstest.KindsOf(found.list); !slices.Contains(got, "namespaces[0].name: invalid") {
					t.Errorf("models may use its namespace %s: the problems are %q", claim, got)
				}
			}
			wrong := fmt.Sprintf("  vllm-eks:%s: {install: true, values: {password: canary}}\n", key)
			_, found := completed(t, created+wrong)
			if got := problemstest.KindsOf(found.list); !slices.Contains(got, key+".values.password: invalid") {
				t.Errorf("a password among its values is not reported: the problems are %q", got)
			}
		})
	}
}

// TestChartsArePinned holds that a chart is one release of one repository, and
// that its page is that of the release.
func TestChartsArePinned(t *testing.T) {
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	names := map[string]bool{}
	for _, r := range Releases() {
		c := r.Chart
		if !exact.MatchString(c.Version) || !strings.HasPrefix(c.Repository, "https://") || !strings.HasPrefix(c.Releases, "https://github.com/") {
			t.Errorf("%+v is not pinned to a release of a repository", c)
		}
		// NVIDIA tags DCGM's releases by the exporter's version and not the chart's.
		if c.Name != "dcgm-exporter" && !strings.HasSuffix(c.Releases, c.Version) {
			t.Errorf("%s %s: %s is the page of another release", c.Name, c.Version, c.Releases)
		}
		if names[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		names[c.Name] = true
	}
	if len(names) < 6 {
		t.Errorf("there are only the charts %v", names)
	}
}
