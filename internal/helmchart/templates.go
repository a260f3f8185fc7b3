package helmchart

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/trees"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Expressions of several templates.
const (
	name      = `include "vllm.name" . | quote`
	namespace = `.Release.Namespace | quote`
	selector  = `include "vllm.selectorLabels" .`
	labels    = `include "vllm.labels" .`
)

// object is the template of one kind of object.
type object struct {
	file, kind string
	// condition is an expression. If it is false or empty, the chart has no such object.
	condition string
	slots     []slot
	// each is the path of a list of the values. The chart has one object for each item.
	// Default: one object.
	each string
	// change changes the sample model for which the object is built. Default: none.
	change func(*serving.Spec)
}

// Default returns the model of the chart's default values: that of the folder manifests.
func Default() serving.Spec {
	return serving.Spec{
		Name: "vllm", Namespace: "inference",
		Model: serving.Model{
			ID: "mistralai/Mistral-7B-Instruct-v0.2", Revision: "63a8b081895390a26e140280378bc85ec8bce07a", MaxLen: 8192,
		},
		GPU:        serving.GPU{Type: "A10G", Count: 1},
		Replicas:   serving.Replicas{Min: new(1), Max: 10},
		Monitoring: serving.Monitoring{PrometheusURL: "http://kps-prometheus.monitoring.svc:9090"},
	}
}

// complete returns a model that has every object except a HorizontalPodAutoscaler.
func complete() serving.Spec {
	s := Default()
	s.Storage.Cache = serving.Cache{StorageClass: "efs"}
	s.Ingress = serving.Ingress{Class: "nginx", Host: "vllm.example.com", TLSSecret: "tls", ControllerNamespace: "ingress-nginx", Open: true}
	return s
}

// metadata returns the slots of an object's metadata.
func metadata() []slot {
	return []slot{
		{path: trees.Path{"metadata", "name"}, value: name},
		{path: trees.Path{"metadata", "namespace"}, value: namespace},
		{path: trees.Path{"metadata", "labels"}, block: labels},
	}
}

// block returns a slot for a mapping or a list of the values.
func block(path trees.Path, value string) slot {
	return slot{path: path, block: "toYaml .Values." + value}
}

// optional returns a slot for a mapping or a list that is left out if it is empty.
func optional(path trees.Path, value string) slot {
	return slot{path: path, block: "toYaml .Values." + value, condition: ".Values." + value}
}

// number returns a slot for a whole number.
func number(path trees.Path, value string) slot {
	return slot{path: path, value: "int64 .Values." + value}
}

// text returns a slot for a string.
func text(path trees.Path, value string) slot {
	return slot{path: path, value: ".Values." + value + " | quote"}
}

// templates returns the templates of the chart.
func templates() []object {
	spec := func(path ...any) trees.Path { return append(trees.Path{"spec"}, path...) }
	return []object{
		{file: "serviceaccount", kind: "ServiceAccount", condition: ".Values.serviceAccount.create", slots: metadata()},
		{file: "persistentvolumeclaim", kind: "PersistentVolumeClaim", condition: ".Values.cache.storageClass", slots: append(metadata()[1:],
			text(trees.Path{"metadata", "name"}, "cache.claim"), text(spec("storageClassName"), "cache.storageClass"),
			text(spec("resources", "requests", "storage"), "cache.size"))},
		{file: "networkpolicy", kind: "NetworkPolicy", slots: append(metadata(), slot{path: spec("podSelector", "matchLabels"), block: selector},
			block(spec("ingress"), "networkPolicy.ingress"), optional(spec("egress"), "networkPolicy.egress"))},
		{file: "deployment", kind: "Deployment", slots: deploymentSlots()},
		{file: "pdb", kind: "PodDisruptionBudget", slots: append(metadata(), slot{path: spec("selector", "matchLabels"), block: selector},
			number(spec("maxUnavailable"), "disruptionBudget.maxUnavailable"))},
		{file: "service", kind: "Service", slots: append(metadata(), slot{path: spec("selector"), block: selector}, text(spec("type"), "service.type"),
			slot{path: trees.Path{"spec"}, extra: "service.loadBalancer"}, optional(trees.Path{"metadata", "annotations"}, "service.annotations"))},
		{file: "service-previous", kind: "Service", each: "previousNames", slots: []slot{
			{path: trees.Path{"metadata", "name"}, value: "$item | quote"}, {path: trees.Path{"metadata", "namespace"}, value: "$.Release.Namespace | quote"},
			{path: trees.Path{"metadata", "labels"}, block: `include "vllm.previousLabels" $`},
			{path: spec("selector"), block: `include "vllm.selectorLabels" $`},
		}},
		{file: "ingress", kind: "Ingress", condition: ".Values.ingress.className", slots: append(metadata(),
			text(spec("ingressClassName"), "ingress.className"), text(spec("rules", 0, "host"), "ingress.host"),
			slot{path: spec("rules", 0, "http", "paths", 0, "backend", "service", "name"), value: name},
			slot{path: spec("tls"), block: `include "vllm.tls" .`, condition: ".Values.ingress.tlsSecret"},
			optional(trees.Path{"metadata", "annotations"}, "ingress.annotations"))},
		{file: "servicemonitor", kind: "ServiceMonitor", condition: ".Values.serviceMonitor.enabled", slots: append(metadata()[:2],
			slot{path: trees.Path{"metadata", "labels"}, block: `include "vllm.monitorLabels" .`},
			slot{path: spec("selector", "matchLabels"), block: selector},
			slot{path: spec("namespaceSelector", "matchNames"), block: `list .Release.Namespace | toYaml`},
			text(spec("endpoints", 0, "interval"), "serviceMonitor.interval"), text(spec("endpoints", 0, "scrapeTimeout"), "serviceMonitor.scrapeTimeout"),
			slot{path: spec("endpoints", 0, "authorization"), block: `include "vllm.authorization" .`, condition: ".Values.secretEnv.VLLM_API_KEY"})},
		{file: "keda-scaledobject", kind: "ScaledObject", condition: `eq .Values.scaling.scaler "keda"`, slots: scaledSlots()},
		{file: "hpa", kind: "HorizontalPodAutoscaler", condition: `eq .Values.scaling.scaler "cpu"`, slots: append(metadata(),
			slot{path: spec("scaleTargetRef", "name"), value: name}, number(spec("minReplicas"), "replicas.min"), number(spec("maxReplicas"), "replicas.max"),
			number(spec("metrics", 0, "containerResource", "target", "averageUtilization"), "scaling.targetCPU"),
			number(spec("behavior", "scaleDown", "stabilizationWindowSeconds"), "scaling.downSeconds")),
			change: func(s *serving.Spec) { s.Scaling.Policy = serving.CPU }},
	}
}

// deploymentSlots returns the slots of the Deployment.
func deploymentSlots() []slot {
	template := func(path ...any) trees.Path { return append(trees.Path{"spec", "template"}, path...) }
	spread := func(i int) slot {
		return slot{path: pod("topologySpreadConstraints", i, "labelSelector", "matchLabels"), block: selector}
	}
	return append(metadata(),
		slot{path: trees.Path{"spec", "replicas"}, value: "int64 .Values.replicas.max", condition: `eq .Values.scaling.scaler "none"`},
		slot{path: trees.Path{"spec", "selector", "matchLabels"}, block: selector},
		number(trees.Path{"spec", "progressDeadlineSeconds"}, "progressDeadlineSeconds"),
		number(trees.Path{"spec", "strategy", "rollingUpdate", "maxSurge"}, "rollout.maxSurge"),
		number(trees.Path{"spec", "strategy", "rollingUpdate", "maxUnavailable"}, "rollout.maxUnavailable"),
		slot{path: trees.Path{"spec", "template"}, instead: "podTemplate"},
		slot{path: template("metadata", "labels"), block: `include "vllm.podLabels" .`},
		slot{path: template("metadata", "annotations"), extra: "annotations"},
		slot{path: pod("serviceAccountName"), value: `include "vllm.serviceAccountName" . | quote`},
		number(pod("terminationGracePeriodSeconds"), "terminationGracePeriodSeconds"),
		block(pod("tolerations"), "tolerations"), block(pod("volumes"), "volumes"),
		optional(pod("nodeSelector"), "nodeSelector"), optional(pod("affinity"), "affinity"),
		slot{path: pod("priorityClassName"), value: ".Values.priorityClassName | quote", condition: ".Values.priorityClassName"},
		slot{path: pod("topologySpreadConstraints"), condition: "gt (int64 .Values.replicas.max) 1"}, spread(0), spread(1),
		slot{path: of("args"), block: "concat .Values.args .Values.extraArgs | toYaml"},
		slot{path: of("env"), block: `include "vllm.env" .`},
		text(of("image"), "image"), block(of("resources"), "resources"), block(of("volumeMounts"), "volumeMounts"),
		block(of("startupProbe"), "startupProbe"), block(of("livenessProbe"), "livenessProbe"),
		number(of("lifecycle", "preStop", "sleep", "seconds"), "drainSeconds"),
	)
}

// scaledSlots returns the slots of the ScaledObject.
func scaledSlots() []slot {
	spec := func(path ...any) trees.Path { return append(trees.Path{"spec"}, path...) }
	slots := append(metadata(),
		slot{path: spec("scaleTargetRef", "name"), value: name},
		number(spec("minReplicaCount"), "replicas.min"), number(spec("maxReplicaCount"), "replicas.max"),
		number(spec("fallback", "replicas"), "scaling.fallbackReplicas"), number(spec("fallback", "failureThreshold"), "scaling.failureThreshold"),
		number(spec("advanced", "horizontalPodAutoscalerConfig", "behavior", "scaleDown", "stabilizationWindowSeconds"), "scaling.downSeconds"),
		slot{path: spec("triggers"), block: `include "vllm.triggers" .`},
	)
	for _, key := range []string{"pollingInterval", "cooldownPeriod", "initialCooldownPeriod"} {
		value := "scaling.fromZero." + key
		slots = append(slots, slot{path: spec(key), value: "int64 .Values." + value, condition: ".Values." + value})
	}
	return slots
}

// sample returns the object of a template for the sample model.
func (o object) sample() (map[string]any, error) {
	s := complete()
	if o.change != nil {
		o.change(&s)
	}
	objects := manifest.Objects(s.WithDefaults(), "")
	i := slices.IndexFunc(objects, func(b manifest.Object) bool { return b.GetObjectKind().GroupVersionKind().Kind == o.kind })
	tree, err := manifest.Tree(objects[i].Object)
	return manifest.Plain(tree), err
}
