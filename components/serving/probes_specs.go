package serving

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// probeTimeoutSeconds is generous: under load the server answers late, and that
// is no reason to restart it.
const probeTimeoutSeconds = 5

// startupProbe holds the others back until the model is loaded: vLLM listens
// only then.
func startupProbe(l Lifecycle) *corev1.Probe {
	return restarting(healthProbe(l.startupPeriodSeconds(), l.startupFailures()), l)
}

// readinessProbe takes an engine that fails out of the Service in 15 s.
func readinessProbe() *corev1.Probe { return healthProbe(5, 3) }

// livenessProbe restarts an engine that is dead for 100 s, and one that hangs
// where that is asked for. Never tight: a restart costs a whole load.
func livenessProbe(l Lifecycle) *corev1.Probe {
	probe := healthProbe(deadPeriodSeconds, deadFailures)
	if l.HungSeconds > 0 {
		probe.HTTPGet = nil
		probe.Exec = &corev1.ExecAction{Command: progressCommand(l)}
	}
	return restarting(probe, l)
}

// restarting is a probe whose failure restarts the engine. One that does not
// answer would otherwise be given the time to finish its requests.
func restarting(probe *corev1.Probe, l Lifecycle) *corev1.Probe {
	probe.TerminationGracePeriodSeconds = int64Of(l.restartGraceSeconds())
	return probe
}

func healthProbe(periodSeconds, failures int) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: "/health", Port: intstr.FromString(portName)},
		},
		PeriodSeconds:    int32(periodSeconds),
		TimeoutSeconds:   probeTimeoutSeconds,
		FailureThreshold: int32(failures),
	}
}
