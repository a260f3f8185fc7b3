package manifest

import (
	"cmp"
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const (
	// Scale down: by the larger of the percentage and the number of replicas in each
	// period. It is slow because a replica takes minutes to start again.
	downPercent, downPods, downPeriodSeconds = 25, 1, 60
	// pollSeconds is the period in which KEDA polls the metrics of a service that may
	// scale to zero. Only Kubernetes' autoscaler polls those of other services, every
	// 15 s.
	pollSeconds = 15
	// failures is the number of consecutive polls that may fail, and patientFailures the
	// number for a service that may scale to zero. KEDA treats a fallback as load
	// (pkg/scaling/scale_handler.go of v2.20.2): with fewer polls, an outage of Prometheus
	// of one minute would scale every service from zero.
	failures, patientFailures = 3, 20
	// stillScrapes is the number of scrapes in which a replica with requests takes no
	// step until it counts as hung.
	stillScrapes = 3
)

// OwnershipAnnotation is the annotation of a HorizontalPodAutoscaler with which KEDA accepts a
// ScaledObject for the same Deployment (apis/keda/v1alpha1/scaledobject_webhook.go of v2.20.2).
const OwnershipAnnotation = "validations.keda.sh/hpa-ownership"

// scaler returns the object that scales a service by its policy; nil if the policy needs
// none.
func scaler(s serving.Spec, manager string) runtime.Object {
	switch s.Scaler() {
	case serving.KEDA:
		return scaledObject(s, manager)
	case serving.PodAutoscaler:
		return podAutoscaler(s, manager)
	}
	return nil
}

// queries returns the query to Prometheus of each trigger of the policies. KEDA scales to
// its value divided by the trigger's target. The triggers are separate, so that the
// largest number of replicas applies. Their queries are sums, because an average over the
// replicas could not request more replicas.
func queries() map[string]func(serving.Spec) string {
	return map[string]func(serving.Spec) string{
		"load": func(s serving.Spec) string {
			requests := gauge(s, "vllm:num_requests_running") + " + " + gauge(s, "vllm:num_requests_waiting")
			return sum(s, requests) + " + " + hungLoad(s, requests)
		},
		"kv-cache": func(s serving.Spec) string { return sum(s, gauge(s, "vllm:kv_cache_usage_perc")) },
		"queue":    func(s serving.Spec) string { return sum(s, gauge(s, "vllm:num_requests_waiting")) },
	}
}

// triggers returns the triggers of the policy and the trigger of scaling.wakeQuery.
func triggers(s serving.Spec) []any {
	policy, _ := s.Scaling.Policy.Declaration()
	var list []any
	for _, name := range policy.Triggers {
		if query, found := queries()[name]; found {
			list = append(list, trigger(s, name, query(s), s.Scaling.Target(name)))
		}
	}
	if s.Scaling.Wake.Query != "" {
		list = append(list, wakeTrigger(s))
	}
	return list
}

// scaledObject returns the object with which KEDA sets the number of replicas.
func scaledObject(s serving.Spec, manager string) *unstructured.Unstructured {
	spec := map[string]any{
		"scaleTargetRef":  map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": s.ObjectName()},
		"minReplicaCount": int64(s.Replicas.Smallest()),
		"maxReplicaCount": int64(s.Replicas.Max),
		"triggers":        triggers(s),
		// Without metrics, the number of replicas stays, or rises to this number.
		"fallback": map[string]any{
			"failureThreshold": int64(failureThreshold(s)), "replicas": int64(s.Scaling.FallbackReplicas), "behavior": "currentReplicasIfHigher",
		},
		"advanced": map[string]any{"horizontalPodAutoscalerConfig": map[string]any{"behavior": map[string]any{
			"scaleUp":   rules(0, 15, "Max", moves("Percent", 100), moves("Pods", 4)),
			"scaleDown": rules(s.Scaling.DownSeconds, downPeriodSeconds, "Max", moves("Percent", downPercent), moves("Pods", downPods)),
		}}},
	}
	if s.Replicas.Smallest() == 0 {
		spec["pollingInterval"] = int64(pollSeconds)
		cooldown := int64(s.Scaling.Wake.IdleSeconds + unseenSeconds(s))
		spec["cooldownPeriod"], spec["initialCooldownPeriod"] = cooldown, cooldown
	}
	return custom(s, manager, "keda.sh/v1alpha1", "ScaledObject", spec)
}

// failureThreshold returns the number of consecutive polls that may fail before the
// fallback applies.
func failureThreshold(s serving.Spec) int {
	if s.Replicas.Smallest() == 0 {
		return patientFailures
	}
	return failures
}

// unseenSeconds returns the time for which KEDA may see no load after it scaled a service
// from zero, although there was load. This is the time until the node exists, plus the
// time in which the replica loads without metrics until KEDA applies the fallback, which
// counts as load. Without this time, KEDA would delete a replica as soon as it is ready.
func unseenSeconds(s serving.Spec) int {
	return s.Lifecycle.ProvisionSeconds + min(s.Lifecycle.StartupBudgetSeconds(), (failureThreshold(s)+1)*pollSeconds)
}

func moves(kind string, value int64) map[string]any {
	return map[string]any{"type": kind, "value": value}
}

// rules returns the rules that change the number of replicas by the larger of the policies
// in each period.
func rules(windowSeconds, periodSeconds int, choose string, policies ...map[string]any) map[string]any {
	var list []any
	for _, p := range policies {
		p["periodSeconds"] = int64(periodSeconds)
		list = append(list, p)
	}
	return map[string]any{"stabilizationWindowSeconds": int64(windowSeconds), "selectPolicy": choose, "policies": list}
}

// wakeTrigger returns the trigger that requests one replica; the other triggers request
// more. A query without a result counts as 0, because a counter has no series before its
// first increment.
func wakeTrigger(s serving.Spec) any {
	return trigger(s, "wake", fmt.Sprintf("clamp_max(%s or vector(0), 1)", signal(s.Scaling.Wake)), 1)
}

// trigger returns one of KEDA's triggers.
func trigger(s serving.Spec, name, query string, target float64) any {
	return map[string]any{"type": "prometheus", "name": name, "metricType": "AverageValue", "metadata": map[string]any{
		"serverAddress": s.Monitoring.PrometheusURL, "query": query, "threshold": strconv.FormatFloat(target, 'f', -1, 64),
		// Missing metrics do not count as a load of 0, which would delete replicas.
		"ignoreNullValues": "false",
	}}
}

// signal returns the query as one number, even if it has several series, such as one for
// each pod of a gateway.
func signal(w serving.Wake) string { return fmt.Sprintf("max(%s)", w.Query) }

// gauge returns the selector of the series of the service's replicas. It selects each
// series once, even if another job scrapes the replicas too.
func gauge(s serving.Spec, metric string) string {
	return fmt.Sprintf("%s{job=%q,namespace=%q,service=%q}", metric, serving.ScrapeJob, s.Namespace, s.ObjectName())
}

// hungLoad returns the query for the load of hung replicas that no gauge shows. The gauges
// of a hung replica are those of its last step, without the later requests. A hung replica
// does not count as capacity, so that no other replica is deleted. A long prompt looks
// the same, so a hung replica does not request more replicas than exist.
func hungLoad(s serving.Spec, load string) string {
	target := s.Scaling.TargetLoad
	hung := fmt.Sprintf("%s > 0 and on (pod, engine) rate(%s[%ds]) == 0",
		load, gauge(s, "vllm:iteration_tokens_total_count"), stillScrapes*cmp.Or(s.Monitoring.IntervalSeconds, serving.ScrapeSeconds))
	return fmt.Sprintf("(clamp(%d * count(%s) - sum(%s), 0, %d) and on () (%s) or vector(0))",
		target, gauge(s, "vllm:num_requests_running"), load, target, hung)
}

// sum returns the query for the sum of an expression. A service that may scale to zero has
// the sum 0 if Prometheus scrapes no pod of it and the wake query is 0. Otherwise missing
// metrics give no result.
func sum(s serving.Spec, expression string) string {
	if s.Replicas.Smallest() > 0 {
		return fmt.Sprintf("sum(%s)", expression)
	}
	return fmt.Sprintf("(sum(%s) or on() (vector(0) unless on() count(%s) unless on() (%s > 0)))", expression, gauge(s, "up"), signal(s.Scaling.Wake))
}

// podAutoscaler returns the HorizontalPodAutoscaler, which scales on CPU utilization.
func podAutoscaler(s serving.Spec, manager string) runtime.Object {
	metadata := objectMeta(s, manager)
	// Without this annotation, KEDA refuses a ScaledObject of a later configuration,
	// because Pulumi creates it before it deletes this object.
	metadata.Annotations[OwnershipAnnotation] = "false"
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metadata,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: s.ObjectName()},
			MinReplicas:    int32Of(s.Replicas.Smallest()),
			MaxReplicas:    int32(s.Replicas.Max),
			// Only the container of vLLM counts: a container of a patch says nothing about
			// the load, and may request no CPU.
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ContainerResourceMetricSourceType, ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
				Name: corev1.ResourceCPU, Container: serving.ContainerName,
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: int32Of(s.Scaling.TargetCPU)},
			}}},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
				ScaleDown: &autoscalingv2.HPAScalingRules{
					StabilizationWindowSeconds: int32Of(s.Scaling.DownSeconds),
					Policies: []autoscalingv2.HPAScalingPolicy{
						{Type: autoscalingv2.PercentScalingPolicy, Value: downPercent, PeriodSeconds: downPeriodSeconds},
						{Type: autoscalingv2.PodsScalingPolicy, Value: downPods, PeriodSeconds: downPeriodSeconds},
					},
				},
			},
		},
	}
}
