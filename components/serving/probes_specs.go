package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// probeTimeoutSeconds is generous: under load the server answers late, and that
// is no reason to restart it.
const probeTimeoutSeconds = 5

// startupProbe holds the others back until the model is loaded: vLLM listens
// only then.
func startupProbe(l Lifecycle) *corev1.ProbeArgs {
	return healthProbe(l.startupPeriodSeconds(), l.startupFailures())
}

// readinessProbe takes an engine that fails out of the Service in 15 s.
func readinessProbe() *corev1.ProbeArgs { return healthProbe(5, 3) }

// livenessProbe restarts an engine that is dead for 100 s. Never tight: a
// restart costs a whole load.
func livenessProbe() *corev1.ProbeArgs { return healthProbe(10, 10) }

func healthProbe(periodSeconds, failures int) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet: &corev1.HTTPGetActionArgs{
			Path: pulumi.String("/health"),
			Port: pulumi.String(portName),
		},
		PeriodSeconds:    pulumi.Int(periodSeconds),
		TimeoutSeconds:   pulumi.Int(probeTimeoutSeconds),
		FailureThreshold: pulumi.Int(failures),
	}
}
