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

// checkReplicas needs one to decide the number of engines: the Deployment, or
// what scales it.
func checkReplicas(found *findings, s serving.Spec, r rendered) {
	d := r.deployments[0]
	decided := s.Scaler() == serving.OtherScaler || len(r.scaled)+len(r.autoscalers) > 0
	found.need((d.Spec.Replicas == nil) == decided, "the Deployment states %v replicas, and it is %t that something else decides", d.Spec.Replicas, decided)
	if d.Spec.Replicas != nil {
		same(found, "the replicas", int(*d.Spec.Replicas), s.Replicas.Max)
	}
	for _, a := range r.autoscalers {
		target := a.Spec.ScaleTargetRef
		same(found, "what is scaled", target.APIVersion+" "+target.Kind+" "+target.Name, "apps/v1 Deployment "+d.Name)
		found.need(a.Spec.MinReplicas != nil && *a.Spec.MinReplicas >= 1 && *a.Spec.MinReplicas < a.Spec.MaxReplicas, "the bounds are %v and %d", a.Spec.MinReplicas, a.Spec.MaxReplicas)
		same(found, "maxReplicas", int(a.Spec.MaxReplicas), s.Replicas.Max)
		found.need(len(a.Spec.Metrics) > 0, "the autoscaler looks at nothing")
		for _, m := range a.Spec.Metrics {
			of := m.ContainerResource
			found.need(m.Type == autoscalingv2.ContainerResourceMetricSourceType && of != nil && of.Name == corev1.ResourceCPU && requestsCPU(d, of.Container) &&
				of.Target.Type == autoscalingv2.UtilizationMetricType && of.Target.AverageUtilization != nil &&
				int(*of.Target.AverageUtilization) == s.Scaling.TargetCPU, "the autoscaler looks at %v", m)
		}
		same(found, "whether KEDA may take over from the autoscaler", a.Annotations["validations.keda.sh/hpa-ownership"], "false")
		down := a.Spec.Behavior
		found.need(down != nil && down.ScaleDown != nil && down.ScaleDown.StabilizationWindowSeconds != nil &&
			int(*down.ScaleDown.StabilizationWindowSeconds) == s.Scaling.DownSeconds, "engines go at once")
		if down != nil && down.ScaleDown != nil {
			var kinds []autoscalingv2.HPAScalingPolicyType
			for _, p := range down.ScaleDown.Policies {
				kinds = append(kinds, p.Type)
				found.need(p.Value >= 1 && p.PeriodSeconds == 60, "engines go by %v", p)
			}
			found.need(slices.Equal(kinds, []autoscalingv2.HPAScalingPolicyType{autoscalingv2.PercentScalingPolicy, autoscalingv2.PodsScalingPolicy}), "engines go by %v", kinds)
		}
	}
	for _, o := range r.scaled {
		field := func(path ...string) any {
			value, _, _ := unstructured.NestedFieldNoCopy(o.Object, append([]string{"spec"}, path...)...)
			return value
		}
		same[any](found, "what is scaled", field("scaleTargetRef", "kind"), "Deployment")
		same[any](found, "what is scaled", field("scaleTargetRef", "apiVersion"), "apps/v1")
		same[any](found, "what is scaled", field("scaleTargetRef", "name"), d.Name)
		same[any](found, "minReplicaCount", field("minReplicaCount"), int64(*s.Replicas.Min))
		same[any](found, "maxReplicaCount", field("maxReplicaCount"), int64(s.Replicas.Max))
		fallback, _ := field("fallback", "replicas").(int64)
		found.need(fallback >= 1 && fallback <= int64(s.Replicas.Max), "without metrics there are %d engines", fallback)
		same[any](found, "the fallback's behaviour", field("fallback", "behavior"), "currentReplicasIfHigher")
		looks, asked := field("pollingInterval").(int64)
		found.need(asked == (*s.Replicas.Min == 0), "KEDA's webhook warns of a pollingInterval where the minimum is not 0; there is one: %t", asked)
		if *s.Replicas.Min == 0 {
			found.need(looks >= 1 && looks <= 30, "a service that sleeps is looked at every %d s", looks)
			// KEDA does not see load until a node is there, nor while an engine loads,
			// unless for so long that it falls back, which it takes for load.
			cooldown, _ := field("cooldownPeriod").(int64)
			failures, _ := field("fallback", "failureThreshold").(int64)
			least := int64(s.Scaling.Wake.IdleSeconds+s.Lifecycle.ProvisionSeconds) + min(int64(2*s.Lifecycle.LoadSeconds), looks*(failures+1))
			same[any](found, "how long a new service stays", field("initialCooldownPeriod"), cooldown)
			found.need(cooldown >= least, "the last engine goes after %d s, and one may take %d s to start and to be idle", cooldown, least)
		}
		behaviour, _ := field("advanced", "horizontalPodAutoscalerConfig", "behavior").(map[string]any)
		checkPace(found, behaviour, "scaleUp", 0, 15)
		checkPace(found, behaviour, "scaleDown", int64(s.Scaling.DownSeconds), 60)
	}
}

// requestsCPU tells whether a container of the engines' pods is one whose use of
// cores can be measured by what it requests.
func requestsCPU(d *appsv1.Deployment, container string) bool {
	return slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool {
		return c.Name == container && !c.Resources.Requests.Cpu().IsZero()
	})
}

// checkPace needs the number to move after a time, by the larger of a share and a
// number in a time.
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
	all := slices.Clone(policy.Triggers)
	if s.Scaling.Wake.Query != "" {
		all = append(all, "wake")
	}
	return all
}

// checkTriggers needs what KEDA asks to be PromQL, about this service alone, and
// lost metrics to be no load of 0.
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
		found.need(slices.Equal(names, wantedTriggers(s)), "KEDA asks for %v, want %v", names, wantedTriggers(s))
	}
}

// checkQuery reads a query by Prometheus' own parser.
func checkQuery(found *findings, s serving.Spec, trigger, query string) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		found.addf("the query of the trigger %s: %w", trigger, err)
		return
	}
	found.need(expr.Type() == parser.ValueTypeVector, "the query of the trigger %s gives a %s", trigger, expr.Type())
	if trigger == "wake" {
		return // the user's own, about what they like
	}
	theirs := selectorsOf(s.Scaling.Wake.Query) // in what tells an idle service from lost metrics
	for _, selectors := range parser.ExtractSelectors(expr) {
		if theirs[fmt.Sprint(selectors)] {
			continue
		}
		for name, value := range map[string]string{"job": "vllm", "namespace": s.Namespace, "service": firstName(s)} {
			found.need(slices.ContainsFunc(selectors, func(m *labels.Matcher) bool {
				return m.Name == name && m.Type == labels.MatchEqual && m.Value == value
			}), "the query of the trigger %s is not about the %s %s: %s", trigger, name, value, query)
		}
	}
}

// selectorsOf are those of a query of the user's; none of what is no PromQL.
func selectorsOf(query string) map[string]bool {
	all := map[string]bool{}
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return all
	}
	for _, selectors := range parser.ExtractSelectors(expr) {
		all[fmt.Sprint(selectors)] = true
	}
	return all
}
