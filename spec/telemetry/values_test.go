package telemetry

import (
	"path"
	"testing"
)

// TestLogsSize holds that logs leave space on volumes of every size.
func TestLogsSize(t *testing.T) {
	for volume, want := range map[int]string{1: "819MiB", 2: "1GiB", 5: "4GiB", 7: "5GiB", 50: "40GiB", 16384: "13107GiB"} {
		if got := logsSize(volume); got != want {
			t.Errorf("on %d GiB, logs have %s, want %s", volume, got, want)
		}
	}
}

// TestLogsAreNotRefused holds that no request to a store is larger than CloudWatch accepts, 1 MB,
// that each line fits into a request, and that lines that the collector refuses are read again.
func TestLogsAreNotRefused(t *testing.T) {
	const limit = 1_000_000
	for _, store := range []string{VictoriaLogs, CloudWatch} {
		config := CollectorConfig(Spec{Install: true, Logs: store, Region: "us-west-2", Namespaces: []string{"a"}}.WithDefaults(), false)
		queue := config["exporters"].(map[string]any)["otlp_http/logs"].(map[string]any)["sending_queue"].(map[string]any)
		batch := queue["batch"].(map[string]any)
		if size := batch["max_size"].(int); batch["sizer"] != "bytes" || size > limit || batch["min_size"].(int) > size || queue["block_on_overflow"] != true {
			t.Errorf("%s: the queue is %v, want batches of at most %d bytes", store, queue, limit)
		}
		files := config["receivers"].(map[string]any)["file_log"].(map[string]any)
		if parser := files["operators"].([]any)[0].(map[string]any); parser["max_log_size"] != "512KiB" || 512*1024 > batch["max_size"].(int) {
			t.Errorf("%s: the parser is %v, want lines that fit into a batch", store, parser)
		}
		if retry := files["retry_on_failure"].(map[string]any); retry["enabled"] != true || retry["max_elapsed_time"] != 0 {
			t.Errorf("%s: the files are read again after a failure: %v, want without an end", store, retry)
		}
	}
}

// TestFiles holds which files of the kubelet the collector reads: those that are written, and the
// last rotated one, of the given namespaces alone.
func TestFiles(t *testing.T) {
	files := fileLog([]string{"inference", Namespace})
	matches := func(key, file string) bool {
		for _, pattern := range files[key].([]any) {
			if matched, err := path.Match(pattern.(string), file); err != nil || matched {
				return err == nil
			}
		}
		return false
	}
	for file, want := range map[string]bool{
		"inference_chat-7f9c-abcde_1111-22/vllm/0.log":                         true,
		"inference_chat-7f9c-abcde_1111-22/vllm/3.log.20260102-150405":         true,
		"inference_chat-7f9c-abcde_1111-22/vllm/3.log.20260102-150405.gz":      false,
		"inference_chat-7f9c-abcde_1111-22/vllm/3.log.20260102-150405.tmp":     false,
		"inference2_chat-7f9c-abcde_1111-22/vllm/0.log":                        false,
		Namespace + "_otel-collector-abcde_1111-22/otel/0.log":                 false,
		Namespace + "_otel-collector-abcde_1111-22/otel/0.log.20260102-150405": false,
	} {
		if got := matches("include", podLogs+"/"+file) && !matches("exclude", podLogs+"/"+file); got != want {
			t.Errorf("%s is read: %t, want %t", file, got, want)
		}
	}
}
