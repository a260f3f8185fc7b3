package await

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// workload is the Check of a kind that owns its pods itself: a verdict on the
// object alone, explained by the pods.
func workload(judge func(*unstructured.Unstructured) Status) Check {
	return func(ctx context.Context, reader Reader, live *unstructured.Unstructured) Status {
		status := judge(live)
		if status.State == Ready {
			return status
		}
		return withPods(status, owned(ctx, reader, podKind, live))
	}
}

// onceObserved is for the kinds whose controller says which generation its
// status is about; a Job's does not.
func onceObserved(judge func(*unstructured.Unstructured) Status) func(*unstructured.Unstructured) Status {
	return func(live *unstructured.Unstructured) Status {
		if !observed(live) {
			return pending("waiting for the controller to see the change")
		}
		return judge(live)
	}
}

// statefulSetStatus asks for what the real provider asks for: with a partition,
// where the revisions never meet, it waits in vain, and so does this.
func statefulSetStatus(s *unstructured.Unstructured) Status {
	desired := number(s, 1, "spec", "replicas")
	total := number(s, 0, "status", "replicas")
	readyPods := number(s, 0, "status", "readyReplicas")
	if readyPods != desired || total != desired {
		return pending("%d of %d pods ready, %d updated", readyPods, desired, number(s, 0, "status", "updatedReplicas"))
	}
	if text(s, "spec", "updateStrategy", "type") == "OnDelete" && s.GetGeneration() > 1 {
		return ready()
	}
	from, to := text(s, "status", "currentRevision"), text(s, "status", "updateRevision")
	if from == "" || from != to || number(s, 0, "status", "currentReplicas") != desired {
		return pending("%d of %d pods ready, %d updated: revision %q, not yet %q",
			readyPods, desired, number(s, 0, "status", "updatedReplicas"), from, to)
	}
	return ready()
}

// daemonSetStatus waits with the strategy OnDelete too, as the real provider does.
func daemonSetStatus(d *unstructured.Unstructured) Status {
	desired := number(d, 0, "status", "desiredNumberScheduled")
	current := number(d, 0, "status", "currentNumberScheduled")
	updated := number(d, 0, "status", "updatedNumberScheduled")
	available := number(d, 0, "status", "numberAvailable")
	readyPods := number(d, 0, "status", "numberReady")
	if min(current, updated, available, readyPods) < desired {
		return pending("%d of %d nodes have an available pod, %d updated", available, desired, updated)
	}
	return ready()
}

func replicationControllerStatus(r *unstructured.Unstructured) Status {
	desired := number(r, 1, "spec", "replicas")
	if available := number(r, 0, "status", "availableReplicas"); available != desired {
		return pending("%d of %d pods available", available, desired)
	}
	return ready()
}

func jobStatus(j *unstructured.Unstructured) Status {
	if failure, ok := findCondition(j, "Failed"); ok && failure.Status == "True" {
		return failed("the Job failed: %s", failure)
	}
	if hasCondition(j, "Complete") {
		return ready()
	}
	return pending("%d pods active, %d succeeded, %d failed",
		number(j, 0, "status", "active"), number(j, 0, "status", "succeeded"), number(j, 0, "status", "failed"))
}

// withPods adds the pods that explain a verdict, and the first problem to its
// one line.
func withPods(status Status, pods []unstructured.Unstructured) Status {
	status.Pods = pods
	if problems := problemsOf(pods); status.State == Pending && len(problems) > 0 {
		status.Message += " – " + problems[0]
	}
	return status
}

func podIsReady(pod *unstructured.Unstructured) bool { return hasCondition(pod, "Ready") }

func checkPod(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
	status := podStatus(live)
	if status.State != Ready {
		status.Pods = []unstructured.Unstructured{*live}
	}
	return status
}

func podStatus(pod *unstructured.Unstructured) Status {
	phase := text(pod, "status", "phase")
	switch {
	case phase == "Succeeded", podIsReady(pod):
		return ready()
	case phase == "Failed":
		return failed("the pod failed")
	}
	if problems := podProblems(pod); len(problems) > 0 {
		return pending("%s", problems[0])
	}
	return pending("the pod is %s and not ready", orDefault(phase, "Pending"))
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
