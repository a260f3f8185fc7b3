//go:build cluster

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// deleteModel deletes the objects of the model, and keeps its namespace.
func (g *gitops) deleteModel() {
	g.t.Helper()
	files, err := filepath.Glob(filepath.Join(g.dir, "manifests", "*.yaml"))
	if err != nil {
		g.t.Fatal(err)
	}
	arguments := []string{"delete", "--ignore-not-found", "--timeout=110s"}
	for _, file := range files {
		if !strings.HasPrefix(filepath.Base(file), "n") || strings.HasSuffix(file, "/networkpolicy.yaml") {
			arguments = append(arguments, "--filename="+file)
		}
	}
	kubectl(g.t, arguments...)
	g.gone()
}

// testChart installs, upgrades, rolls back and uninstalls the chart.
func (g *gitops) testChart(spec, hash string) {
	helm := filepath.Join(g.dir, "helm")
	g.must(filepath.Join(g.root, "local", "conformance", "helm"), "go", "build", "-o", helm, "helm.sh/helm/v3/cmd/helm")
	g.render("--helm-values", "--out", filepath.Join(g.dir, "values"))
	chart, release := filepath.Join(g.root, "helm", "vllm"), []string{"--namespace=" + manifestSpace, "--wait", "--timeout=2m"}
	run := func(arguments ...string) string { return g.must(g.dir, helm, append(arguments, release...)...) }
	values := "--values=" + filepath.Join(g.dir, "values", "values.yaml")

	g.must(g.dir, helm, "lint", "--strict", chart)
	out := run("install", "vllm", chart, values)
	if want := "kubectl -n inference port-forward svc/vllm 8000:8000"; !strings.Contains(out, want) {
		g.t.Errorf("the notes do not have %q:\n%s", want, out)
	}
	g.same("Helm", spec, hash)
	g.complete(serviceURLIn(g.t, manifestSpace, "vllm"))

	run("upgrade", "vllm", chart, values, "--set-string", "annotations.example\\.com/change=second")
	if _, upgraded := g.settled(); upgraded == hash {
		g.t.Error("the upgrade changed no pod")
	}
	run("rollback", "vllm", "1")
	g.settled()
	g.same("Helm after a rollback", spec, hash)
	if out, err := g.program(g.dir, helm, "upgrade", "vllm", chart, values, "--namespace="+manifestSpace, "--set", "replcas.max=3"); err == nil || !strings.Contains(out, "replcas") {
		g.t.Errorf("a typo: %v\n%s", err, out)
	}
	run("uninstall", "vllm")
	g.gone()
}

// settled waits until one replica is left, and returns it.
func (g *gitops) settled() (spec, hash string) {
	g.t.Helper()
	kubectl(g.t, "--namespace="+manifestSpace, "rollout", "status", "deployment/vllm", "--timeout=60s")
	await(g.t, "one replica is left", time.Minute, func() bool { return len(replicaPods(g.t, manifestSpace)) == 1 })
	return g.pod()
}

// testPulumi deploys the same model with Pulumi into the existing namespace.
func (g *gitops) testPulumi(spec, hash string) {
	config := strings.Replace(g.stackFile, "{context: any}", fmt.Sprintf("{context: %s}", localContext), 1)
	config = strings.Replace(config, "- name: "+manifestSpace, "- {name: "+manifestSpace+", existing: true}", 1)
	s := newStack(g.t, config)
	s.up()
	g.same("Pulumi", spec, hash)
}
