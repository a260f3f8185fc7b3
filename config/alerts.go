package config

import (
	"net/url"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// alertReceiver is a kind of receiver of alerts, with the key of its secret.
type alertReceiver struct {
	kind, key, secret string
	// want describes the secret, and accepted reports whether a text can be one.
	want     string
	accepted func(string) bool
}

// integrationKey is the form of an integration key of PagerDuty.
// https://support.pagerduty.com/main/docs/services-and-integrations
var integrationKey = regexp.MustCompile("^[A-Za-z0-9]{32}$")

// alertReceivers returns every kind of receiver.
func (c *Config) alertReceivers() []alertReceiver {
	isURL := func(schemes ...string) func(string) bool {
		return func(text string) bool {
			address, err := url.Parse(text)
			return err == nil && slices.Contains(schemes, address.Scheme) && address.Host != ""
		}
	}
	return []alertReceiver{
		{monitoring.Slack, "alertSlackUrl", c.root.AlertSlackURL, "the URL of an incoming webhook, such as https://hooks.slack.com/services/…", isURL("https")},
		{monitoring.PagerDuty, "alertPagerDutyKey", c.root.AlertPagerDutyKey, "an integration key of the Events API v2, which has 32 letters and digits", integrationKey.MatchString},
		{monitoring.Webhook, "alertWebhookUrl", c.root.AlertWebhookURL, "a URL that begins with https:// or http://", isURL("https", "http")},
	}
}

// checkAlertReceivers refuses receivers without their secret, and secrets that nothing uses.
// No message repeats a secret.
func (c *Config) checkAlertReceivers(found *findings) {
	used := c.Platform.Prometheus.Receivers()
	if !c.Platform.Prometheus.Install {
		used = nil // the receivers are refused
	}
	for _, r := range c.alertReceivers() {
		path, needed := field.NewPath(r.key), slices.Contains(used, r.kind)
		_, given := c.AlertReceivers[r.kind]
		switch {
		case found.reported(path):
		case given && !needed:
			found.add(field.ErrorTypeForbidden, path, "is of no use without a receiver of alerts of the kind %s; remove it, or set monitoring.alerts.page or monitoring.alerts.ticket to %s", r.kind, r.kind)
		case needed && !given:
			found.add(field.ErrorTypeRequired, path, "is missing, and monitoring.alerts sends alerts to %s; set it with: pulumi config set --secret vllm-eks:%s", r.kind, r.key)
		case needed && !r.accepted(r.secret):
			found.add(field.ErrorTypeInvalid, path, "is not the secret of a receiver; want %s", r.want)
		}
	}
}

// Bounds returns the limits of the stack that alerts compare with measurements.
func (c *Config) Bounds() monitoring.Bounds {
	if c == nil {
		return monitoring.Bounds{}
	}
	b := monitoring.Bounds{MaxUSDPerHour: c.Limits.MaxUSDPerHour, KubernetesVersion: c.Platform.Cluster.KubernetesVersion}
	if b.MaxUSDPerHour > 0 {
		b.SharedUSDPerHour = sizing.Account(nil, c.shared(), c.prices()).Max
	}
	if support, known := versions.SupportOf(b.KubernetesVersion); known {
		b.ExtendedSupport = support.Standard
	}
	return b
}
