package rules

import "fmt"

// Job labels of exporters.
const (
	stateJob = `job="kube-state-metrics"`
	kedaJob  = `job="keda-operator"`
)

// ofModels limits a query to the models of the stack.
func ofModels(query string) string {
	return fmt.Sprintf("%s and on (namespace, service) %s", query, Info)
}

// PodSuffix matches what a ReplicaSet and a pod add to the name of their Deployment.
const PodSuffix = "-[a-z0-9]+-[a-z0-9]+"

// ServiceOf returns a query with the label service of the model whose pods have the series: the
// name of their Deployment.
func ServiceOf(query string) string {
	return fmt.Sprintf(`label_replace(%s, "service", "$1", "pod", "(.+)%s")`, query, PodSuffix)
}

// ofDeployment returns a metric of Deployments as a series of the models of the same name.
func ofDeployment(metric string) string {
	return ofModels(fmt.Sprintf(`max %s (label_replace(%s{%s}, "service", "$1", "deployment", "(.+)"))`, by, metric, stateJob))
}

// replicas returns the rules for the numbers of replicas.
func replicas() []Rule {
	autoscaler := fmt.Sprintf(`max %s (label_replace(kube_horizontalpodautoscaler_status_desired_replicas{%s}, "service", "$1", "horizontalpodautoscaler", "(?:keda-hpa-)?(.+)"))`, by, stateJob)
	return []Rule{
		record(Ready, "%s", ofDeployment("kube_deployment_status_replicas_ready")),
		record(Existing, "%s", ofDeployment("kube_deployment_status_replicas")),
		// Without an autoscaler the Deployment has the wanted number.
		record(Wanted, "%s or on (namespace, service) (%s)", ofModels(autoscaler), ofDeployment("kube_deployment_spec_replicas")),
	}
}

// triggers returns the rule for the number of replicas that each trigger of KEDA requests. Only
// the leader of KEDA's operators has current values.
func triggers() []Rule {
	// The Prometheus of the chart renames the label namespace of KEDA's series.
	value := fmt.Sprintf(`label_replace(label_replace(label_replace(keda_scaler_metrics_value{%s}, "namespace", "$1", "exported_namespace", "(.+)"), "service", "$1", "scaledObject", "(.+)"), "trigger", "$1", "scaler", "(.+)")`, kedaJob)
	return []Rule{
		record(TriggerWants, "ceil(max by (namespace, service, trigger) (%s) / on (namespace, service, trigger) %s)", value, TriggerTarget),
	}
}

// coldStart returns the rules for the phases of the last start of a replica. A replica counts if
// it never restarted, because a restart changes the times.
func coldStart() []Rule {
	ofPod := func(metric, matchers string) string {
		return fmt.Sprintf(`max by (namespace, pod) (%s{%s%s})`, metric, stateJob, matchers)
	}
	var (
		created   = ofPod("kube_pod_created", "")
		scheduled = ofPod("kube_pod_status_scheduled_time", "")
		started   = ofPod("kube_pod_container_state_started", `,container="vllm"`)
		ready     = ofPod("kube_pod_status_container_ready_time", "")
		restarted = ofPod("kube_pod_container_status_restarts_total", `,container="vllm"`)
		service   = fmt.Sprintf("max by (namespace, service, pod) (%s)", vllm("up"))
	)
	phase := func(name, begin, end string) Rule {
		duration := fmt.Sprintf("(%s - %s) unless on (namespace, pod) %s > 0", end, begin, restarted)
		return record(ColdStart, "max %s ((%s) * on (namespace, pod) group_left (service) %s)", by, duration, unit(service)).labelled("phase", name)
	}
	return []Rule{phase("node", created, scheduled), phase("image", scheduled, started), phase("load", started, ready)}
}

// unit returns a query with the value 1 for each of its series.
func unit(query string) string { return fmt.Sprintf("(0 * %s + 1)", query) }
