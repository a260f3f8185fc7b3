package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// stateMetric matches the metrics of kube-state-metrics for a kind of object.
var stateMetric = regexp.MustCompile(`\bkube_([a-z]+)_\w+`)

// TestStateMetricsOfRules holds that kube-state-metrics reports every kind that the rules read.
func TestStateMetricsOfRules(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("../..", controllersFolder, "kube-state-metrics", "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	flag := regexp.MustCompile(`--resources=([a-z,]+)`).FindStringSubmatch(string(content))
	if flag == nil {
		t.Fatal("kube-state-metrics has no --resources")
	}
	resources := strings.Split(flag[1], ",")
	read := map[string]bool{}
	for _, group := range rules.Groups([]monitoringspec.Model{{Namespace: "inference", Service: "chat", ID: "org/chat"}}, monitoringspec.Bounds{}) {
		for _, rule := range group.Rules {
			for _, metric := range stateMetric.FindAllStringSubmatch(rule.Expr, -1) {
				read[metric[1]+"s"] = true
				if metric[1] != "customresource" && !slices.Contains(resources, metric[1]+"s") {
					t.Errorf("%s: %s needs the resource %ss", rule.Record, metric[0], metric[1])
				}
			}
		}
	}
	if !read["pods"] || !read["deployments"] {
		t.Errorf("the rules read %v, want pods and deployments at least", read)
	}
}

// TestStateOfScaledObjects holds that kube-state-metrics reports ScaledObjects here as on AWS.
func TestStateOfScaledObjects(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("../..", controllersFolder, "kube-state-metrics", "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)--custom-resource-state-config=\n(.*?)\n {12}resources:`).FindStringSubmatch(string(content))
	if found == nil {
		t.Fatal("kube-state-metrics has no --custom-resource-state-config")
	}
	normal := func(text []byte) string {
		text = regexp.MustCompile(`"help":"[^"]*",?`).ReplaceAll(text, nil)
		return string(text)
	}
	local, err := yaml.YAMLToJSON([]byte(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(monitoringspec.ScaledObjectState())
	if err != nil {
		t.Fatal(err)
	}
	if normal(local) != normal(want) {
		t.Errorf("the local configuration is\n%s, want that of spec/monitoring\n%s", local, want)
	}
}
