package monitoring

import (
	"cmp"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Kinds of receivers.
const (
	Slack     = "slack"
	PagerDuty = "pagerduty"
	Webhook   = "webhook"
)

// Alerts holds the receivers of alerts.
type Alerts struct {
	// Page receives alerts on which somebody must act at once. Default: that of
	// ticket.
	Page string `key:"page" oneof:"slack pagerduty webhook"`
	// Ticket receives alerts on which somebody must act within days, and the warnings of
	// the chart's own rules. Default: that of page.
	Ticket string `key:"ticket" oneof:"slack pagerduty webhook"`
	// Channel is the channel of Slack, such as #vllm. Default: that of the webhook of
	// Slack.
	Channel string `key:"channel"`
}

// configured reports whether a key of the receivers is given.
func (a Alerts) configured() bool { return a != Alerts{} }

func (a Alerts) withDefaults() Alerts {
	a.Page, a.Ticket = cmp.Or(a.Page, a.Ticket), cmp.Or(a.Ticket, a.Page)
	return a
}

// Receivers returns the kinds of the receivers, sorted. Each needs a secret.
func (s Spec) Receivers() []string {
	a := s.Alerts.withDefaults()
	if a.Page == "" {
		return nil
	}
	kinds := []string{a.Page, a.Ticket}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// channelPattern is the name of a channel or a user of Slack, or the identifier of a channel.
var channelPattern = regexp.MustCompile(`^[#@]?[\p{L}\p{N}._-]{1,80}$`)

func (s Spec) validateAlerts(found *field.ErrorList, path *field.Path) {
	if !s.Alerts.configured() {
		return
	}
	kinds := s.Receivers()
	switch channel := s.Alerts.Channel; {
	case !s.Alertmanager:
		problems.Forbidden(found, path, "is ignored without alertmanager; remove it, or set monitoring.alertmanager to true")
	case channel != "" && !slices.Contains(kinds, Slack):
		problems.Forbidden(found, path.Child("channel"), "is ignored without a receiver of the kind slack; remove it, or set page or ticket to slack")
	case channel != "" && !channelPattern.MatchString(channel):
		problems.Invalid(found, path.Child("channel"), "is %q, want the name of a channel such as #vllm", channel)
	}
}

const (
	// ReceiversVolume is the volume of Alertmanager with the secrets of the receivers.
	ReceiversVolume = "receivers"
	// receiversFolder is where the volume is mounted.
	receiversFolder = "/etc/alertmanager/receivers"
)

// ReceiverKey returns the key of the secret of a kind of receiver within the Secret.
func ReceiverKey(kind string) string {
	if kind == PagerDuty {
		return "pagerduty-key"
	}
	return kind + "-url"
}

// alertmanager returns the values of Alertmanager. Its configuration names the files with
// the secrets of the receivers, because Pulumi's state and Helm's record hold values in clear.
func alertmanager(s Spec) map[string]any {
	if !s.Alertmanager {
		return map[string]any{"enabled": false}
	}
	spec := map[string]any{
		"affinity":  gpunodes.Avoid(),
		"resources": resources("10m", "64Mi", "256Mi"),
	}
	values := map[string]any{"enabled": true, "alertmanagerSpec": spec}
	if len(s.Receivers()) > 0 {
		spec["volumeMounts"] = []any{map[string]any{"name": ReceiversVolume, "mountPath": receiversFolder, "readOnly": true}}
		values["config"] = AlertmanagerConfig(s)
	}
	return values
}

// AlertmanagerConfig returns the configuration of Alertmanager for the receivers. Pages repeat
// every 4 h, and tickets every day. Alerts of the chart's own rules are tickets; those of the
// severity info reach nobody.
func AlertmanagerConfig(s Spec) map[string]any {
	a := s.Alerts.withDefaults()
	routes := []any{route(`severity="page"`, a.Page, "4h"), route(`severity=~"ticket|critical|warning"`, a.Ticket, "24h")}
	receivers := []any{map[string]any{"name": nobody}}
	for _, kind := range s.Receivers() {
		receivers = append(receivers, receiver(kind, a.Channel))
	}
	return map[string]any{
		"route": map[string]any{
			"receiver": nobody, "routes": routes,
			"group_by": []any{"alertname", "namespace", "service"}, "group_wait": "30s", "group_interval": "5m", "repeat_interval": "24h",
		},
		"receivers": receivers,
	}
}

// nobody is the receiver of alerts that nobody receives.
const nobody = "null"

func route(matcher, receiver, repeat string) map[string]any {
	return map[string]any{"matchers": []any{matcher}, "receiver": receiver, "repeat_interval": repeat}
}

// receiver returns a receiver. A message has the summary, the description and the runbook of each
// alert.
func receiver(kind, channel string) map[string]any {
	const (
		title = `[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }}`
		text  = `{{ range .Alerts }}{{ .Annotations.summary }}` + "\n" + `{{ .Annotations.description }}` + "\n" + `{{ .Annotations.runbook_url }}` + "\n" + `{{ end }}`
	)
	file := receiversFolder + "/" + ReceiverKey(kind)
	switch kind {
	case Slack:
		config := map[string]any{"api_url_file": file, "send_resolved": true, "title": title, "text": text}
		if channel != "" {
			config["channel"] = channel
		}
		return map[string]any{"name": kind, "slack_configs": []any{config}}
	case PagerDuty:
		return map[string]any{"name": kind, "pagerduty_configs": []any{map[string]any{
			"routing_key_file": file, "send_resolved": true,
			"severity":    `{{ if eq .CommonLabels.severity "page" }}critical{{ else }}warning{{ end }}`,
			"description": title, "details": map[string]any{"text": text},
		}}}
	default:
		return map[string]any{"name": kind, "webhook_configs": []any{map[string]any{"url_file": file, "send_resolved": true}}}
	}
}
