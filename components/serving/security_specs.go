package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// vllmUser is the unprivileged user of the vLLM image; its files belong to
	// the root group, so any other group fails.
	vllmUser  = 2000
	rootGroup = 0

	// nodeLostSeconds is how long an engine stays on a node that is not heard
	// of: long enough for a hiccup, since a new engine takes minutes.
	nodeLostSeconds = 60
)

// podSecurity is what the restricted Pod Security Standard asks of a pod.
func podSecurity() *corev1.PodSecurityContextArgs {
	return &corev1.PodSecurityContextArgs{
		RunAsNonRoot:   pulumi.Bool(true),
		RunAsUser:      pulumi.Int(vllmUser),
		RunAsGroup:     pulumi.Int(rootGroup),
		FsGroup:        pulumi.Int(rootGroup),
		SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
	}
}

// containerSecurity is what it asks of a container. The root file system is
// writable because NVIDIA's container hook writes to it.
func containerSecurity() *corev1.SecurityContextArgs {
	return &corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false),
		ReadOnlyRootFilesystem:   pulumi.Bool(false),
		Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.StringArray{pulumi.String("ALL")}},
	}
}

// tolerations let engines onto GPU nodes, and off lost ones sooner than the
// five minutes that Kubernetes waits.
func tolerations() corev1.TolerationArray {
	lost := func(key string) *corev1.TolerationArgs {
		return &corev1.TolerationArgs{
			Key:               pulumi.String(key),
			Operator:          pulumi.String("Exists"),
			Effect:            pulumi.String("NoExecute"),
			TolerationSeconds: pulumi.Int(nodeLostSeconds),
		}
	}
	return corev1.TolerationArray{
		&corev1.TolerationArgs{
			Key:      pulumi.String(gpuResource),
			Operator: pulumi.String("Exists"),
			Effect:   pulumi.String("NoSchedule"),
		},
		lost("node.kubernetes.io/not-ready"),
		lost("node.kubernetes.io/unreachable"),
	}
}
