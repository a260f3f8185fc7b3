package await

import (
	"context"
	"fmt"
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

var byKind = map[schema.GroupKind]Check{
	{Group: "apps", Kind: "Deployment"}:                               checkDeployment,
	{Group: "apps", Kind: "StatefulSet"}:                              checkStatefulSet,
	{Group: "apps", Kind: "DaemonSet"}:                                checkDaemonSet,
	{Group: "batch", Kind: "Job"}:                                     checkJob,
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     checkIngress,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: checkDefinition,
	{Kind: "Pod"}:                   checkPod,
	{Kind: "Service"}:               checkService,
	{Kind: "Namespace"}:             checkNamespace,
	{Kind: "PersistentVolume"}:      checkVolume,
	{Kind: "PersistentVolumeClaim"}: checkClaim,
	{Kind: "ResourceQuota"}:         checkQuota,
}

// For returns how to wait for an object, or nil when there is nothing to wait for.
func For(gvk schema.GroupVersionKind, annotations map[string]string) (Check, error) {
	if annotations[SkipAwait] == "true" {
		return nil, nil
	}
	if expression := annotations[WaitFor]; expression != "" {
		return forCondition(expression)
	}
	return byKind[gvk.GroupKind()], nil
}

// Timeout decides how long to wait: what the program set on the resource
// (seconds, 0 for nothing), else the annotation, else the default.
func Timeout(requested float64, annotations map[string]string) (time.Duration, error) {
	if requested > 0 {
		return time.Duration(requested * float64(time.Second)), nil
	}
	value := annotations[TimeoutSeconds]
	if value == "" {
		return DefaultTimeout, nil
	}
	seconds, err := time.ParseDuration(value + "s")
	if err != nil || seconds <= 0 {
		return 0, fmt.Errorf("annotation %s: %q is not a positive number of seconds", TimeoutSeconds, value)
	}
	return seconds, nil
}

// forCondition is the waitFor annotation: condition=Type or condition=Type=Status.
func forCondition(expression string) (Check, error) {
	kind, wanted, _ := strings.Cut(strings.TrimPrefix(expression, "condition="), "=")
	if !strings.HasPrefix(expression, "condition=") || kind == "" {
		return nil, fmt.Errorf("annotation %s: %q: this stand-in knows condition=Type and condition=Type=Status; "+
			"other expressions need the real Kubernetes plugin", WaitFor, expression)
	}
	wanted = orDefault(wanted, "True")
	return func(_ context.Context, _ Reader, live *unstructured.Unstructured, _ Attempt) Status {
		if found, ok := findCondition(live, kind); ok {
			if strings.EqualFold(found.Status, wanted) {
				return ready()
			}
			return pending("condition %s is %s, not %s: %s", kind, found.Status, wanted, found)
		}
		return pending("waiting for condition %s=%s", kind, wanted)
	}, nil
}
