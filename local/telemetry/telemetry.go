// Package telemetry builds the parts of the local collector's manifests that depend on the
// checkout. The collector has the configuration of a stack's collector.
package telemetry

import (
	"encoding/json"
	"fmt"

	"github.com/vllm-eks/vllm-eks/spec/telemetry"
)

// Traces is the URL to which the local collector sends traces: a pod that prints them, so that
// they are among the logs.
const Traces = "http://traces.traces.svc:4318"

// Spec returns the spec of the local collector, which collects the logs of every namespace.
func Spec() telemetry.Spec {
	return telemetry.Spec{Install: true, Traces: Traces, Namespaces: []string{"*"}}.WithDefaults()
}

// Manifests returns the files that the kustomization of the collector needs, by name: its
// configuration, and the folders of the node with the logs of pods and with its own state.
func Manifests(podLogs, state string) (map[string]string, error) {
	relay, err := json.MarshalIndent(telemetry.CollectorConfig(Spec(), false), "", "  ")
	if err != nil {
		return nil, err
	}
	objects := map[string]any{
		"configuration.json": map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "otel-collector-agent", "namespace": telemetry.Namespace},
			"data":     map[string]any{"relay.yaml": string(relay)}, // JSON is YAML
		},
		"folders.json": map[string]any{
			"apiVersion": "apps/v1", "kind": "DaemonSet",
			"metadata": map[string]any{"name": "otel-collector-agent", "namespace": telemetry.Namespace},
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"volumes": []any{
				hostPath("pods", podLogs), hostPath("checkpoints", state),
			}}}},
		},
	}
	files := map[string]string{}
	for name, object := range objects {
		content, err := json.MarshalIndent(object, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = string(content)
	}
	return files, nil
}

func hostPath(name, path string) map[string]any {
	return map[string]any{"name": name, "hostPath": map[string]any{"path": path, "type": "DirectoryOrCreate"}}
}
