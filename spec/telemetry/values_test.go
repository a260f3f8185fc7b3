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
