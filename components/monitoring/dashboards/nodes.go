package dashboards

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// Labels of nodes, as kube-state-metrics writes them. It has only those of
// metricLabelsAllowlist in spec/monitoring.
const (
	instanceTypeLabel = "label_node_kubernetes_io_instance_type"
	capacityTypeLabel = "label_eks_amazonaws_com_capacity_type"
)

// nodes returns the dashboard of GPUs and nodes.
func nodes() Dashboard {
	return Dashboard{
		Name: "gpus-and-nodes", Title: "vLLM GPUs and nodes",
		Description: "Shows the use and the faults of GPUs by model, and the number and the state of nodes.",
		Rows:        []Row{row("GPUs", gpuPanels()...), row("Nodes", nodePanels()...)},
	}
}

func gpuPanels() []Panel {
	ofModel := func(operator, metric string) string { return fmt.Sprintf("%s %s (%s)", operator, by, gpu(metric)) }
	return []Panel{
		third("Utilization", Share, "Share of the time in which the GPUs of each model computed.",
			query(recorded(rules.GPUUtilization), perModel)),
		third("Memory in use", Share, "Share of the memory of the GPUs of each model in use.",
			query(recorded(rules.GPUMemory), perModel)),
		third("Memory bandwidth in use", Share, "Share of the time in which the GPUs of each model read or write their memory, which limits the generation of tokens.",
			query(ofModel("avg", "DCGM_FI_PROF_DRAM_ACTIVE"), perModel)),
		third("Temperature", Celsius, "Temperature of the hottest GPU of each model.",
			query(ofModel("max", "DCGM_FI_DEV_GPU_TEMP"), perModel)),
		stacked(third("Power", Watts, "Electrical power of the GPUs of each model.",
			query(ofModel("sum", "DCGM_FI_DEV_POWER_USAGE"), perModel))),
		third("XID errors", Code, "Number of the last XID error of each GPU in use, which is 0 without an error.",
			query("max by (namespace, service, pod, gpu) ("+gpu("DCGM_FI_DEV_XID_ERRORS")+")", "{{pod}}, GPU {{gpu}}")),
		chart("GPUs", Count, "GPUs that replicas hold, beside the GPUs of every node.",
			query("sum "+by+" ("+rules.ServiceOf(state("kube_pod_container_resource_requests", ofPods(`resource="nvidia_com_gpu"`)...))+")", perModel),
			reference("sum("+state("kube_node_status_allocatable", `resource="nvidia_com_gpu"`)+")", "all nodes")),
		chart("GPU memory of each replica", Share, "Share of the memory of each GPU in use, by replica.",
			query(fmt.Sprintf("max by (pod, gpu) (%[1]s / (%[1]s + %[2]s))", series("DCGM_FI_DEV_FB_USED", ofPods()...), series("DCGM_FI_DEV_FB_FREE", ofPods()...)), "{{pod}}, GPU {{gpu}}")),
	}
}

func nodePanels() []Panel {
	spot := state("kube_node_labels", capacityTypeLabel+`="SPOT"`)
	cordoned := fmt.Sprintf("count((%s == 1) and on (node) %s unless on (node) %s) or vector(0)",
		state("kube_node_spec_unschedulable"), spot, state("kube_node_spec_taint", `key="ToBeDeletedByClusterAutoscaler"`))
	return []Panel{
		stacked(third("Nodes by instance type", Count, "Nodes of each instance type and capacity type.",
			query(fmt.Sprintf("count by (%s, %s) (%s)", instanceTypeLabel, capacityTypeLabel, state("kube_node_labels")),
				"{{"+instanceTypeLabel+"}} {{"+capacityTypeLabel+"}}"))),
		stacked(third("Nodes by state", Count, "Nodes that cluster-autoscaler knows, by state.",
			query("max by (state) (cluster_autoscaler_nodes_count)", "{{state}}"))),
		third("Nodes that are not ready", Count, "Nodes whose kubelet does not report that the node is ready.",
			query("count("+state("kube_node_status_condition", `condition="Ready"`, `status="true"`)+" == 0) or vector(0)", "not ready")),
		third("Failures of cluster-autoscaler", Count, "Attempts to start nodes that failed in the last hour, by reason, and other errors.",
			query("sum by (reason) (increase(cluster_autoscaler_failed_scale_ups_total[1h])) or vector(0)", "start of nodes {{reason}}"),
			query("sum by (type) (increase(cluster_autoscaler_errors_total[1h])) or vector(0)", "error {{type}}")),
		third("Started and stopped nodes", Count, "Nodes that cluster-autoscaler started and stopped in the last hour.",
			query("sum(increase(cluster_autoscaler_scaled_up_nodes_total[1h])) or vector(0)", "started"),
			query("sum(increase(cluster_autoscaler_scaled_down_nodes_total[1h])) or vector(0)", "stopped")),
		third("Cordoned spot nodes", Count, "Spot nodes that accept no more pods, which EKS does before it removes them.",
			query(cordoned, "cordoned")),
	}
}
