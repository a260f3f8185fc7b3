package config

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// TestRenovateFindsThePins holds that renovate.json updates every chart and release
// that versions pins: a pin that no expression matches stays old unseen.
func TestRenovateFindsThePins(t *testing.T) {
	content, err := os.ReadFile("../renovate.json")
	if err != nil {
		t.Fatal(err)
	}
	var settings struct {
		CustomManagers []struct{ ManagerFilePatterns, MatchStrings []string }
	}
	if err := json.Unmarshal(content, &settings); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, manager := range settings.CustomManagers {
		file := strings.NewReplacer("/^", "../", "$/", "", `\.`, ".").Replace(manager.ManagerFilePatterns[0])
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range manager.MatchStrings {
			expression := regexp.MustCompile(pattern)
			name, version := expression.SubexpIndex("depName"), expression.SubexpIndex("currentValue")
			for _, match := range expression.FindAllStringSubmatch(string(source), -1) {
				found = append(found, match[name]+" "+match[version])
			}
		}
	}
	expected := []string{"vllm-project/vllm " + versions.VLLM, "kedacore/keda " + versions.KEDA, "prometheus-operator/prometheus-operator " + versions.PrometheusOperator}
	for _, r := range Releases() {
		if r.Chart.Name != versions.KEDAChart.Name { // its version is KEDA's
			expected = append(expected, r.Chart.Name+" "+r.Chart.Version)
		}
	}
	slices.Sort(found)
	slices.Sort(expected)
	if !slices.Equal(found, expected) {
		t.Errorf("renovate.json finds %q, want %q", found, expected)
	}
}
