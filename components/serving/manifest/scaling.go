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
	// Down goes by the larger of the two in the period: slowly, since an engine is
	// back in minutes only.
	downPercent, downPods, downPeriodSeconds = 25, 1, 60
	// lookSeconds is how often KEDA looks at a service that may have no engines; any
	// other is looked at by Kubernetes' autoscaler alone, every 15 s.
	lookSeconds = 15
	// failures is how many looks in a row may fail; patientFailures are those of a
	// service that may have no engines. To KEDA a fallback is load
	// (pkg/scaling/scale_handler.go of v2.20.2): it would wake every service that
	// sleeps, because Prometheus was away for a minute.
	failures, patientFailures = 3, 20
	// stillScrapes is how long an engine that has requests takes no step until it
	// counts as hung.
	stillScrapes = 3
)

// scaler returns the object by which the policy of a service scales; nil where this
// program has none.
func scaler(s serving.Spec, manager string) runtime.Object {
	switch s.Scaler() {
	case serving.KEDA:
		return scaledObject(s, manager)
	case serving.PodAutoscaler:
		return podAutoscaler(s, manager)
	}
	return nil
}

// question is what a trigger asks Prometheus: KEDA wants as many replicas as the value
// of the query divided by the threshold.
type question struct{ query, threshold string }

// questions returns the question of each trigger that policies have. The triggers are
// apart, so that the largest wins, and sums, since an average of all engines could not
// ask for more of them.
func questions() map[string]func(serving.Spec) question {
	return map[string]func(serving.Spec) question{
		"load": func(s serving.Spec) question {
			requests := gauge(s, "vllm:num_requests_running") + " + " + gauge(s, "vllm:num_requests_waiting")
			return question{sum(s, requests) + " + " + hungLoad(s, requests), strconv.Itoa(s.Scaling.TargetLoad)}
		},
		"kv-cache": func(s serving.Spec) question {
			return question{sum(s, gauge(s, "vllm:kv_cache_usage_perc")), strconv.FormatFloat(s.Scaling.TargetKVUsage, 'g', -1, 64)}
		},
		"queue": func(s serving.Spec) question {
			return question{sum(s, gauge(s, "vllm:num_requests_waiting")), strconv.Itoa(s.Scaling.TargetWaiting)}
		},
	}
}

// triggers returns the triggers of the policy, and that of scaling.wakeQuery.
func triggers(s serving.Spec) []any {
	policy, _ := s.Scaling.Policy.Declaration()
	var list []any
	for _, name := range policy.Triggers {
		if ask, known := questions()[name]; known {
			list = append(list, trigger(s, name, ask(s)))
		}
	}
	if s.Scaling.Wake.Query != "" {
		list = append(list, wakeTrigger(s))
	}
	return list
}

// scaledObject has KEDA set the number of engines.
func scaledObject(s serving.Spec, manager string) *unstructured.Unstructured {
	spec := map[string]any{
		"scaleTargetRef":  map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": s.ObjectName()},
		"minReplicaCount": int64(s.Replicas.Smallest()),
		"maxReplicaCount": int64(s.Replicas.Max),
		"triggers":        triggers(s),
		// Without metrics the number stays, or rises to this.
		"fallback": map[string]any{
			"failureThreshold": int64(failureThreshold(s)), "replicas": int64(s.Scaling.FallbackReplicas), "behavior": "currentReplicasIfHigher",
		},
		"advanced": map[string]any{"horizontalPodAutoscalerConfig": map[string]any{"behavior": map[string]any{
			"scaleUp":   rules(0, 15, "Max", moves("Percent", 100), moves("Pods", 4)),
			"scaleDown": rules(s.Scaling.DownSeconds, downPeriodSeconds, "Max", moves("Percent", downPercent), moves("Pods", downPods)),
		}}},
	}
	if s.Replicas.Smallest() == 0 {
		spec["pollingInterval"] = int64(lookSeconds)
		cooldown := int64(s.Scaling.Wake.IdleSeconds + unseenSeconds(s))
		spec["cooldownPeriod"], spec["initialCooldownPeriod"] = cooldown, cooldown
	}
	return custom(s, manager, "keda.sh/v1alpha1", "ScaledObject", spec)
}

// failureThreshold is how many looks in a row may fail before the fallback applies.
func failureThreshold(s serving.Spec) int {
	if s.Replicas.Smallest() == 0 {
		return patientFailures
	}
	return failures
}

// unseenSeconds is for how long KEDA may see no load after it woke a service,
// though there was some: until the node is there, and while the engine loads
// without metrics, until that counts as a fallback and so as load. Without that
// time on top, an engine would go as soon as it is there.
func unseenSeconds(s serving.Spec) int {
	return s.Lifecycle.ProvisionSeconds + min(s.Lifecycle.StartupBudgetSeconds(), (failureThreshold(s)+1)*lookSeconds)
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

// wakeTrigger returns the trigger that says that one engine is wanted, and leaves it
// to the others how many. A count that nothing was counted by yet is no lost metric.
func wakeTrigger(s serving.Spec) any {
	return trigger(s, "wake", question{fmt.Sprintf("clamp_max(%s or vector(0), 1)", signal(s.Scaling.Wake)), "1"})
}

// trigger returns one of KEDA's triggers.
func trigger(s serving.Spec, name string, q question) any {
	return map[string]any{"type": "prometheus", "name": name, "metricType": "AverageValue", "metadata": map[string]any{
		"serverAddress": s.Monitoring.PrometheusURL, "query": q.query, "threshold": q.threshold,
		// Lost metrics are no load of 0, at which engines would go.
		"ignoreNullValues": "false",
	}}
}

// signal is one number, whatever there are several of, such as the pods of a
// gateway.
func signal(w serving.Wake) string { return fmt.Sprintf("max(%s)", w.Query) }

// gauge selects the series of the service's engines, once each, whoever else
// scrapes them.
func gauge(s serving.Spec, metric string) string {
	return fmt.Sprintf("%s{job=%q,namespace=%q,service=%q}", metric, serving.ScrapeJob, s.Namespace, s.ObjectName())
}

// hungLoad is load that shows in no gauge: those of an engine that hangs are of its
// last step, and say nothing of the requests that came since. While there is one
// it does not count as an engine, so that none of the others goes; as what looks
// like it may be one long prompt, it does not ask for more than there are.
func hungLoad(s serving.Spec, load string) string {
	target := s.Scaling.TargetLoad
	hung := fmt.Sprintf("%s > 0 and on (pod, engine) rate(%s[%ds]) == 0",
		load, gauge(s, "vllm:iteration_tokens_total_count"), stillScrapes*cmp.Or(s.Monitoring.IntervalSeconds, serving.ScrapeSeconds))
	return fmt.Sprintf("(clamp(%d * count(%s) - sum(%s), 0, %d) and on () (%s) or vector(0))",
		target, gauge(s, "vllm:num_requests_running"), load, target, hung)
}

// sum is one number. Of a service without engines it is 0, where Prometheus has
// none of its pods to scrape and nobody asks for one; else metrics are missing,
// and so is it.
func sum(s serving.Spec, of string) string {
	if s.Replicas.Smallest() > 0 {
		return fmt.Sprintf("sum(%s)", of)
	}
	return fmt.Sprintf("(sum(%s) or on() (vector(0) unless on() count(%s) unless on() (%s > 0)))", of, gauge(s, "up"), signal(s.Scaling.Wake))
}

// podAutoscaler is Kubernetes' own autoscaler, on the use of cores.
func podAutoscaler(s serving.Spec, manager string) runtime.Object {
	metadata := objectMeta(s, manager)
	// KEDA would refuse to take the engines over where a later configuration asks
	// it to, because Pulumi creates its object before it deletes this one.
	metadata.Annotations["validations.keda.sh/hpa-ownership"] = "false"
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metadata,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: s.ObjectName()},
			MinReplicas:    int32Of(s.Replicas.Smallest()),
			MaxReplicas:    int32(s.Replicas.Max),
			// Of the engine alone: what a patch puts beside it says nothing, and may
			// request nothing to be measured by.
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
