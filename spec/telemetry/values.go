package telemetry

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const (
	// collector is the name of the objects of the collector.
	collector = "otel-collector"
	// server is the name of the objects of VictoriaLogs.
	server = "victorialogs"
	// receivedPort is the port for OTLP over HTTP.
	receivedPort = 4318
	healthPort   = 13133
	// checkpoints is the folder of a node with the offsets of its log files. A restarted
	// collector continues there.
	checkpoints = "/var/lib/vllm-eks-otelcol"
	podLogs     = "/var/log/pods"
	// TokenVariable is the environment variable of the collector with the token of exported
	// traces.
	TokenVariable = "TRACES_TOKEN"
	// LogGroupVariable is the environment variable of the collector with the name of the
	// log group.
	LogGroupVariable = "LOG_GROUP"
	// LogsClaim is the name of the volume claim of VictoriaLogs.
	LogsClaim = server
	// LogStream is the name of the stream in the log group.
	LogStream = "pods"
)

// setBy returns the values of the collector's chart that keys set.
func setBy(path *field.Path) chart.SetBy {
	return chart.SetBy{
		"config": "", "alternateConfig": "", "presets": "", "mode": "", "extraEnvs": "", "ports": "", "service": "", "image.repository": "", "image.tag": "", "image.digest": "",
		"serviceAccount.name": "", "serviceAccount.create": path.Child("install").String(), "namespaceOverride": "",
	}
}

// setLogsBy returns the values of VictoriaLogs' chart that keys set.
func setLogsBy(path *field.Path) chart.SetBy {
	const volume = "server.persistentVolume."
	return chart.SetBy{
		"server.retentionPeriod":         path.Child("retentionDays").String(),
		"server.retentionDiskSpaceUsage": path.Child("storageGiB").String(),
		volume + "size":                  path.Child("storageGiB").String(),
		volume + "storageClassName":      path.Child("storageClass").String(),
		volume + "enabled":               "", volume + "existingClaim": "", "server.mode": "", "server.replicaCount": "", "server.enabled": "", "vector": "",
	}
}

// CollectorValues returns the values of the chart opentelemetry-collector. hasToken
// reports whether exported traces have a token, which TokenVariable holds.
func CollectorValues(s Spec, hasToken bool) map[string]any {
	repository := versions.CollectorImage
	if s.Logs == CloudWatch {
		repository = versions.CollectorImageAWS
	}
	disabled := map[string]any{"enabled": false}
	mount := func(name, path string, readOnly bool) map[string]any {
		return map[string]any{"name": name, "mountPath": path, "readOnly": readOnly}
	}
	return map[string]any{
		"fullnameOverride": collector,
		"mode":             "daemonset",
		"image":            map[string]any{"repository": repository},
		"alternateConfig":  CollectorConfig(s, hasToken),
		"serviceAccount":   map[string]any{"name": ServiceAccount, "automountServiceAccountToken": false},
		"ports": map[string]any{
			"otlp": disabled, "jaeger-compact": disabled, "jaeger-thrift": disabled, "jaeger-grpc": disabled, "zipkin": disabled,
			// Only pods send traces, so no port of the node is used.
			"otlp-http": map[string]any{"enabled": s.Traces != "", "hostPort": 0},
		},
		// The Service leads to the collector of the same node.
		"service":      map[string]any{"enabled": s.Traces != "", "internalTrafficPolicy": "Local"},
		"tolerations":  []any{map[string]any{"operator": "Exists"}},
		"extraVolumes": []any{hostPath("pods", podLogs, "Directory"), hostPath("checkpoints", checkpoints, "DirectoryOrCreate")},
		"extraVolumeMounts": []any{
			mount("pods", podLogs, true), mount("checkpoints", checkpoints, false),
		},
		// Log files belong to root.
		"securityContext": map[string]any{
			"runAsUser": 0, "runAsGroup": 0, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
			"capabilities": map[string]any{"drop": []any{"ALL"}}, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		// Without a priority it never displaces a replica. It starts before the replica of
		// a new node, whose GPUs are advertised later.
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "20m", "memory": "100Mi"},
			"limits":   map[string]any{"memory": "400Mi"},
		},
	}
}

func hostPath(name, path, kind string) map[string]any {
	return map[string]any{"name": name, "hostPath": map[string]any{"path": path, "type": kind}}
}

// LogsValues returns the values of the chart victoria-logs-single.
func LogsValues(s Spec) map[string]any {
	return map[string]any{"server": map[string]any{
		"fullnameOverride":        server,
		"retentionPeriod":         fmt.Sprintf("%dd", s.RetentionDays),
		"retentionDiskSpaceUsage": logsSize(s.StorageGiB),
		"persistentVolume":        map[string]any{"existingClaim": LogsClaim},
		"affinity":                gpunodes.Avoid(),
		"podSecurityContext":      map[string]any{"seccompProfile": map[string]any{"type": "RuntimeDefault"}},
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "128Mi"},
			"limits":   map[string]any{"memory": "1Gi"},
		},
	}}
}

// logsSize returns the size of the logs on a volume: four fifths of it, rounded down. The
// server would stop when the volume is full.
func logsSize(volumeGiB int) string {
	if gib := volumeGiB * 4 / 5; gib > 0 {
		return fmt.Sprintf("%dGiB", gib)
	}
	return fmt.Sprintf("%dMiB", volumeGiB*1024*4/5)
}

// CollectorConfig returns the configuration of the collector. hasToken is that of
// CollectorValues. Its logs have the namespace, the pod and the container as resource
// attributes, from the path of their file, so the collector needs no access to the API
// server.
// https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/v0.158.0/receiver/filelogreceiver
func CollectorConfig(s Spec, hasToken bool) map[string]any {
	extensions := map[string]any{
		"health_check": map[string]any{"endpoint": fmt.Sprintf("${env:MY_POD_IP}:%d", healthPort)},
	}
	receivers, exporters, pipelines := map[string]any{}, map[string]any{}, map[string]any{}
	processors := map[string]any{"memory_limiter": map[string]any{"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 25}}
	pipeline := func(name, receiver, exporter string, processors ...any) {
		pipelines[name] = map[string]any{"receivers": []any{receiver}, "processors": append([]any{"memory_limiter"}, processors...), "exporters": []any{exporter}}
	}
	if s.Logs == VictoriaLogs || s.Logs == CloudWatch {
		extensions["file_storage"] = map[string]any{"directory": checkpoints}
		receivers["file_log"] = fileLog(s.Namespaces)
		exporters["otlp_http/logs"] = logsExporter(s)
		pipeline("logs", "file_log", "otlp_http/logs")
	}
	if s.Logs == CloudWatch {
		extensions["sigv4auth"] = map[string]any{"region": s.Region, "service": "logs"}
	}
	if s.Traces != "" {
		receivers["otlp"] = map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": fmt.Sprintf("${env:MY_POD_IP}:%d", receivedPort)}}}
		exporter := map[string]any{"endpoint": strings.TrimSuffix(s.Traces, "/")}
		if hasToken {
			prefix := ""
			if strings.EqualFold(s.TracesHeader, "Authorization") {
				prefix = "Bearer "
			}
			exporter["headers"] = map[string]any{s.TracesHeader: prefix + "${env:" + TokenVariable + "}"}
		}
		exporters["otlp_http/traces"] = exporter
		processors["batch"] = map[string]any{}
		pipeline("traces", "otlp", "otlp_http/traces", "batch")
	}
	return map[string]any{
		"extensions": extensions,
		"receivers":  receivers,
		"processors": processors,
		"exporters":  exporters,
		"service":    map[string]any{"extensions": names(extensions), "pipelines": pipelines, "telemetry": map[string]any{"metrics": map[string]any{"level": "none"}}},
	}
}

// rotated matches what the kubelet adds to the name of a file that it rotates: a time such as
// .20260102-150405. It compresses the file when it rotates the next one.
const rotated = ".[0-9]*-[0-9][0-9][0-9][0-9][0-9][0-9]"

// fileLog returns the receiver that reads the logs of the pods of namespaces. A restarted
// collector continues also in a file that was rotated meanwhile.
func fileLog(namespaces []string) map[string]any {
	include := []any{}
	for _, n := range namespaces {
		files := podLogs + "/" + n + "_*/*/*.log"
		include = append(include, files, files+rotated)
	}
	return map[string]any{
		"include": include,
		// Otherwise each failure to send a line would add a line.
		"exclude": []any{podLogs + "/" + Namespace + "_*/*/*", podLogs + "/" + LogsNamespace + "_*/*/*"},
		// The files of new pods are read from their first line.
		"start_at":          "beginning",
		"storage":           "file_storage",
		"include_file_path": true, // the operator reads the names of namespace, pod and container from it
		"include_file_name": false,
		// A longer line is several entries, each of which fits into a request to the store.
		"operators": []any{map[string]any{"type": "container", "id": "container", "max_log_size": "512KiB"}},
		// memory_limiter refuses lines for a time. Without this, they would be lost.
		"retry_on_failure": map[string]any{"enabled": true, "max_elapsed_time": 0},
	}
}

// logsExporter returns the exporter to the store of logs.
// https://docs.victoriametrics.com/victorialogs/data-ingestion/opentelemetry/
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_HTTP_Endpoints_OTLP.html
func logsExporter(s Spec) map[string]any {
	exporter := map[string]any{
		// While the store does not answer, the collector tries again without an end. When
		// its queue is full, of requests of at most 100 lines, it reads the files no further.
		// So it loses only lines that the store refuses, and those of a file that the kubelet
		// then compresses or removes.
		"retry_on_failure": map[string]any{"max_elapsed_time": 0},
		"sending_queue": map[string]any{
			"storage": "file_storage", "block_on_overflow": true, "queue_size": 1000,
			// CloudWatch refuses requests of more than 1 MB, without their compression.
			// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
			"batch": map[string]any{"flush_timeout": "1s", "sizer": "bytes", "min_size": 250_000, "max_size": 900_000},
		},
	}
	if s.Logs == CloudWatch {
		suffix := "amazonaws.com"
		if partition.Of(s.Region) == "aws-cn" {
			suffix += ".cn"
		}
		exporter["logs_endpoint"] = fmt.Sprintf("https://logs.%s.%s/v1/logs", s.Region, suffix)
		exporter["headers"] = map[string]any{"x-aws-log-group": "${env:" + LogGroupVariable + "}", "x-aws-log-stream": LogStream}
		exporter["auth"] = map[string]any{"authenticator": "sigv4auth"}
		return exporter
	}
	exporter["logs_endpoint"] = fmt.Sprintf("http://%s.%s.svc:9428/insert/opentelemetry/v1/logs", server, LogsNamespace)
	exporter["headers"] = map[string]any{"VL-Stream-Fields": "k8s.namespace.name,k8s.pod.name,k8s.container.name"}
	return exporter
}

// names returns the sorted keys of a mapping.
func names(mapping map[string]any) []any {
	var list []any
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		list = append(list, name)
	}
	return list
}
