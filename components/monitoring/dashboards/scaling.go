package dashboards

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// scaling returns the dashboard that explains the number of replicas.
func scaling() Dashboard {
	return Dashboard{
		Name: "scaling", Title: "vLLM scaling",
		Description: "Shows why a model has its number of replicas, and how long a new replica takes.",
		Rows: []Row{
			row("Load",
				chart("Arrivals", RequestsPerSecond, "Requests that arrive in a second: those that finish, plus the growth of those that run or wait.",
					query(arrivals(), perModel+", arrive"),
					query("sum "+by+" ("+recorded(rules.Requests)+")", perModel+", finish")),
				chart("Load of a replica", Count, "Running and waiting requests divided by the ready replicas, beside the target of the trigger load.",
					query(fmt.Sprintf("(%s + %s) / on (namespace, service) (%s > 0)", recorded(rules.Running), recorded(rules.Waiting), recorded(rules.Ready)), perModel),
					reference(recorded(rules.TriggerTarget, `trigger="load"`), perModel+", target")),
			),
			row("Replicas",
				chart("Replicas by trigger", Count, "Number of replicas that each trigger of KEDA requests, of which the largest applies.",
					query(recorded(rules.TriggerWants), perModel+", {{trigger}}")),
				chart("Replicas", Count, "Numbers of replicas that the autoscaler requests, that exist, and that are ready, beside the maximum.",
					replicaQueries(perModel+", ")...),
			),
			row("Start of replicas", starts()...),
		},
	}
}

// arrivals returns the requests of a model that arrive in a second. vLLM counts a request when
// it finishes.
func arrivals() string {
	growth := func(name string) string { return "deriv(" + recorded(name) + "[5m])" }
	return fmt.Sprintf("clamp_min(sum %[1]s (%[2]s) + on (namespace, service) (%[3]s + on (namespace, service) %[4]s), 0)",
		by, recorded(rules.Requests), growth(rules.Running), growth(rules.Waiting))
}

// replicaQueries returns the numbers of replicas of a model.
func replicaQueries(prefix string) []Query {
	return []Query{
		query(recorded(rules.Wanted), prefix+"wanted"),
		query(recorded(rules.Existing), prefix+"existing"),
		query(recorded(rules.Ready), prefix+"ready"),
		reference(recorded(rules.MaxReplicas), prefix+"maximum"),
	}
}

func starts() []Panel {
	pods := func(metric string, matchers ...string) string {
		return rules.ServiceOf(state(metric, ofPods(matchers...)...))
	}
	return []Panel{
		chart("Cold start", Seconds, "Time of each phase of the last start of a replica, beside the prediction: wait for a node, pull of the image, load of the model.",
			query(recorded(rules.ColdStart), perModel+", {{phase}}"),
			reference(recorded(rules.PredictedColdStart), perModel+", {{phase}}, predicted")),
		chart("Pending pods", Count, "Pods of replicas that are Pending, and the reasons for which their containers wait.",
			query("sum "+by+" ("+pods("kube_pod_status_phase", `phase="Pending"`)+")", perModel+", Pending"),
			query("sum "+by+" ("+pods("kube_pod_status_unschedulable")+")", perModel+", Unschedulable"),
			query("sum by (namespace, service, reason) ("+pods("kube_pod_container_status_waiting_reason")+")", perModel+", {{reason}}")),
		chart("Unschedulable pods", Count, "Pods for which cluster-autoscaler found no place on the nodes of the cluster.",
			query("max by (type) (cluster_autoscaler_unschedulable_pods_count)", "{{type}}")),
		chart("Failed scale-ups of nodes", Count, "Attempts of cluster-autoscaler to start nodes that failed in the last hour, by reason.",
			query("sum by (reason) (increase(cluster_autoscaler_failed_scale_ups_total[1h])) or vector(0)", "{{reason}}")),
	}
}
