//go:build engine

package e2e

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/upgrades"
)

// recordState is the version whose state TestUpgrade stores first. CONTRIBUTING.md has the
// command for a release.
var recordState = flag.String("record", "", "stores the state of this working tree as that of a release, such as v0.2.0")

// TestUpgrade previews the working tree from the last release's state of every stack and every
// example, with the files that its users have. The update replaces and deletes nothing, restarts
// the pods that CHANGELOG.md lists, and leaves nothing to change.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	root := checkout(t).Root
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections, err := upgrades.Sections(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if *recordState != "" {
		record(t, upgrades.In(root, *recordState))
	}
	stored, err := upgrades.Releases(root)
	if err != nil {
		t.Fatal(err)
	}
	last, err := upgrades.Last(stored, sections[0].Version)
	if err != nil {
		t.Fatal(err)
	}
	u := upgrade{from: upgrades.In(root, last), listed: sections[0].Restarts}
	if last == sections[0].Version {
		u.listed = nil // the first release: from itself, nothing restarts
	}
	t.Logf("from %s to %s; pods that restart: %v", last, sections[0].Version, u.listed)
	names, err := u.from.Stacks()
	if err != nil {
		t.Fatal(err)
	}
	if missing := without([]string{"dev", "prod", "local"}, names); len(missing) > 0 {
		t.Fatalf("%s has no state of %q", last, missing)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if _, stack := upgradedStacks[name]; stack {
				u.stack(t, name)
			} else {
				u.example(t, name)
			}
		})
	}
	if unused := u.listed.Unused(u.workloads); len(unused) > 0 && !t.Failed() {
		t.Errorf("CHANGELOG.md lists %v, and no stack or example has such pods", unused)
	}
}

// upgradedStacks holds the stacks of a release, with the file of each below the root.
var upgradedStacks = map[string]string{
	"dev": "Pulumi.dev.yaml", "prod": "Pulumi.prod.yaml", "local": "Pulumi.local.yaml",
	"everything": "stack/testdata/everything.yaml", "everything-aws": "stack/testdata/everything-aws.yaml",
	"vllm": "examples/manifests/Pulumi.vllm.yaml", bootstrap: "local/e2e/bootstrap.yaml",
}

// bootstrap is the example whose program deploys to AWS alone.
const bootstrap = "bootstrap-aws"

// program returns the program of a stack; "" for that of this repository.
func program(t *testing.T, name, folder string) string {
	t.Helper()
	if name != bootstrap {
		return ""
	}
	root, binary := checkout(t).Root, filepath.Join(folder, "program-of-"+name)
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "local", "bootstrap"), "go", "build", "-C", root, "-o", binary, "./examples/"+name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// notSimulated holds the parts of these files that a simulation does not have: the path of a
// kubeconfig, a role of the account, old versions of EKS
// add-ons, and secrets whose form is checked.
var notSimulated = []string{
	", kubeconfig: ~/clusters/everything",
	"      storage: {s3: {roleArn: \"arn:aws:iam::111122223333:role/weights\"}}\n",
	"    addons: {coredns: v1.12.4-eksbuild.28}\n", "    pin: {addons: {kube-proxy: v1.34.6-eksbuild.20}}\n",
	"    alerts: {page: pagerduty, ticket: slack, channel: \"#vllm\"}\n",
	"  vllm-eks:alertSlackUrl: {secure: \"https://hooks.slack.com/services/slack-canary-7c2d\"}\n",
	"  vllm-eks:alertPagerDutyKey: {secure: pagerdutycanary7c2d0000000000000}\n",
}

// upgrade is an update from a release.
type upgrade struct {
	from      upgrades.Release
	listed    upgrades.Restarts
	workloads []upgrades.Workload
}

// expect checks a preview.
func (u *upgrade) expect(t *testing.T, run simulation.Run, models map[string]upgrades.Model) {
	t.Helper()
	steps := run.Steps()
	if len(steps) < 10 {
		t.Fatalf("the preview has %d resources", len(steps))
	}
	workloads := upgrades.Workloads(steps, models)
	if models != nil && !slices.ContainsFunc(workloads, func(w upgrades.Workload) bool { return w.Model != nil }) {
		t.Error("the preview has no model")
	}
	u.workloads = append(u.workloads, workloads...)
	for _, problem := range upgrades.Problems(steps, workloads, u.listed) {
		t.Error(problem)
	}
	t.Logf("changes: %v", changes(run))
}

// stack updates a stack with the release's stack file.
func (u *upgrade) stack(t *testing.T, name string) {
	file, err := os.ReadFile(filepath.Join(u.from.Path(name), stackFileName(name)))
	if err != nil {
		t.Fatal(err)
	}
	folder := clusterFolder(t)
	var models map[string]upgrades.Model
	if name != bootstrap {
		if models, err = upgrades.Models(string(file)); err != nil {
			t.Fatal(err)
		}
	}
	state, err := u.from.State(name, folder)
	if err != nil {
		t.Fatal(err)
	}
	s := newProgram(t, folder, name, program(t, name, folder), string(file))
	if err := u.from.RestoreAccount(name, folder); err != nil {
		t.Fatal(err)
	}
	if err := s.Import(t.Context(), state); err != nil {
		t.Fatal(err)
	}
	u.expect(t, s.must("preview"), models)
	s.up()
	seen := 0
	if events := s.events(&seen); len(events) > 0 && !u.listed.Replaces() {
		t.Errorf("EKS replaces nodes, and CHANGELOG.md does not list %q: %v", upgrades.EveryPod, events)
	}
	expectChanges(t, s.must("preview"))
}

func stackFileName(name string) string { return "Pulumi." + name + ".yaml" }

// clusterFolder returns a new folder with a kubeconfig of a simulated cluster, which has the
// contexts of the stacks on existing clusters.
func clusterFolder(t *testing.T) string {
	t.Helper()
	folder := accountFolder(t)
	config := userCluster
	for _, context := range []string{layout.Context, "everything", "any"} {
		config = replaced(t, config, "contexts: [", "contexts: [{name: "+context+", context: {cluster: mine, user: me}}, ")
	}
	if err := os.WriteFile(filepath.Join(folder, "kubeconfig"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// record stores the state of every stack and every example of this checkout.
func record(t *testing.T, release upgrades.Release) {
	expectEveryExample(t)
	for name, path := range upgradedStacks {
		t.Run("record "+name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(checkout(t).Root, path))
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range notSimulated {
				text = []byte(strings.ReplaceAll(string(text), part, ""))
			}
			folder := clusterFolder(t)
			s := newProgram(t, folder, name, program(t, name, folder), string(text))
			s.up()
			state, err := s.Export(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := release.Store(name, map[string][]byte{stackFileName(name): text}, state, s.Folder); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, l := range examples() {
		t.Run("record "+l.project, func(t *testing.T) {
			folder := accountFolder(t)
			e := newExample(t, l, folder, "mine", simulatedEnvironment(t, folder))
			files := map[string][]byte{}
			for _, name := range l.files {
				content, err := os.ReadFile(filepath.Join(checkout(t).Root, "examples", l.project, name))
				if err != nil {
					t.Fatal(err)
				}
				files[name] = content
			}
			e.setSecret()
			e.do("up")
			if err := release.Store(l.project, files, []byte(e.run("", "pulumi", "stack", "export", "--stack="+languageStack, "--cwd="+folder)), folder); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// examples returns every example.
func examples() []language {
	list := languages()
	for _, name := range []string{"lora", "s3-offline", "several-models", "tensor-parallel"} {
		list = append(list, language{name, []string{"main.go"}, (*example).buildGo, (*example).cli})
	}
	return list
}

// exampleSecrets holds the configuration that an example requires besides its cluster.
var exampleSecrets = map[string]string{"several-models": "apiKey", "tensor-parallel": "huggingFaceToken"}

// setSecret sets the secret that the example requires, to a placeholder that is public.
func (e *example) setSecret() {
	e.t.Helper()
	if key := exampleSecrets[e.project]; key != "" {
		e.run("", "pulumi", "config", "set", "--secret", key, "simulated-secret", "--stack="+languageStack, "--cwd="+e.folder, "--non-interactive")
	}
}

// expectEveryExample fails if a folder of an example is not in examples.
func expectEveryExample(t *testing.T) {
	t.Helper()
	folders, err := os.ReadDir(filepath.Join(checkout(t).Root, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		_, stack := upgradedStacks[folder.Name()]
		if folder.Name() == "manifests" || stack {
			continue // a stack of this repository's program, and of its own
		}
		if !slices.ContainsFunc(examples(), func(l language) bool { return l.project == folder.Name() }) {
			t.Errorf("examples/%s is not stored; add it to examples", folder.Name())
		}
	}
}

// example updates an example, as a user has copied it from the release.
func (u *upgrade) example(t *testing.T, name string) {
	all := examples()
	index := slices.IndexFunc(all, func(l language) bool { return l.project == name })
	if index < 0 {
		t.Fatalf("there is no example %s; keep it in examples as long as a release has its state", name)
	}
	l := all[index]
	folder := accountFolder(t)
	state, err := u.from.State(name, folder)
	if err != nil {
		t.Fatal(err)
	}
	e := newExampleFrom(t, u.from.Path(name), l, folder, "mine", simulatedEnvironment(t, folder))
	e.setSecret()
	e.write("state.json", string(state))
	e.run("", "pulumi", "stack", "select", languageStack, "--create", "--cwd="+folder, "--non-interactive")
	e.run("", "pulumi", "stack", "import", "--stack="+languageStack, "--cwd="+folder, "--file="+filepath.Join(folder, "state.json"))
	u.expect(t, e.events("preview"), nil)
	e.do("up")
	expectChanges(t, e.events("preview"))
}

// keepingEvents is a script in the place of pulumi, which writes the events of a command to a
// file. The Automation API of Node.js would receive them.
const keepingEvents = `#!/bin/sh
for argument; do
	shift
	[ "$before" != --event-log ] || argument=EVENTS
	set -- "$@" "$argument"
	before=$argument
done
exec PULUMI "$@"
`

// events runs a command that must succeed, and returns its events.
func (e *example) events(command string) simulation.Run {
	e.t.Helper()
	bin, kept := filepath.Join(e.folder, "bin"), filepath.Join(e.folder, command+".events")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		e.t.Fatal(err)
	}
	script := strings.NewReplacer("PULUMI", lookPath("pulumi", e.environment), "EVENTS", kept).Replace(keepingEvents)
	if err := os.WriteFile(filepath.Join(bin, "pulumi"), []byte(script), 0o700); err != nil { //nolint:gosec // it must be executable
		e.t.Fatal(err)
	}
	with := *e
	for _, variable := range e.environment {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			with.environment = append(slices.Clone(e.environment), "PATH="+bin+string(os.PathListSeparator)+path)
		}
	}
	args := e.command(e, command)
	if filepath.Base(args[0]) == "pulumi" {
		args = append(args, "--event-log", filepath.Join(e.folder, "events"))
	}
	with.run("", args[0], args[1:]...)
	run, err := simulation.ReadEvents(kept)
	if err != nil {
		e.t.Fatal(err)
	}
	return run
}
