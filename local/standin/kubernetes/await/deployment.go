package await

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	revision = "deployment.kubernetes.io/revision"
	// defaultProgressDeadline is the API's default, in seconds.
	defaultProgressDeadline = 600
)

var replicaSetKind = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}

func checkDeployment(ctx context.Context, reader Reader, live *unstructured.Unstructured, attempt Attempt) Status {
	status := deploymentStatus(live, attempt)
	if status.State == Ready {
		return status
	}
	pods := newestPods(ctx, reader, live)
	problems := problemsOf(pods)
	if status.State == Pending {
		if len(problems) > 0 {
			status.Message += " – " + problems[0]
		}
		status.Reasons = problems
		return status
	}
	status.Reasons = append(status.Reasons, evidence(ctx, reader, pods)...)
	return status
}

// deploymentStatus follows the rollout as the controller defines its end: every
// replica updated and available, and no old one left. A passed progress
// deadline ends the wait at once, since the controller has given up; the real
// provider goes on until its own timeout.
func deploymentStatus(d *unstructured.Unstructured, attempt Attempt) Status {
	if !observed(d) {
		return pending("waiting for the controller to see the change")
	}
	desired := number(d, 1, "spec", "replicas")
	updated := number(d, 0, "status", "updatedReplicas")
	available := number(d, 0, "status", "availableReplicas")
	total := number(d, 0, "status", "replicas")

	if paused, _, _ := unstructured.NestedBool(d.Object, "spec", "paused"); paused {
		return Status{State: Ready, Message: "the Deployment is paused; its rollout is not waited for"}
	}
	if updated == desired && available == desired && total == desired {
		return ready()
	}
	if failure, ok := findCondition(d, "ReplicaFailure"); ok && failure.Status == "True" {
		status := deadlineStatus(d, attempt)
		if status.State == Failed {
			status.Reasons = append(status.Reasons, failure.String())
			return status
		}
		return pending("%s", failure)
	}
	if status := deadlineStatus(d, attempt); status.State == Failed {
		return status
	}
	if old := total - updated; old > 0 {
		return pending("%d of %d pods updated, %d available, %d old ones left", updated, desired, available, old)
	}
	return pending("%d of %d pods updated, %d available", updated, desired, available)
}

// deadlineStatus reports Failed once the progress deadline has passed. The
// condition alone does not tell: on a return to an earlier template the
// controller leaves the old verdict standing until that rollout is complete.
// So a verdict that was there before the change only counts after a deadline's
// length of our own time.
func deadlineStatus(d *unstructured.Unstructured, attempt Attempt) Status {
	progress, ok := findCondition(d, "Progressing")
	if !ok || progress.Status != "False" || progress.Reason != "ProgressDeadlineExceeded" {
		return Status{}
	}
	before, had := findCondition(attempt.Previous, "Progressing")
	stale := had && before.Reason == progress.Reason && before.Updated == progress.Updated
	deadline := time.Duration(number(d, defaultProgressDeadline, "spec", "progressDeadlineSeconds")) * time.Second
	if stale && attempt.Elapsed < deadline {
		return Status{}
	}
	return failed("the rollout made no progress within %s", deadline)
}

// newestPods are the pods of the template that is being rolled out.
func newestPods(ctx context.Context, reader Reader, d *unstructured.Unstructured) []unstructured.Unstructured {
	for _, set := range owned(ctx, reader, replicaSetKind, d) {
		if set.GetAnnotations()[revision] == d.GetAnnotations()[revision] {
			return owned(ctx, reader, podKind, &set)
		}
	}
	return nil
}
