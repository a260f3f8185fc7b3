package conformance

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkReplicas requires that either the Deployment or its scaler decides the number of replicas.
func checkReplicas(found *findings, s serving.Spec, r rendered) {
	d := r.deployments[0]
	decided := s.Scaler() == serving.OtherScaler || len(r.scaled)+len(r.autoscalers) > 0
	found.need((d.Spec.Replicas == nil) == decided, "the Deployment states %v replicas, and has a scaler: %t", d.Spec.Replicas, decided)
	if d.Spec.Replicas != nil {
		same(found, "the replicas", int(*d.Spec.Replicas), s.Replicas.Max)
	}
	for _, a := range r.autoscalers {
		target := a.Spec.ScaleTargetRef
		same(found, "the scaled object", target.APIVersion+" "+target.Kind+" "+target.Name, "apps/v1 Deployment "+d.Name)
		found.need(a.Spec.MinReplicas != nil && *a.Spec.MinReplicas >= 1 && *a.Spec.MinReplicas < a.Spec.MaxReplicas, "the bounds are %v and %d", a.Spec.MinReplicas, a.Spec.MaxReplicas)
		same(found, "maxReplicas", int(a.Spec.MaxReplicas), s.Replicas.Max)
		found.need(len(a.Spec.Metrics) > 0, "the autoscaler has no metrics")
		for _, m := range a.Spec.Metrics {
			cpu := m.ContainerResource
			found.need(m.Type == autoscalingv2.ContainerResourceMetricSourceType && cpu != nil && cpu.Name == corev1.ResourceCPU && requestsCPU(d, cpu.Container) &&
				cpu.Target.Type == autoscalingv2.UtilizationMetricType && cpu.Target.AverageUtilization != nil &&
				int(*cpu.Target.AverageUtilization) == s.Scaling.TargetCPU, "the autoscaler has the metric %v", m)
		}
		same(found, "the annotation hpa-ownership", a.Annotations["validations.keda.sh/hpa-ownership"], "false")
		down := a.Spec.Behavior
		found.need(down != nil && down.ScaleDown != nil && down.ScaleDown.StabilizationWindowSeconds != nil &&
			int(*down.ScaleDown.StabilizationWindowSeconds) == s.Scaling.DownSeconds, "the autoscaler removes replicas at once")
		if down != nil && down.ScaleDown != nil {
			var kinds []autoscalingv2.HPAScalingPolicyType
			for _, p := range down.ScaleDown.Policies {
				kinds = append(kinds, p.Type)
				found.need(p.Value >= 1 && p.PeriodSeconds == 60, "the autoscaler removes replicas by %v", p)
			}
			found.need(slices.Equal(kinds, []autoscalingv2.HPAScalingPolicyType{autoscalingv2.PercentScalingPolicy, autoscalingv2.PodsScalingPolicy}), "the autoscaler removes replicas by %v", kinds)
		}
	}
	for _, o := range r.scaled {
		field := func(path ...string) any {
			value, _, _ := unstructured.NestedFieldNoCopy(o.Object, append([]string{"spec"}, path...)...)
			return value
		}
		same[any](found, "the scaled object", field("scaleTargetRef", "kind"), "Deployment")
		same[any](found, "the scaled object", field("scaleTargetRef", "apiVersion"), "apps/v1")
		same[any](found, "the scaled object", field("scaleTargetRef", "name"), d.Name)
		same[any](found, "minReplicaCount", field("minReplicaCount"), int64(*s.Replicas.Min))
		same[any](found, "maxReplicaCount", field("maxReplicaCount"), int64(s.Replicas.Max))
		fallback, _ := field("fallback", "replicas").(int64)
		found.need(fallback >= 1 && fallback <= int64(s.Replicas.Max), "the fallback is %d replicas", fallback)
		same[any](found, "the fallback's behaviour", field("fallback", "behavior"), "currentReplicasIfHigher")
		interval, isSet := field("pollingInterval").(int64)
		found.need(isSet == (*s.Replicas.Min == 0), "a pollingInterval belongs to a minimum of 0 (KEDA's webhook warns); it is set: %t", isSet)
		if *s.Replicas.Min == 0 {
			found.need(interval >= 1 && interval <= 30, "a service at zero is polled every %d s", interval)
			// KEDA sees no load until a node exists and a replica has loaded, unless it falls back before,
			// which counts as load.
			cooldown, _ := field("cooldownPeriod").(int64)
			failures, _ := field("fallback", "failureThreshold").(int64)
			shortest := int64(s.Scaling.Wake.IdleSeconds+s.Lifecycle.ProvisionSeconds) + min(int64(2*s.Lifecycle.LoadSeconds), interval*(failures+1))
			same[any](found, "initialCooldownPeriod", field("initialCooldownPeriod"), cooldown)
			found.need(cooldown >= shortest, "the cooldown is %d s, and a replica may need %d s to start and to be idle", cooldown, shortest)
		}
		behaviour, _ := field("advanced", "horizontalPodAutoscalerConfig", "behavior").(map[string]any)
		checkPace(found, behaviour, "scaleUp", 0, 15)
		checkPace(found, behaviour, "scaleDown", int64(s.Scaling.DownSeconds), 60)
	}
}

// requestsCPU reports whether a container of the pods requests cores, by which its use is measured.
func requestsCPU(d *appsv1.Deployment, container string) bool {
	return slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool {
		return c.Name == container && !c.Resources.Requests.Cpu().IsZero()
	})
}

// checkPace requires a window, and a change by a share or by a number in a period, whichever is more.
func checkPace(found *findings, behaviour map[string]any, direction string, window, period int64) {
	rules, _ := behaviour[direction].(map[string]any)
	same[any](found, direction+": the window", rules["stabilizationWindowSeconds"], window)
	same[any](found, direction+": the choice", rules["selectPolicy"], "Max")
	policies, _ := rules["policies"].([]any)
	var kinds []string
	for _, p := range policies {
		policy, _ := p.(map[string]any)
		kinds = append(kinds, fmt.Sprint(policy["type"]))
		same[any](found, direction+": the period", policy["periodSeconds"], period)
	}
	found.need(slices.Equal(kinds, []string{"Percent", "Pods"}), "%s: the policies are %v", direction, kinds)
}

// wantedTriggers returns the triggers that are declared of the policy.
func wantedTriggers(s serving.Spec) []string {
	policy, _ := s.Scaling.Policy.Declaration()
	names := slices.Clone(policy.Triggers)
	if s.Scaling.Wake.Query != "" {
		names = append(names, "wake")
	}
	return names
}

// checkTriggers requires PromQL about this service only, and that lost metrics do not count as a load
// of 0.
func checkTriggers(found *findings, s serving.Spec, r rendered) {
	for _, o := range r.scaled {
		triggers, _, _ := unstructured.NestedSlice(o.Object, "spec", "triggers")
		var names []string
		for _, t := range triggers {
			trigger, _ := t.(map[string]any)
			name, _ := trigger["name"].(string)
			names = append(names, name)
			metadata, _, _ := unstructured.NestedStringMap(trigger, "metadata")
			same[any](found, "the type of the trigger "+name, trigger["type"], "prometheus")
			same[any](found, "the metricType of the trigger "+name, trigger["metricType"], "AverageValue")
			same(found, "the address of the trigger "+name, metadata["serverAddress"], s.Monitoring.PrometheusURL)
			same(found, "ignoreNullValues of the trigger "+name, metadata["ignoreNullValues"], "false")
			threshold, err := strconv.ParseFloat(metadata["threshold"], 64)
			found.need(err == nil && threshold > 0, "the threshold of the trigger %s is %q", name, metadata["threshold"])
			checkQuery(found, s, name, metadata["query"])
		}
		found.need(slices.Equal(names, wantedTriggers(s)), "the triggers are %v, want %v", names, wantedTriggers(s))
	}
}

// checkQuery checks a query with Prometheus' parser.
func checkQuery(found *findings, s serving.Spec, trigger, query string) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		found.addf("the query of the trigger %s: %w", trigger, err)
		return
	}
	found.need(expr.Type() == parser.ValueTypeVector, "the query of the trigger %s gives a %s", trigger, expr.Type())
	if trigger == "wake" {
		return // the user's query may be about anything
	}
	ownSelectors := selectorsOf(s.Scaling.Wake.Query) // a part of the query that tells an idle service from lost metrics
	for _, selectors := range parser.ExtractSelectors(expr) {
		if ownSelectors[fmt.Sprint(selectors)] {
			continue
		}
		for name, value := range map[string]string{"job": "vllm", "namespace": s.Namespace, "service": firstName(s)} {
			found.need(slices.ContainsFunc(selectors, func(m *labels.Matcher) bool {
				return m.Name == name && m.Type == labels.MatchEqual && m.Value == value
			}), "the query of the trigger %s is not about the %s %s: %s", trigger, name, value, query)
		}
	}
}

// selectorsOf returns the selectors of a user's query; none without valid PromQL.
func selectorsOf(query string) map[string]bool {
	selectors := map[string]bool{}
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return selectors
	}
	for _, matchers := range parser.ExtractSelectors(expr) {
		selectors[fmt.Sprint(matchers)] = true
	}
	return selectors
}
