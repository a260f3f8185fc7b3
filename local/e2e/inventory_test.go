//go:build cluster

package e2e

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// ephemeral kinds come and go by themselves: events, leases, and endpoints of Services.
var ephemeral = []string{"events", "events.events.k8s.io", "leases.coordination.k8s.io", "endpointslices.discovery.k8s.io"}

// inventory lists every object of the cluster, as apiVersion/kind/namespace/name.
func inventory(t *testing.T) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// Warnings about old kinds go to the standard error, which is ignored.
	list := func(args ...string) []string {
		out, err := exec.CommandContext(ctx, "kubectl", args...).Output()
		if err != nil {
			t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
		}
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	}
	kinds := list("api-resources", "--verbs=list", "--output=name")
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return slices.Contains(ephemeral, kind) })
	objects := list("get", strings.Join(kinds, ","), "--all-namespaces",
		`--output=go-template={{range .items}}{{.apiVersion}}/{{.kind}}/{{with .metadata.namespace}}{{.}}{{end}}/{{.metadata.name}}{{"\n"}}{{end}}`)
	if !slices.Contains(objects, "v1/Namespace//kube-system") || !slices.Contains(objects, "apps/v1/Deployment/kube-system/coredns") {
		t.Fatalf("the inventory lacks what every cluster has: %v", objects)
	}
	slices.Sort(objects)
	return slices.Compact(objects)
}

// expectInventory fails unless the cluster has the same objects as before. Controllers take a
// moment to clean up after a namespace.
func expectInventory(t *testing.T, before []string) {
	t.Helper()
	var added, gone []string
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Second) {
		now := inventory(t)
		added, gone = without(now, before), without(before, now)
		if len(added)+len(gone) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("left: %v\nremoved, though not the test's: %v", added, gone)
			return
		}
	}
}
