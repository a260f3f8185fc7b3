//go:build cluster

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// testCreatedByHand creates objects by hand before the program does: a namespace and a
// ServiceAccount that it takes over, and two objects with other fields.
func testCreatedByHand(p *incidents, config string) {
	p.kubectl("create", "namespace", p.namespace+"-2")
	p.kubectl("create", "serviceaccount", "second")
	p.kubectl("create", "service", "clusterip", "second", "--tcp=8000")
	p.kubectl("create", "poddisruptionbudget", "second", "--selector=app=second", "--max-unavailable=2")
	budget := func(path string) string {
		return p.kubectl("get", "poddisruptionbudget", "second", "--output=jsonpath={"+path+"}")
	}
	before := budget(".metadata.uid")
	p.replaceKey(strings.Replace(config, "}]", "}, {name: "+p.namespace+"-2}]", 1), "    - {name: chat,", fmt.Sprintf(`    - {name: second, namespace: %[1]s, model: org/second, maxModelLen: 2048}
    - {name: chat, namespace: %[1]s,`, p.namespace))
	out, err := p.stack.run(3*time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName)
	for _, want := range []string{"Server-Side Apply field conflict detected", `with "kubectl-create"`, "PodDisruptionBudget::second"} {
		if err == nil || !strings.Contains(out, want) {
			p.t.Errorf("the update of a stack whose objects exist: %v, want %s\n%s", err, want, out)
		}
	}
	if owner := kubectl(p.t, "get", "namespace", p.namespace+"-2", "--output=jsonpath={.metadata.labels}"); !strings.Contains(owner, `"app.kubernetes.io/managed-by":"pulumi"`) {
		p.t.Errorf("the namespace that was created by hand has the labels %s", owner)
	}
	p.run("delete service second")
	p.run("pulumi import")
	p.run("pulumi up --yes --skip-preview")
	if budget(".metadata.uid") != before || !strings.Contains(budget(".spec.selector"), `"app.kubernetes.io/instance":"second"`) {
		p.t.Errorf("the imported object had the UID %s, and is %s with %s", before, budget(".metadata.uid"), budget(".spec"))
	}
	p.expectPreview()
	p.expectRefreshed()
	importedServiceIsReplaced(p)
}

// importedServiceIsReplaced holds the exception of the page: the address of a Service is an input
// after its import, and the program sets none.
func importedServiceIsReplaced(p *incidents) {
	p.t.Helper()
	urn := p.stack.urn("Service", "@second."+p.namespace)
	p.stack.pulumi("state", "delete", "--yes", "--stack="+stackName, urn)
	owner, _, _ := strings.Cut(urn, "$kubernetes:")
	p.stack.pulumi("import", "--yes", "--skip-preview", "--generate-code=false", "--protect=false", "--stack="+stackName, "--parent=owner="+owner+"::second",
		"--provider=cluster="+p.stack.urn("kubernetes", "cluster"), "kubernetes:core/v1:Service", "@second."+p.namespace, p.namespace+"/second")
	if got := sortedKeys(p.stack.preview()); !slices.Contains(got, "replace Service @second."+p.namespace) {
		p.t.Errorf("after the import of a Service, the preview has %q", got)
	}
}

// urn returns the URN of the resource with a kind and a name in the state.
func (s *stack) urn(kind, name string) string {
	s.t.Helper()
	for word := range strings.FieldsSeq(s.pulumi("stack", "--show-urns", "--stack="+stackName)) {
		if strings.HasPrefix(word, "urn:") && strings.HasSuffix(word, ":"+kind+"::"+name) {
			return word
		}
	}
	s.t.Fatalf("the state has no %s %s", kind, name)
	return ""
}

// manualChange is a row of the table of docs/incidents.md.
type manualChange struct {
	// row is the first cell of the row.
	row string
	// change is a command of kubectl in the namespace.
	change []string
	// refreshed holds the changes of a preview with a refresh. Instead, manager and field are
	// those of its conflict.
	refreshed      []string
	manager, field string
	// read is a command of kubectl, and after its output after an update with a refresh.
	read  []string
	after string
}

func env(name string) []string {
	return []string{"get", "deployment", incidentsModel, `--output=jsonpath={.spec.template.spec.containers[0].env[?(@.name=="` + name + `")].value}`}
}

func named(kind string) []string {
	return []string{"get", kind, incidentsModel, "--output=jsonpath={.metadata.name}"}
}

// manualChanges returns the rows of the table.
func manualChanges(namespace string) []manualChange {
	return []manualChange{
		{row: "`kubectl scale`", change: []string{"scale", "deployment", "chat", "--replicas=3"}},
		{row: "a new environment variable or annotation", change: []string{"set", "env", "deployment/chat", "VLLM_LOGGING_LEVEL=DEBUG"}, read: env("VLLM_LOGGING_LEVEL"), after: "DEBUG"},
		{row: "a field that the program sets", change: []string{"set", "env", "deployment/chat", "VLLMSIM_LOAD_SECONDS=2"},
			manager: "kubectl-set", field: `env[name="VLLMSIM_LOAD_SECONDS"]`, read: env("VLLMSIM_LOAD_SECONDS"), after: "1"},
		{row: "a field that the program sets", change: []string{"patch", "service", "chat", "--type=merge", `--patch={"spec":{"selector":{"app.kubernetes.io/instance":"other"}}}`},
			manager: "kubectl-patch", field: ".spec.selector", read: []string{"get", "service", "chat", `--output=jsonpath={.spec.selector.app\.kubernetes\.io/instance}`}, after: "chat"},
		{row: "a deleted object", change: []string{"delete", "service", "chat"}, refreshed: []string{"create Service @chat." + namespace}, read: named("service"), after: "chat"},
		{row: "a deleted object", change: []string{"delete", "poddisruptionbudget", "chat"}, refreshed: []string{"create PodDisruptionBudget chat"}, read: named("poddisruptionbudget"), after: "chat"},
		{row: "a deleted object", change: []string{"delete", "deployment", "chat"}, refreshed: []string{"create Deployment chat"}, read: named("deployment"), after: "chat"},
	}
}

// testChangesByHand makes the changes of the table. A plain preview and a plain update change
// nothing of them.
func testChangesByHand(p *incidents, config string) {
	outer := p.t
	for _, m := range manualChanges(p.namespace) {
		outer.Run(strings.Join(m.change, " "), func(t *testing.T) {
			p.t = t
			p.kubectl(m.change...)
			p.expectPreview()
			if out := p.stack.up(); !strings.Contains(out, "unchanged") || strings.Contains(out, "updated\n") || strings.Contains(out, " created\n") {
				t.Errorf("a plain update changes something:\n%s", out)
			}
			if m.manager != "" {
				p.expectConflict(m.manager, m.field)
			} else {
				p.expectRefreshed(m.refreshed...)
			}
			p.run("pulumi up --yes --refresh")
			if m.read != nil {
				if after := p.kubectl(m.read...); after != m.after {
					t.Errorf("after an update with a refresh it is %q, want %q", after, m.after)
				}
			}
		})
	}
	p.t = outer
	outer.Run("a later change of the same object removes what kubectl added", func(t *testing.T) {
		p.t = t
		p.kubectl("set", "env", "deployment/chat", "VLLM_LOGGING_LEVEL=DEBUG")
		p.kubectl("annotate", "deployment", "chat", "example.com/by=hand")
		p.replaceKey(config, "maxModelLen: 4096", "maxModelLen: 2048")
		p.stack.up()
		if added := p.kubectl(env("VLLM_LOGGING_LEVEL")...) + p.kubectl("get", "deployment", "chat", `--output=jsonpath={.metadata.annotations.example\.com/by}`); added != "" {
			t.Errorf("%q is left", added)
		}
	})
	outer.Run("a later change of a deleted object fails", func(t *testing.T) {
		p.t = t
		p.kubectl("delete", "deployment", "chat")
		p.stack.configure(config)
		if out, err := p.stack.run(2*time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName); err == nil || !strings.Contains(out, "not found") {
			t.Errorf("an update of a deleted object: %v\n%s", err, out)
		}
		p.run("pulumi up --yes --refresh")
		p.expectRefreshed()
	})
	outer.Run("fields of another program stay in conflict", func(t *testing.T) {
		p.t = t
		patch := func(most string) {
			p.kubectl("patch", "scaledobject", "chat", "--type=merge", "--field-manager=lens", `--patch={"spec":{"maxReplicaCount":`+most+`}}`)
		}
		patch("5")
		p.expectConflict("lens", ".spec.maxReplicaCount")
		if out, err := p.try("pulumi up --yes --refresh"); err == nil || !strings.Contains(out, `conflict with "lens"`) {
			t.Errorf("an update with a refresh: %v\n%s", err, out)
		}
		patch("3")
		p.expectRefreshed()
	})
	p.t = outer
}
