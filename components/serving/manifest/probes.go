package manifest

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// startupProbe returns the probe that delays the other probes until the model is loaded.
// vLLM listens only then.
func startupProbe(l serving.Lifecycle) *corev1.Probe {
	return restarting(healthProbe(l.StartupPeriodSeconds(), l.StartupFailures()), l)
}

// readinessProbe returns the probe that removes a failing replica from the Service within
// 15 s.
func readinessProbe() *corev1.Probe { return healthProbe(5, 3) }

// livenessProbe returns the probe that restarts a replica that does not answer for 100 s,
// and a hung replica if HungSeconds is set. Its limits are long, because a restart loads
// the model again.
func livenessProbe(l serving.Lifecycle) *corev1.Probe {
	probe := healthProbe(serving.DeadPeriodSeconds, serving.DeadFailures)
	if l.HungSeconds > 0 {
		probe.HTTPGet = nil
		probe.Exec = &corev1.ExecAction{Command: serving.ProgressCommand(l)}
	}
	return restarting(probe, l)
}

// restarting sets the grace period of a probe that restarts the replica. Without it, a
// replica that does not answer would get the time to finish its requests.
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
