package serving

import (
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// lookSeconds is how often KEDA looks at a service that may have no engines; any
	// other is looked at by Kubernetes' autoscaler alone, every 15 s.
	lookSeconds = 15
	// failures is how many looks in a row may fail before the fallback applies.
	failures = 3
)

// scaledObject has KEDA set the number of engines.
func scaledObject(s Spec, manager string) *unstructured.Unstructured {
	spec := map[string]any{
		"scaleTargetRef":  map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": s.objectName()},
		"minReplicaCount": int64(*s.Replicas.Min),
		"maxReplicaCount": int64(s.Replicas.Max),
		"triggers":        s.triggers(),
		// Without metrics the number stays, or rises to this.
		"fallback": map[string]any{
			"failureThreshold": int64(failures), "replicas": int64(s.Scaling.FallbackReplicas), "behavior": "currentReplicasIfHigher",
		},
		"advanced": map[string]any{"horizontalPodAutoscalerConfig": map[string]any{"behavior": map[string]any{
			"scaleUp":   rules(0, 15, "Max", moves("Percent", 100), moves("Pods", 4)),
			"scaleDown": rules(s.Scaling.DownSeconds, 60, "Max", moves("Percent", 25), moves("Pods", 1)),
		}}},
	}
	if *s.Replicas.Min == 0 {
		spec["pollingInterval"] = int64(lookSeconds)
		// KEDA counts from the last time that it saw load, which is the wake-up while
		// the engine loads and has no metrics: without that time on top, an engine
		// would go as soon as it is there.
		spec["cooldownPeriod"] = int64(s.Scaling.Wake.IdleSeconds + s.Lifecycle.ProvisionSeconds + s.Lifecycle.startupBudgetSeconds())
	}
	return custom(s, manager, "keda.sh/v1alpha1", "ScaledObject", spec)
}

func moves(kind string, value int64) map[string]any {
	return map[string]any{"type": kind, "value": value}
}

// rules move the number by the larger of the policies a period.
func rules(windowSeconds, periodSeconds int, choose string, policies ...map[string]any) map[string]any {
	var list []any
	for _, p := range policies {
		p["periodSeconds"] = int64(periodSeconds)
		list = append(list, p)
	}
	return map[string]any{"stabilizationWindowSeconds": int64(windowSeconds), "selectPolicy": choose, "policies": list}
}

// triggers are what KEDA asks Prometheus. They are apart, so that the largest
// wins, and sums, since an average of all engines could not ask for more of them.
func (s Spec) triggers() []any {
	var all []any
	add := func(name, query, threshold string) {
		all = append(all, map[string]any{"type": "prometheus", "name": name, "metricType": "AverageValue", "metadata": map[string]any{
			"serverAddress": s.Monitoring.PrometheusURL, "query": query, "threshold": threshold,
			// Lost metrics are no load of 0, at which engines would go.
			"ignoreNullValues": "false",
		}})
	}
	running, waiting := s.gauge("vllm:num_requests_running"), s.gauge("vllm:num_requests_waiting")
	if s.Scaling.Policy == Load {
		add("load", s.sum(running+" + "+waiting), strconv.Itoa(s.Scaling.TargetLoad))
		add("kv-cache", s.sum(s.gauge("vllm:kv_cache_usage_perc")), strconv.FormatFloat(s.Scaling.TargetKVUsage, 'g', -1, 64))
	}
	add("queue", s.sum(waiting), strconv.Itoa(s.Scaling.TargetWaiting))
	if query := s.Scaling.Wake.Query; query != "" {
		// It says that one is wanted, and leaves it to the others how many. A count
		// that nothing was counted by yet is no lost metric.
		add("wake", fmt.Sprintf("clamp_max((%s) or on() vector(0), 1)", query), "1")
	}
	return all
}

// gauge selects the series of the service's engines.
func (s Spec) gauge(metric string) string {
	return fmt.Sprintf("%s{namespace=%q,service=%q}", metric, s.Namespace, s.objectName())
}

// sum is one number. Of a service without engines it is 0, where Prometheus has
// none of its pods to scrape either; else metrics are missing, and so is it.
func (s Spec) sum(of string) string {
	if *s.Replicas.Min > 0 {
		return fmt.Sprintf("sum(%s)", of)
	}
	return fmt.Sprintf("sum(%s) or on() (vector(0) unless on() count(%s))", of, s.gauge("up"))
}

// podAutoscaler is Kubernetes' own autoscaler, on the use of cores.
func podAutoscaler(s Spec, manager string) *autoscalingv2.HorizontalPodAutoscaler {
	metadata := objectMeta(s, manager)
	// KEDA would refuse to take the engines over where a later configuration asks
	// it to, because Pulumi creates its object before it deletes this one.
	metadata.Annotations["validations.keda.sh/hpa-ownership"] = "false"
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metadata,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: s.objectName()},
			MinReplicas:    int32Of(*s.Replicas.Min),
			MaxReplicas:    int32(s.Replicas.Max),
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name:   corev1.ResourceCPU,
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: int32Of(s.Scaling.TargetCPU)},
			}}},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
				ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: int32Of(s.Scaling.DownSeconds)},
			},
		},
	}
}
