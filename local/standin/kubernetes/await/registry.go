package await

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The annotations that steer waiting, by the names that the real provider gave them.
const (
	SkipAwait      = "pulumi.com/skipAwait"
	TimeoutSeconds = "pulumi.com/timeoutSeconds"
	WaitFor        = "pulumi.com/waitFor"
)

// awaiter is how a kind is waited for.
type awaiter struct {
	check Check
	// limit is how long the real provider waits at the most, whatever the
	// program asks for; 0 where it does as it is told.
	limit time.Duration
}

var byKind = map[schema.GroupKind]awaiter{
	{Group: "apps", Kind: "Deployment"}:                               {check: checkDeployment},
	{Group: "apps", Kind: "StatefulSet"}:                              {check: workload(onceObserved(statefulSetStatus))},
	{Group: "apps", Kind: "DaemonSet"}:                                {check: workload(onceObserved(daemonSetStatus))},
	{Group: "batch", Kind: "Job"}:                                     {check: workload(jobStatus)},
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     {check: checkIngress},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: {check: checkDefinition},
	{Kind: "Pod"}:                   {check: checkPod},
	{Kind: "ReplicationController"}: {check: workload(onceObserved(replicationControllerStatus))},
	{Kind: "Service"}:               {check: checkService},
	{Kind: "Namespace"}:             {check: checkNamespace},
	{Kind: "PersistentVolume"}:      {check: checkVolume, limit: 5 * time.Minute},
	{Kind: "PersistentVolumeClaim"}: {check: checkClaim, limit: 5 * time.Minute},
	{Kind: "ResourceQuota"}:         {check: checkQuota, limit: time.Minute},
	{Kind: "Secret"}:                {check: checkSecret, limit: 5 * time.Second},
}

// For returns how to wait for an object, or nil when there is nothing to wait for.
func For(gvk schema.GroupVersionKind, annotations map[string]string) (Check, error) {
	if annotations[SkipAwait] == "true" {
		return nil, nil
	}
	if expression := annotations[WaitFor]; expression != "" {
		return forCondition(expression)
	}
	return byKind[gvk.GroupKind()].check, nil
}

// Timeout decides how long to wait for an operation: what the program set on
// the resource (seconds, 0 for nothing), else the annotation, else the default.
func Timeout(requested float64, annotations map[string]string) (time.Duration, error) {
	if requested > 0 {
		return time.Duration(requested * float64(time.Second)), nil
	}
	value := annotations[TimeoutSeconds]
	if value == "" {
		return DefaultTimeout, nil
	}
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds <= 0 {
		return 0, fmt.Errorf("annotation %s: %q is not a positive whole number of seconds", TimeoutSeconds, value)
	}
	return time.Duration(seconds) * time.Second, nil
}

// ReadyTimeout is Timeout for an object to become ready.
func ReadyTimeout(gvk schema.GroupVersionKind, requested float64, annotations map[string]string) (time.Duration, error) {
	timeout, err := Timeout(requested, annotations)
	if limit := byKind[gvk.GroupKind()].limit; limit > 0 {
		timeout = min(timeout, limit)
	}
	return timeout, err
}

// forCondition is the waitFor annotation: condition=Type or condition=Type=Status.
func forCondition(expression string) (Check, error) {
	kind, wanted, _ := strings.Cut(strings.TrimPrefix(expression, "condition="), "=")
	if !strings.HasPrefix(expression, "condition=") || kind == "" {
		return nil, fmt.Errorf("annotation %s: %q: this stand-in knows condition=Type and condition=Type=Status; "+
			"other expressions need the real Kubernetes plugin", WaitFor, expression)
	}
	wanted = orDefault(wanted, "True")
	return func(_ context.Context, _ Reader, live *unstructured.Unstructured) Status {
		if found, ok := findCondition(live, kind); ok {
			if strings.EqualFold(found.Status, wanted) {
				return ready()
			}
			return pending("condition %s is %s, not %s: %s", kind, found.Status, wanted, found)
		}
		return pending("waiting for condition %s=%s", kind, wanted)
	}, nil
}
