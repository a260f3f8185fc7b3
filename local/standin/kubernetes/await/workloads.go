package await

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func checkStatefulSet(ctx context.Context, reader Reader, live *unstructured.Unstructured, _ Attempt) Status {
	return explained(ctx, reader, live, statefulSetStatus(live))
}

func statefulSetStatus(s *unstructured.Unstructured) Status {
	if !observed(s) {
		return pending("waiting for the controller to see the change")
	}
	desired := number(s, 1, "spec", "replicas")
	readyPods := number(s, 0, "status", "readyReplicas")
	updated := number(s, 0, "status", "updatedReplicas")
	rolling := text(s, "spec", "updateStrategy", "type") != "OnDelete"
	// With a partition only the pods from that ordinal on are to be updated.
	wanted := desired - number(s, 0, "spec", "updateStrategy", "rollingUpdate", "partition")
	if readyPods < desired || (rolling && updated < wanted) {
		return pending("%d of %d pods ready, %d updated", readyPods, desired, updated)
	}
	return ready()
}

func checkDaemonSet(ctx context.Context, reader Reader, live *unstructured.Unstructured, _ Attempt) Status {
	return explained(ctx, reader, live, daemonSetStatus(live))
}

func daemonSetStatus(d *unstructured.Unstructured) Status {
	if !observed(d) {
		return pending("waiting for the controller to see the change")
	}
	desired := number(d, 0, "status", "desiredNumberScheduled")
	updated := number(d, 0, "status", "updatedNumberScheduled")
	available := number(d, 0, "status", "numberAvailable")
	rolling := text(d, "spec", "updateStrategy", "type") != "OnDelete"
	if available < desired || (rolling && updated < desired) {
		return pending("%d of %d nodes have an available pod, %d updated", available, desired, updated)
	}
	return ready()
}

func checkJob(ctx context.Context, reader Reader, live *unstructured.Unstructured, _ Attempt) Status {
	return explained(ctx, reader, live, jobStatus(live))
}

func jobStatus(j *unstructured.Unstructured) Status {
	if failure, ok := findCondition(j, "Failed"); ok && failure.Status == "True" {
		return failed("the Job failed: %s", failure)
	}
	if complete, ok := findCondition(j, "Complete"); ok && complete.Status == "True" {
		return ready()
	}
	if suspended, _, _ := unstructured.NestedBool(j.Object, "spec", "suspend"); suspended {
		return Status{State: Ready, Message: "the Job is suspended; it is not waited for"}
	}
	return pending("%d pods active, %d succeeded, %d failed",
		number(j, 0, "status", "active"), number(j, 0, "status", "succeeded"), number(j, 0, "status", "failed"))
}

// explained adds the problems of a workload's pods to a verdict.
func explained(ctx context.Context, reader Reader, live *unstructured.Unstructured, status Status) Status {
	if status.State == Ready {
		return status
	}
	pods := owned(ctx, reader, podKind, live)
	if status.State == Failed {
		status.Reasons = append(status.Reasons, evidence(ctx, reader, pods)...)
		return status
	}
	status.Reasons = problemsOf(pods)
	if len(status.Reasons) > 0 {
		status.Message += " – " + status.Reasons[0]
	}
	return status
}

func podIsReady(pod *unstructured.Unstructured) bool {
	readiness, ok := findCondition(pod, "Ready")
	return ok && readiness.Status == "True"
}

func checkPod(ctx context.Context, reader Reader, live *unstructured.Unstructured, _ Attempt) Status {
	status := podStatus(live)
	if status.State == Failed {
		status.Reasons = evidence(ctx, reader, []unstructured.Unstructured{*live})
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
	status := pending("the pod is %s and not ready", orDefault(phase, "Pending"))
	status.Reasons = podProblems(pod)
	if len(status.Reasons) > 0 {
		status.Message = status.Reasons[0]
	}
	return status
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
