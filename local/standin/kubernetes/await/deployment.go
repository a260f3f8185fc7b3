package await

import (
	"context"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const revision = "deployment.kubernetes.io/revision"

var (
	replicaSetKind = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}
	claimKind      = schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolumeClaim"}
)

// checkDeployment never gives up by itself. The real provider's awaiter
// (provider/pkg/await/deployment.go) only shows a Progressing condition that is
// False, such as ProgressDeadlineExceeded, as a warning, keeps it for the error,
// and goes on until the resource's own timeout.
func checkDeployment(ctx context.Context, reader Reader, live *unstructured.Unstructured) Status {
	status := deploymentStatus(live)
	if status.State == Ready {
		return boundClaims(ctx, reader, live)
	}
	set, pods := newest(ctx, reader, live)
	if verdict, ok := findCondition(live, "Progressing"); ok && verdict.Status == "False" {
		reason := "[" + verdict.Reason + "] " + verdict.Message
		status.Reasons = append(status.Reasons, reason)
		if !stale(verdict, set) {
			status.Warning = reason
		}
	}
	return withPods(status, pods)
}

// deploymentStatus takes the end of a rollout as the controller defines it
// (every replica updated and available, and no old one left) and the conditions
// that the real provider asks for beside it. A paused Deployment has them only
// if nothing is left to roll out.
func deploymentStatus(d *unstructured.Unstructured) Status {
	if !observed(d) {
		return pending("waiting for the controller to see the change")
	}
	desired := number(d, 1, "spec", "replicas")
	updated := number(d, 0, "status", "updatedReplicas")
	available := number(d, 0, "status", "availableReplicas")
	total := number(d, 0, "status", "replicas")

	failure, _ := findCondition(d, "ReplicaFailure")
	switch old := total - updated; {
	case updated == desired && available == desired && total == desired:
		return rolledOut(d)
	case failure.Status == "True":
		return pending("%s", failure)
	case old > 0:
		return pending("%d of %d pods updated, %d available, %d old ones left", updated, desired, available, old)
	default:
		return pending("%d of %d pods updated, %d available", updated, desired, available)
	}
}

// rolledOut asks for the controller's own word. For the first revision the real
// provider does not look at Progressing.
func rolledOut(d *unstructured.Unstructured) Status {
	progress, _ := findCondition(d, "Progressing")
	switch {
	case d.GetAnnotations()[revision] == "":
		return pending("the controller has not made a revision of it yet")
	case !hasCondition(d, "Available"):
		return pending("the controller does not report it as available")
	case d.GetAnnotations()[revision] != "1" && (progress.Status != "True" || progress.Reason != "NewReplicaSetAvailable"):
		return pending("the controller does not report the rollout as complete (%s)", orDefault(progress.Reason, "no condition Progressing"))
	}
	return ready()
}

// stale tells a verdict on an earlier rollout: on a return to an earlier
// template the controller leaves it standing until that rollout is complete. It
// names the ReplicaSet that it is about.
func stale(verdict condition, set *unstructured.Unstructured) bool {
	return set != nil && strings.HasPrefix(verdict.Message, "ReplicaSet ") &&
		!strings.Contains(verdict.Message, strconv.Quote(set.GetName()))
}

// boundClaims waits, as the real provider does, for the claims that the pods
// mount, even when no pod is asked for. A claim that does not exist is left out.
func boundClaims(ctx context.Context, reader Reader, d *unstructured.Unstructured) Status {
	volumes, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "volumes")
	for _, item := range volumes {
		volume, _ := item.(map[string]any)
		name, found, _ := unstructured.NestedString(volume, "persistentVolumeClaim", "claimName")
		if !found {
			continue
		}
		claim, err := reader.Get(ctx, claimKind, d.GetNamespace(), name)
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return pending("cannot read the claim %s: %v", name, err)
		case text(claim, "status", "phase") != "Bound":
			return pending("the claim %s is %s", name, orDefault(text(claim, "status", "phase"), "Pending"))
		}
	}
	return ready()
}

// newest is the ReplicaSet of the template that is being rolled out, nil if it
// is not there yet, and its pods.
func newest(ctx context.Context, reader Reader, d *unstructured.Unstructured) (*unstructured.Unstructured, []unstructured.Unstructured) {
	for _, set := range owned(ctx, reader, replicaSetKind, d) {
		if set.GetAnnotations()[revision] == d.GetAnnotations()[revision] {
			return &set, owned(ctx, reader, podKind, &set)
		}
	}
	return nil, nil
}
