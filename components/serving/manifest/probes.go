package manifest

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// startupProbe holds the others back until the model is loaded: vLLM listens
// only then.
func startupProbe(l serving.Lifecycle) *corev1.Probe {
	return restarting(healthProbe(l.StartupPeriodSeconds(), l.StartupFailures()), l)
}

// readinessProbe takes an engine that fails out of the Service in 15 s.
func readinessProbe() *corev1.Probe { return healthProbe(5, 3) }

// livenessProbe restarts an engine that is dead for 100 s, and one that hangs
// where that is asked for. Never tight: a restart costs a whole load.
func livenessProbe(l serving.Lifecycle) *corev1.Probe {
	probe := healthProbe(serving.DeadPeriodSeconds, serving.DeadFailures)
	if l.HungSeconds > 0 {
		probe.HTTPGet = nil
		probe.Exec = &corev1.ExecAction{Command: serving.ProgressCommand(l)}
	}
	return restarting(probe, l)
}

// restarting is a probe whose failure restarts the engine. One that does not
// answer would otherwise be given the time to finish its requests.
func restarting(probe *corev1.Probe, l serving.Lifecycle) *corev1.Probe {
	probe.TerminationGracePeriodSeconds = int64Of(l.RestartGraceSeconds())
	return probe
}

func healthProbe(periodSeconds, failures int) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: "/health", Port: intstr.FromString(serving.PortName)},
		},
		PeriodSeconds:    int32(periodSeconds),
		TimeoutSeconds:   serving.ProbeTimeoutSeconds,
		FailureThreshold: int32(failures),
	}
}
