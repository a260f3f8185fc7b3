package helm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

const (
	root        = "../../.."
	chartFolder = root + "/helm/vllm"
	// kubernetes is the version of Kubernetes that templates see.
	kubernetes = "v1.35.0"
	// configurations is the number of random configurations. It needs some seconds.
	configurations = 1000
)

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(chartFolder)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// templated returns what `helm template NAME helm/vllm --namespace NAMESPACE --values FILE`
// renders: the objects, and the notes.
func templated(c *chart.Chart, release, namespace string, values []byte) (objects []map[string]any, notes string, err error) {
	parsed, err := chartutil.ReadValues(values)
	if err != nil {
		return nil, "", err
	}
	capabilities := *chartutil.DefaultCapabilities
	version, err := chartutil.ParseKubeVersion(kubernetes)
	if err != nil {
		return nil, "", err
	}
	capabilities.KubeVersion = *version
	all, err := chartutil.ToRenderValues(c, parsed, chartutil.ReleaseOptions{Name: release, Namespace: namespace, IsInstall: true}, &capabilities)
	if err != nil {
		return nil, "", err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return nil, "", err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(file) == ".txt" {
			notes = files[file]
			continue
		}
		for _, text := range releaseutil.SplitManifests(files[file]) {
			object := map[string]any{}
			if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
				return nil, "", fmt.Errorf("%s: %w\n%s", file, err, text)
			}
			objects = append(objects, object)
		}
	}
	return objects, notes, nil
}

// TestChartEqualsTheBuilders compares the chart with the builders for random models: the
// objects of `helm template` with the values of a model are the objects that VLLMService
// registers for it.
func TestChartEqualsTheBuilders(t *testing.T) {
	c := load(t)
	decoder := json.NewDecoder(bytes.NewReader(output(t, "local", "./conformance/specs/draw", "-n", fmt.Sprint(configurations))))
	count, kinds, patched := 0, map[string]int{}, 0
	for decoder.More() {
		var drawn struct {
			Model, Namespace string
			Patched          bool
			Values           json.RawMessage
			Objects          []map[string]any
		}
		if err := decoder.Decode(&drawn); err != nil {
			t.Fatal(err)
		}
		values, err := yaml.JSONToYAML(drawn.Values)
		if err != nil {
			t.Fatal(err)
		}
		objects, _, err := templated(c, "release", drawn.Namespace, values)
		if err != nil {
			t.Fatalf("configuration %d, %s: %v", count, drawn.Model, err)
		}
		compare(t, fmt.Sprint("configuration ", count, ", ", drawn.Model), objects, drawn.Objects)
		count++
		if drawn.Patched {
			patched++
		}
		for _, o := range objects {
			kinds[o["kind"].(string)]++
		}
	}
	t.Logf("%d configurations, %d with a patch; objects: %v", count, patched, kinds)
	for _, kind := range []string{"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget"} {
		if kinds[kind] < configurations {
			t.Errorf("%d objects are of the kind %s, want one of each model", kinds[kind], kind)
		}
	}
	for _, kind := range []string{"Ingress", "ServiceMonitor", "ScaledObject", "HorizontalPodAutoscaler", "ServiceAccount", "PersistentVolumeClaim"} {
		if kinds[kind] < configurations/50 {
			t.Errorf("only %d objects are of the kind %s", kinds[kind], kind)
		}
	}
	if patched < configurations/50 {
		t.Errorf("only %d models have a patch", patched)
	}
}

// TestChartOfStackFiles compares the chart with the command: the values that --helm-values
// writes give the objects that the command writes, for the stacks of the repository and for
// one with every key of a model.
func TestChartOfStackFiles(t *testing.T) {
	everything, err := os.ReadFile(root + "/stack/testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "Pulumi.everything.yaml")
	if err := os.WriteFile(copied, everything, 0o600); err != nil {
		t.Fatal(err)
	}
	c, models := load(t), 0
	for _, file := range []string{"Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.local.yaml", "examples/manifests/Pulumi.vllm.yaml", copied} {
		folder := t.TempDir()
		output(t, ".", "./cmd/render", "--helm-values", "--out", folder, file)
		valuesFiles, err := filepath.Glob(filepath.Join(folder, "*values.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]any
		for _, text := range releaseutil.SplitManifests(string(output(t, ".", "./cmd/render", file))) {
			object := map[string]any{}
			if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
				t.Fatal(err)
			}
			labels, _ := object["metadata"].(map[string]any)["labels"].(map[string]any)
			if labels["app.kubernetes.io/instance"] != nil { // an object of a model
				want = append(want, object)
			}
		}
		var got []map[string]any
		for _, valuesFile := range valuesFiles {
			models++
			values, err := os.ReadFile(valuesFile)
			if err != nil {
				t.Fatal(err)
			}
			objects, _, err := templated(c, "release", namespaceOf(want, values), values)
			if err != nil {
				t.Fatalf("%s: %v", valuesFile, err)
			}
			got = append(got, objects...)
		}
		compare(t, file, got, want)
	}
	if models != 8 {
		t.Errorf("%d models are compared, want 8", models)
	}
}

// namespaceOf returns the namespace of the objects of the model that values describe.
func namespaceOf(objects []map[string]any, values []byte) string {
	var model struct{ Name string }
	if err := yaml.Unmarshal(values, &model); err != nil {
		return err.Error()
	}
	i := slices.IndexFunc(objects, func(o map[string]any) bool { return o["metadata"].(map[string]any)["name"] == model.Name })
	return objects[i]["metadata"].(map[string]any)["namespace"].(string)
}

// TestDefaultValues checks a release without values: the model of the folder manifests, under
// the name of the release, in its namespace.
func TestDefaultValues(t *testing.T) {
	files, err := filepath.Glob(root + "/manifests/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var want []map[string]any
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "dashboard-") || slices.Contains([]string{"namespace.yaml", "networkpolicy-default-deny.yaml", "prometheusrule.yaml"}, name) {
			continue // shared by the models of a stack
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		object := map[string]any{}
		if err := yaml.UnmarshalStrict(text, &object); err != nil {
			t.Fatal(err)
		}
		want = append(want, object)
	}
	c := load(t)
	objects, notes, err := templated(c, "vllm", "inference", nil)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "vllm", objects, want)
	for _, line := range []string{"kubectl -n inference port-forward svc/vllm 8000:8000", "http://vllm.inference.svc.cluster.local:8000/v1", "rollout status deployment/vllm --timeout=1560s"} {
		if !strings.Contains(notes, line) {
			t.Errorf("the notes do not have %q:\n%s", line, notes)
		}
	}
	objects, _, err = templated(c, "chat", "ml", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, refused := range []string{`"inference"`, `\"inference\"`, "$NAME", `"name":"vllm","namespace"`} {
		if strings.Contains(string(text), refused) {
			t.Errorf("the objects of another release contain %s", refused)
		}
	}
	if want := `sum(vllm:kv_cache_usage_perc{job=\"vllm\",namespace=\"ml\",service=\"chat\"})`; !strings.Contains(string(text), want) {
		t.Errorf("no query is %s", want)
	}
}

// TestWrongValuesAreRefused checks that helm refuses wrong values before it renders.
func TestWrongValuesAreRefused(t *testing.T) {
	c := load(t)
	for values, want := range map[string]string{
		"imgae: vllm/vllm-openai:v0.33.0": "additional properties 'imgae' not allowed",
		"scaling: {targetLoad: 4}":        "additional properties 'targetLoad' not allowed",
		"replicas: {max: 0}":              "/replicas/max",
		"secretEnv: {HF_TOKEN: hf_x}":     "/secretEnv/HF_TOKEN",
		"replicas: {min: 3, max: 2}":      "replicas.min: is 3, want at most replicas.max, which is 2",
		"serviceAccount: {create: false}": "serviceAccount.name: is missing",
		"image: vllm/vllm-openai:latest":  "/image",
	} {
		if _, _, err := templated(c, "vllm", "inference", []byte(values)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", values, err, want)
		}
	}
}

// TestLintIsStrict runs helm lint --strict.
func TestLintIsStrict(t *testing.T) {
	l := action.NewLint()
	l.Strict = true
	result := l.Run([]string{chartFolder}, nil)
	for _, err := range result.Errors {
		t.Error(err)
	}
	for _, m := range result.Messages {
		if m.Severity > support.InfoSev {
			t.Error(m)
		}
	}
	if result.TotalChartsLinted != 1 {
		t.Errorf("%d charts are linted", result.TotalChartsLinted)
	}
}

// TestChartNeedsASupportedKubernetes checks the range of versions, also with the suffix of EKS.
func TestChartNeedsASupportedKubernetes(t *testing.T) {
	c := load(t)
	for version, want := range map[string]bool{"v1.32.9": false, "v1.33.0": true, "v1.35.2-eks-1234567": true, "v1.36.9": true, "v1.37.0": false} {
		if got := chartutil.IsCompatibleRange(c.Metadata.KubeVersion, version); got != want {
			t.Errorf("Kubernetes %s is accepted: %t, want %t", version, got, want)
		}
	}
}
