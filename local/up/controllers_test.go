package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// required returns the version of a module in a controller's go.mod.
func required(t *testing.T, folder, module string) string {
	t.Helper()
	for _, r := range goMod(t, folder).Require {
		if r.Mod.Path == module {
			return r.Mod.Version
		}
	}
	t.Fatalf("%s does not require %s", folder, module)
	return ""
}

// TestControllerVersions holds that the built versions are the pinned versions of the
// stacks' charts and add-ons.
func TestControllerVersions(t *testing.T) {
	want := map[string]string{"keda": versions.KEDA, "prometheus-operator": versions.PrometheusOperator}
	for _, c := range controllers {
		version := required(t, controllersFolder+"/"+c.name, c.module)
		if want[c.name] != "" && version != want[c.name] {
			t.Errorf("%s is built as %s, and the stacks have %s", c.name, version, want[c.name])
		}
		if !strings.HasSuffix(c.images[0].reference, ":"+version) {
			t.Errorf("%s is built as %s, and its image is %s", c.name, version, c.images[0].reference)
		}
	}
}

// TestManifestsUseTheImages holds that the manifests use exactly the built images,
// because there is no registry.
func TestManifestsUseTheImages(t *testing.T) {
	for _, c := range append(slices.Clone(controllers), telemetryController) {
		files, err := filepath.Glob(filepath.Join("../..", controllersFolder, c.name, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", c.name, files, err)
		}
		var used []string
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range strings.FieldsFunc(string(content), func(r rune) bool { return strings.ContainsRune(" \n=", r) }) {
				if strings.HasPrefix(word, "localhost/") {
					used = append(used, word)
				}
			}
		}
		used = slices.Compact(slices.Sorted(slices.Values(used))) // two pods may share an image
		var built []string
		for _, image := range c.images {
			built = append(built, image.reference)
		}
		if !slices.Equal(used, slices.Sorted(slices.Values(built))) {
			t.Errorf("%s: the manifests use %q; the images %q are built", c.name, used, built)
		}
	}
}

// TestTelemetryVersions holds that logs and traces are tested with the releases that the charts
// of a stack install: the same collector, and VictoriaLogs of the same minor.
func TestTelemetryVersions(t *testing.T) {
	for i, module := range []string{"go.opentelemetry.io/collector/otelcol", "github.com/VictoriaMetrics/VictoriaLogs"} {
		image := telemetryController.images[i]
		if version := required(t, image.program.folder, module); !strings.HasSuffix(image.reference, ":"+version) {
			t.Errorf("%s is built as %s, and its image is %s", module, version, image.reference)
		}
	}
}

func TestAutoscalingDefault(t *testing.T) {
	for value, want := range map[string]bool{"": true, "1": true, "true": true, "0": false, "false": false} {
		if got, err := (options{autoscaling: value}).wantsControllers(); err != nil || got != want {
			t.Errorf("AUTOSCALING=%s: %v, %v", value, got, err)
		}
	}
	if _, err := (options{autoscaling: "no thanks"}).wantsControllers(); err == nil || !strings.HasPrefix(err.Error(), "AUTOSCALING: ") {
		t.Errorf("the error is %v", err)
	}
}
