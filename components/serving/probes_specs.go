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
	return restarting(healthProbe(l.startupPeriodSeconds(), l.startupFailures()), l)
}

// readinessProbe takes an engine that fails out of the Service in 15 s.
func readinessProbe() *corev1.ProbeArgs { return healthProbe(5, 3) }

// livenessProbe restarts an engine that is dead for 100 s. Never tight: a
// restart costs a whole load.
func livenessProbe(l Lifecycle) *corev1.ProbeArgs { return restarting(healthProbe(10, 10), l) }

// restarting is a probe whose failure restarts the engine. One that does not
// answer would otherwise be given the time to finish its requests.
func restarting(probe *corev1.ProbeArgs, l Lifecycle) *corev1.ProbeArgs {
	probe.TerminationGracePeriodSeconds = pulumi.Int(l.restartGraceSeconds())
	return probe
}

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
