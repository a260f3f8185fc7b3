package telemetry

import "testing"

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
