package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// TestAlertmanagerAcceptsItsConfiguration checks the configuration with Alertmanager's own parser,
// and asks it which receiver gets an alert.
func TestAlertmanagerAcceptsItsConfiguration(t *testing.T) {
	amtool := prometheusTool(t, "github.com/prometheus/alertmanager/cmd/amtool")
	for _, test := range []struct {
		name         string
		alerts       monitoring.Alerts
		page, ticket string
	}{
		{"Slack", monitoring.Alerts{Page: "slack", Channel: "#vllm"}, "slack", "slack"},
		{"PagerDuty and Slack", monitoring.Alerts{Page: "pagerduty", Ticket: "slack"}, "pagerduty", "slack"},
		{"webhook", monitoring.Alerts{Ticket: "webhook"}, "webhook", "webhook"},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := monitoring.Spec{Install: true, Alertmanager: true, Alerts: test.alerts}.WithDefaults()
			text, err := json.Marshal(monitoring.AlertmanagerConfig(spec))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "alertmanager.yaml")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), amtool, "check-config", file).CombinedOutput(); err != nil {
				t.Fatalf("amtool: %v\n%s\n%s", err, out, text)
			}
			for severity, want := range map[string]string{
				"page": test.page, "ticket": test.ticket, "critical": test.ticket, "warning": test.ticket, "info": "null", "none": "null",
			} {
				out, err := exec.CommandContext(t.Context(), amtool, "config", "routes", "test", "--config.file="+file, "alertname=A", "severity="+severity).CombinedOutput()
				if got := strings.TrimSpace(string(out)); err != nil || got != want {
					t.Errorf("an alert of the severity %s reaches %q, want %s: %v", severity, got, want, err)
				}
			}
		})
	}
}
