package monitoring

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/release"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

const (
	// prometheusName is the name of the Prometheus object of the chart.
	prometheusName = monitoringspec.FullName + "-prometheus"
	// grafanaSecret is the name of the resource of the Secret with Grafana's
	// administrator.
	grafanaSecret = "grafana-admin"
	// receiversSecret is the name of the resource of the Secret with the secrets of the
	// receivers of alerts.
	receiversSecret = "alert-receivers"
	// valuesAnnotation is the annotation with the digest of the chart's values. An
	// update that changes the values waits for Prometheus.
	valuesAnnotation = "vllm-eks/values"
)

// volumeClaims returns the volume claims of Prometheus. Their names are those that its
// StatefulSet expects. The StatefulSet would create the claims itself, but never
// resize them: a larger storageGiB would then raise the limit of stored metrics above
// the size of the volume.
//
// The retention policy of the StatefulSet cannot delete them: Prometheus' operator
// deletes and recreates the StatefulSet for each change that Kubernetes does not
// allow, which would delete the metrics.
// https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.0/pkg/k8s/statefulset.go
func volumeClaims(s monitoringspec.Spec) []release.Object {
	var claims []release.Object
	for i := range s.Replicas {
		claims = append(claims, release.Claim(release.Volume{
			Resource: fmt.Sprintf("prometheus-disk-%d", i), Name: fmt.Sprintf("prometheus-%[1]s-db-prometheus-%[1]s-%[2]d", prometheusName, i),
			Namespace: s.Namespace, StorageClass: s.StorageClass, GiB: s.StorageGiB,
		}))
	}
	return claims
}

// administrator returns the Secret with the name and the password of Grafana's
// administrator. A new password restarts Grafana.
func administrator(s monitoringspec.Spec, password pulumi.StringPtrInput) release.Object {
	return release.Secret(grafanaSecret, s.Namespace, pulumi.Map{monitoringspec.UserKey: pulumi.String("admin"), monitoringspec.PasswordKey: password})
}

// receivers returns the Secret with the secrets of the receivers of alerts. A new one restarts
// Alertmanager.
func receivers(s monitoringspec.Spec, secrets map[string]pulumi.StringPtrInput) release.Object {
	data := pulumi.Map{}
	for _, kind := range s.Receivers() {
		data[monitoringspec.ReceiverKey(kind)] = secrets[kind]
	}
	return release.Secret(receiversSecret, s.Namespace, data)
}

// available returns a patch that waits until Prometheus runs. Helm treats the object
// Prometheus as ready at once, even if its pods never start. The patch changes only
// annotations of the object, and deleting the patch changes nothing.
// https://github.com/pulumi/pulumi-kubernetes/blob/v4.28.0/provider/pkg/metadata/overrides.go
func available(s monitoringspec.Spec, values map[string]any) (release.Object, error) {
	text, err := json.Marshal(values)
	if err != nil {
		return release.Object{}, err
	}
	sum := sha256.Sum256(text)
	return release.Object{
		Type: "kubernetes:monitoring.coreos.com/v1:PrometheusPatch",
		Name: "prometheus-available",
		Inputs: pulumi.Map{
			"apiVersion": pulumi.String("monitoring.coreos.com/v1"),
			"kind":       pulumi.String("Prometheus"),
			"metadata": pulumi.Map{
				"name": pulumi.String(prometheusName), "namespace": pulumi.String(s.Namespace),
				"annotations": pulumi.Map{
					"pulumi.com/waitFor": pulumi.String("condition=Available"),
					valuesAnnotation:     pulumi.String(hex.EncodeToString(sum[:8])),
				},
			},
		},
		Options: []pulumi.ResourceOption{pulumi.RetainOnDelete(true)},
	}, nil
}
