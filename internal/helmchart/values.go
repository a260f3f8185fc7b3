package helmchart

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/trees"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Scalers of a chart.
const (
	scalerKEDA     = "keda"
	scalerCPU      = "cpu"
	scalerExternal = "external"
	scalerNone     = "none"
)

// selected is the part of a query that selects the series of one service. In values, the
// namespace and the name are variables, which the chart replaces.
const selected = `namespace="$NAMESPACE",service="$NAME"`

// Values returns the values of the chart for a model, with its defaults and valid. The
// namespace is that of the release, which helm gets as --namespace. Helm merges mappings with
// those of the chart, so a key that only the chart has is null.
func Values(s serving.Spec) (map[string]any, error) {
	defaults, err := valuesOf(Default().WithDefaults())
	if err != nil {
		return nil, err
	}
	values, err := valuesOf(s)
	if err == nil {
		remove(values, defaults)
	}
	return values, err
}

// remove sets the keys of mappings that only the defaults have to null.
func remove(values, defaults map[string]any) {
	for key, standard := range defaults {
		value, exists := values[key]
		if !exists {
			values[key] = nil
			continue
		}
		inner, isMapping := value.(map[string]any)
		if below, ok := standard.(map[string]any); ok && isMapping {
			remove(inner, below)
		}
	}
}

// valuesOf returns the values of a model alone.
func valuesOf(s serving.Spec) (map[string]any, error) {
	plain := s
	plain.PodPatch = ""
	o, err := objectsOf(plain)
	if err != nil {
		return nil, err
	}
	values := map[string]any{
		"name": s.ObjectName(), "previousNames": texts(s.Aliases()), "labels": mapping(s.Labels), "annotations": mapping(s.Annotations),
		"image": s.ImageName(), "podTemplate": map[string]any{},
		"replicas": map[string]any{"min": s.Replicas.Smallest(), "max": s.Replicas.Max},
		"serviceAccount": map[string]any{
			"create": s.Access.ServiceAccountName == "", "name": s.Access.ServiceAccountName,
		},
		"cache":   map[string]any{"claim": "", "storageClass": s.Storage.Cache.StorageClass, "size": ""},
		"scaling": scaling(s, o),
	}
	arguments(values, plain)
	environment(values, plain)
	for value, source := range sources {
		part, _ := trees.Value(o[source.kind], source.path)
		if part == nil {
			part = source.missing
		}
		set(values, value, part)
	}
	for _, kind := range []string{"Service", "Ingress"} {
		annotations, _ := trees.Value(o[kind], trees.Path{"metadata", "annotations"})
		if annotations == nil {
			annotations = map[string]any{}
		}
		set(values, strings.ToLower(kind)+".annotations", annotations)
	}
	set(values, "service.loadBalancer", loadBalancer(o["Service"]))
	set(values, "serviceMonitor.enabled", s.Monitored())
	set(values, "serviceMonitor.labels", mapping(s.Monitoring.Labels))
	if s.PodPatch == "" {
		return values, nil
	}
	patched, err := objectsOf(s)
	if err != nil {
		return nil, err
	}
	values["podTemplate"], _ = trees.Value(patched["Deployment"], trees.Path{"spec", "template"})
	return values, nil
}

// source is the part of an object from which a value is copied.
type source struct {
	kind string
	path trees.Path
	// missing is the value if the object has no such part.
	missing any
}

// container is the path of vLLM's container, the only one without a patch.
var container = trees.Path{"spec", "template", "spec", "containers", 0}

// pod returns a path in the template of the pods.
func pod(path ...any) trees.Path { return append(trees.Path{"spec", "template", "spec"}, path...) }

// of returns a path in vLLM's container.
func of(path ...any) trees.Path { return append(slices.Clip(container), path...) }

// sources holds the values that are parts of objects, by their path.
var sources = map[string]source{
	"resources":                       {"Deployment", of("resources"), nil},
	"drainSeconds":                    {"Deployment", of("lifecycle", "preStop", "sleep", "seconds"), nil},
	"startupProbe":                    {"Deployment", of("startupProbe"), nil},
	"livenessProbe":                   {"Deployment", of("livenessProbe"), nil},
	"volumeMounts":                    {"Deployment", of("volumeMounts"), nil},
	"volumes":                         {"Deployment", pod("volumes"), nil},
	"nodeSelector":                    {"Deployment", pod("nodeSelector"), map[string]any{}},
	"affinity":                        {"Deployment", pod("affinity"), map[string]any{}},
	"tolerations":                     {"Deployment", pod("tolerations"), nil},
	"priorityClassName":               {"Deployment", pod("priorityClassName"), ""},
	"terminationGracePeriodSeconds":   {"Deployment", pod("terminationGracePeriodSeconds"), nil},
	"progressDeadlineSeconds":         {"Deployment", trees.Path{"spec", "progressDeadlineSeconds"}, nil},
	"rollout.maxSurge":                {"Deployment", trees.Path{"spec", "strategy", "rollingUpdate", "maxSurge"}, nil},
	"rollout.maxUnavailable":          {"Deployment", trees.Path{"spec", "strategy", "rollingUpdate", "maxUnavailable"}, nil},
	"disruptionBudget.maxUnavailable": {"PodDisruptionBudget", trees.Path{"spec", "maxUnavailable"}, nil},
	"networkPolicy.ingress":           {"NetworkPolicy", trees.Path{"spec", "ingress"}, []any{}},
	"networkPolicy.egress":            {"NetworkPolicy", trees.Path{"spec", "egress"}, []any{}},
	"service.type":                    {"Service", trees.Path{"spec", "type"}, nil},
	"ingress.className":               {"Ingress", trees.Path{"spec", "ingressClassName"}, ""},
	"ingress.host":                    {"Ingress", trees.Path{"spec", "rules", 0, "host"}, ""},
	"ingress.tlsSecret":               {"Ingress", trees.Path{"spec", "tls", 0, "secretName"}, ""},
	"cache.claim":                     {"PersistentVolumeClaim", trees.Path{"metadata", "name"}, ""},
	"cache.size":                      {"PersistentVolumeClaim", trees.Path{"spec", "resources", "requests", "storage"}, ""},
	"serviceMonitor.interval":         {"ServiceMonitor", trees.Path{"spec", "endpoints", 0, "interval"}, "15s"},
	"serviceMonitor.scrapeTimeout":    {"ServiceMonitor", trees.Path{"spec", "endpoints", 0, "scrapeTimeout"}, "10s"},
}

// objectsOf returns the objects of a model by kind, as kubectl applies them. The Service is
// that of the first name.
func objectsOf(s serving.Spec) (map[string]any, error) {
	found := map[string]any{}
	for _, o := range manifest.Objects(s, "") {
		tree, err := manifest.Tree(o.Object)
		if err != nil {
			return nil, err
		}
		kind := tree["kind"].(string)
		if _, first := found[kind]; !first {
			found[kind] = any(manifest.Plain(tree))
		}
	}
	return found, nil
}

// arguments sets the arguments of vLLM: those of the keys, and those of the user.
func arguments(values map[string]any, s serving.Spec) {
	extra := s.ExtraArgs
	s.ExtraArgs = nil
	values["args"], values["extraArgs"] = texts(serving.VLLMArgs(s)), texts(extra)
}

// environment sets the variables by the kind of their source, in whose order the chart
// writes them.
func environment(values map[string]any, s serving.Spec) {
	plain, fields, secrets := map[string]any{}, map[string]any{}, map[string]any{}
	for _, v := range serving.Environment(s) {
		switch {
		case v.ValueFrom == nil:
			plain[v.Name] = v.Value
		case v.ValueFrom.FieldRef != nil:
			fields[v.Name] = v.ValueFrom.FieldRef.FieldPath
		default:
			secrets[v.Name] = secretValue(v.ValueFrom.SecretKeyRef)
		}
	}
	values["env"], values["fieldEnv"], values["secretEnv"] = plain, fields, secrets
}

func secretValue(ref *corev1.SecretKeySelector) map[string]any {
	return map[string]any{"secret": ref.Name, "key": ref.Key}
}

// loadBalancer returns the fields of a Service with a load balancer.
func loadBalancer(service any) map[string]any {
	fields := map[string]any{}
	spec, _ := trees.Value(service, trees.Path{"spec"})
	for key, value := range spec.(map[string]any) {
		if key != "type" && key != "selector" && key != "ports" {
			fields[key] = value
		}
	}
	return fields
}

// scaling returns the values of the scaler.
func scaling(s serving.Spec, o map[string]any) map[string]any {
	values := map[string]any{
		"scaler": scalerNone, "prometheusUrl": s.Monitoring.PrometheusURL, "triggers": []any{}, "fallbackReplicas": s.Replicas.Least(), "failureThreshold": 3,
		"downSeconds": 300, "fromZero": map[string]any{}, "targetCPU": 70,
	}
	copied := func(kind string, paths map[string]trees.Path) {
		for name, path := range paths {
			values[name], _ = trees.Value(o[kind], path)
		}
	}
	if s.Scaled() {
		values["scaler"] = scalerExternal
	}
	switch s.Scaler() {
	case serving.KEDA:
		values["scaler"] = scalerKEDA
		copied("ScaledObject", map[string]trees.Path{
			"fallbackReplicas": {"spec", "fallback", "replicas"}, "failureThreshold": {"spec", "fallback", "failureThreshold"},
			"downSeconds": {"spec", "advanced", "horizontalPodAutoscalerConfig", "behavior", "scaleDown", "stabilizationWindowSeconds"},
		})
		for _, name := range []string{"pollingInterval", "cooldownPeriod", "initialCooldownPeriod"} {
			if seconds, ok := trees.Value(o["ScaledObject"], trees.Path{"spec", name}); ok {
				values["fromZero"].(map[string]any)[name] = seconds
			}
		}
		values["triggers"] = triggers(s, o["ScaledObject"])
	case serving.PodAutoscaler:
		values["scaler"] = scalerCPU
		copied("HorizontalPodAutoscaler", map[string]trees.Path{
			"targetCPU":   {"spec", "metrics", 0, "containerResource", "target", "averageUtilization"},
			"downSeconds": {"spec", "behavior", "scaleDown", "stabilizationWindowSeconds"},
		})
	}
	return values
}

// triggers returns the triggers of KEDA, with variables for the namespace and the name.
func triggers(s serving.Spec, scaled any) []any {
	found, _ := trees.Value(scaled, trees.Path{"spec", "triggers"})
	var list []any
	for _, t := range found.([]any) {
		text := func(path ...any) string {
			value, _ := trees.Value(t, path)
			return value.(string)
		}
		of := fmt.Sprintf("namespace=%s,service=%s", strconv.Quote(s.Namespace), strconv.Quote(s.ObjectName()))
		list = append(list, map[string]any{
			"name": text("name"), "threshold": text("metadata", "threshold"), "query": strings.ReplaceAll(text("metadata", "query"), of, selected),
		})
	}
	return list
}

// set sets a value at a dotted path.
func set(values map[string]any, path string, value any) {
	before, rest, nested := strings.Cut(path, ".")
	if !nested {
		values[path] = value
		return
	}
	inner, ok := values[before].(map[string]any)
	if !ok {
		inner = map[string]any{}
		values[before] = inner
	}
	set(inner, rest, value)
}

// texts returns strings as a list of a tree.
func texts(list []string) []any {
	items := make([]any, len(list))
	for i, text := range list {
		items[i] = text
	}
	return items
}

// mapping returns strings as a mapping of a tree.
func mapping(m map[string]string) map[string]any {
	values := make(map[string]any, len(m))
	for key := range maps.Keys(m) {
		values[key] = m[key]
	}
	return values
}
