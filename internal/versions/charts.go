package versions

// Chart is a pinned Helm chart.
type Chart struct {
	// Name is the name of the chart in its repository.
	Name string
	// Repository is the address of the chart's repository.
	Repository string
	// Version is the version of the chart, which may differ from that of the installed
	// program.
	Version string
	// Releases is the page of this release.
	Releases string
}

// The versions are the newest that were found on 2026-11-29, in repositories as of
// August. Each has the date of its tag.
var (
	// KubePrometheusStack installs Prometheus with its operator, rules and exporters.
	// 2026-08-21.
	KubePrometheusStack = Chart{
		Name: "kube-prometheus-stack", Version: "88.5.3",
		Repository: "https://prometheus-community.github.io/helm-charts",
		Releases:   "https://github.com/prometheus-community/helm-charts/releases/tag/kube-prometheus-stack-88.5.3",
	}
	// DCGMExporter publishes metrics of the GPUs. Published on 2026-07-15, with the
	// image 4.6.0-4.8.3: https://github.com/NVIDIA/dcgm-exporter/pull/712
	DCGMExporter = Chart{
		Name: "dcgm-exporter", Version: "4.8.3",
		Repository: "https://nvidia.github.io/dcgm-exporter/helm-charts",
		Releases:   "https://github.com/NVIDIA/dcgm-exporter/releases",
	}
	// NVIDIADevicePlugin lets the kubelet allocate GPUs. 2026-08-19.
	NVIDIADevicePlugin = Chart{
		Name: "nvidia-device-plugin", Version: "0.20.0",
		Repository: "https://nvidia.github.io/k8s-device-plugin",
		Releases:   "https://github.com/NVIDIA/k8s-device-plugin/releases/tag/v0.20.0",
	}
	// KEDAChart installs KEDA. 2026-07-31.
	KEDAChart = Chart{
		Name: "keda", Version: KEDA[len("v"):],
		Repository: "https://kedacore.github.io/charts",
		Releases:   "https://github.com/kedacore/charts/releases/tag/" + KEDA,
	}
	// LoadBalancerController creates load balancers for Ingresses. 2026-08-03.
	LoadBalancerController = Chart{
		Name: "aws-load-balancer-controller", Version: "3.5.0",
		Repository: "https://aws.github.io/eks-charts",
		Releases:   "https://github.com/kubernetes-sigs/aws-load-balancer-controller/releases/tag/v3.5.0",
	}
	// ClusterAutoscaler starts and stops nodes. Its image depends on the Kubernetes
	// minor: see ClusterAutoscalerTag. 2026-07-21.
	ClusterAutoscaler = Chart{
		Name: "cluster-autoscaler", Version: "9.59.0",
		Repository: "https://kubernetes.github.io/autoscaler",
		Releases:   "https://github.com/kubernetes/autoscaler/releases/tag/cluster-autoscaler-chart-9.59.0",
	}
	// OpenTelemetryCollector runs a collector on every node, of the release 0.158.0.
	// 2026-08-14.
	OpenTelemetryCollector = Chart{
		Name: "opentelemetry-collector", Version: "0.170.0",
		Repository: "https://open-telemetry.github.io/opentelemetry-helm-charts",
		Releases:   "https://github.com/open-telemetry/opentelemetry-helm-charts/releases/tag/opentelemetry-collector-0.170.0",
	}
	// VictoriaLogsChart installs one server of VictoriaLogs, of the release 1.52.0.
	// 2026-07-16.
	VictoriaLogsChart = Chart{
		Name: "victoria-logs-single", Version: "0.13.9",
		Repository: "https://victoriametrics.github.io/helm-charts",
		Releases:   "https://github.com/VictoriaMetrics/helm-charts/releases/tag/victoria-logs-single-0.13.9",
	}
)

// Images of the OpenTelemetry collector at the release of its chart.
// https://github.com/open-telemetry/opentelemetry-collector-releases/tree/v0.158.0/distributions
const (
	// CollectorImage has the components for Kubernetes.
	CollectorImage = "otel/opentelemetry-collector-k8s"
	// CollectorImageAWS has all components, also the signature of requests to AWS.
	CollectorImageAWS = "otel/opentelemetry-collector-contrib"
)
