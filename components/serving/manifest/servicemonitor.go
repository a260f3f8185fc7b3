package manifest

import (
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// serviceMonitor returns the object with which Prometheus scrapes every replica.
// Dashboards, alerts and scalers can rely on these labels of every series: job="vllm",
// namespace, service (the first name of the VLLMService), pod and node.
func serviceMonitor(s serving.Spec, manager string) *unstructured.Unstructured {
	// The action is the default. It is written so that tools that compare the object with the
	// cluster find no difference.
	relabel := func(source, target string) any {
		return map[string]any{"action": "replace", "sourceLabels": []any{source}, "targetLabel": target}
	}
	selector := map[string]any{"matchLabels": plain(s.SelectorLabels()), "matchExpressions": []any{
		map[string]any{"key": serving.ComponentLabel, "operator": "NotIn", "values": []any{serving.AliasComponent}},
	}}
	endpoint := map[string]any{
		"port":          serving.PortName,
		"path":          "/metrics",
		"interval":      fmt.Sprintf("%ds", s.Monitoring.IntervalSeconds),
		"scrapeTimeout": fmt.Sprintf("%ds", min(s.Monitoring.IntervalSeconds, 10)),
		// Prometheus renames a label of vLLM with one of these names, so that queries find
		// the series.
		"honorLabels": false,
		"relabelings": []any{
			map[string]any{"action": "replace", "targetLabel": "job", "replacement": serving.ScrapeJob},
			relabel("__meta_kubernetes_namespace", "namespace"),
			relabel("__meta_kubernetes_service_name", "service"),
			relabel("__meta_kubernetes_pod_name", "pod"),
			relabel("__meta_kubernetes_pod_node_name", "node"),
		},
	}
	if key := s.Access.APIKey; key.Name != "" {
		// In later releases of vLLM, /metrics requires the API key as well (vllm#58028).
		endpoint["authorization"] = map[string]any{"type": "Bearer", "credentials": map[string]any{"name": key.Name, "key": key.Key}}
	}
	o := custom(s, manager, "monitoring.coreos.com/v1", "ServiceMonitor", map[string]any{
		"selector":          selector,
		"namespaceSelector": map[string]any{"matchNames": []any{s.Namespace}},
		"endpoints":         []any{endpoint},
	})
	labels := s.AllLabels()
	maps.Copy(labels, s.Monitoring.Labels)
	o.SetLabels(labels)
	return o
}

// custom returns an object of a kind that a CustomResourceDefinition defines.
func custom(s serving.Spec, manager, apiVersion, kind string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetName(s.ObjectName())
	o.SetNamespace(s.Namespace)
	o.SetLabels(s.AllLabels())
	o.SetAnnotations(fieldmanager.Annotations(manager))
	return o
}

func plain(labels map[string]string) map[string]any {
	m := map[string]any{}
	for key, value := range labels {
		m[key] = value
	}
	return m
}
