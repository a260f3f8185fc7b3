package monitoring

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// TestReceiversReadASecret checks that the secrets of receivers are in a Secret that Alertmanager
// mounts where its configuration reads them, and nowhere else.
func TestReceiversReadASecret(t *testing.T) {
	recording, _ := record(t, everything())
	secrets := ofType(recording, ":Secret")
	if len(secrets) != 1 || lookUp(secrets[0].Inputs, "metadata", "namespace") != "watch" || lookUp(secrets[0].Inputs, "immutable") != true {
		t.Fatalf("the Secrets are %v, want one in the namespace watch", secrets)
	}
	data, _ := lookUp(secrets[0].Inputs, "stringData").(map[string]any)
	if len(data) != 2 || data["pagerduty-key"] != stacktest.Redacted || data["slack-url"] != stacktest.Redacted {
		t.Errorf("the Secret has %v, want the two secrets, encrypted in Pulumi's state", data)
	}
	values := lookUp(releaseOf(t, recording, "kube-prometheus-stack").Inputs, "values", "alertmanager")
	volumes, _ := lookUp(values, "alertmanagerSpec", "volumes").([]any)
	mounts, _ := lookUp(values, "alertmanagerSpec", "volumeMounts").([]any)
	if len(volumes) != 1 || len(mounts) != 1 {
		t.Fatalf("Alertmanager has the volumes %v and mounts %v", volumes, mounts)
	}
	if got := lookUp(volumes[0], "secret", "secretName"); got != "alert-receivers-a1b2c3d" || lookUp(volumes[0], "name") != lookUp(mounts[0], "name") {
		t.Errorf("the volume has the Secret %v, and is mounted as %v", got, mounts[0])
	}
	receivers, _ := lookUp(values, "config", "receivers").([]any)
	files := map[string]string{"pagerduty": "/etc/alertmanager/receivers/pagerduty-key", "slack": "/etc/alertmanager/receivers/slack-url"}
	for kind, field := range map[string]string{"pagerduty": "routing_key_file", "slack": "api_url_file"} {
		found := false
		for _, r := range receivers {
			configs, _ := lookUp(r, kind+"_configs").([]any)
			found = found || len(configs) == 1 && lookUp(configs[0], field) == files[kind]
		}
		if !found || lookUp(mounts[0], "mountPath") != "/etc/alertmanager/receivers" {
			t.Errorf("no receiver reads %s: %v", files[kind], receivers)
		}
	}
	text, err := recording.JSON()
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("a secret is in what is recorded: %v", err)
	}
}

// TestReceiverWithoutItsSecretIsRefused checks that no receiver reads a file that does not exist.
func TestReceiverWithoutItsSecretIsRefused(t *testing.T) {
	_, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
		secrets := receiverSecrets()
		delete(secrets, monitoringspec.Slack)
		_, err := New(ctx, "monitoring", Args{Spec: everything(), Receivers: secrets})
		return err
	})
	problemstest.Check(t, err, []string{"monitoring.alerts: required"}, nil)
}
