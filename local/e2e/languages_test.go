//go:build engine || cluster

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// language is the example of a service in one language.
type language struct {
	// project is the example's folder in examples, and the name of its project.
	project string
	// files are the files to copy.
	files []string
	// prepare makes a copy ready to run.
	prepare func(*example)
	// command returns the command that runs preview, up or destroy.
	command func(e *example, command string) []string
}

// languages returns the examples of the same service.
func languages() []language {
	return []language{
		{"existing-cluster", []string{"main.go"}, (*example).buildGo, (*example).cli},
		{"existing-cluster-yaml", []string{"Pulumi.yaml"}, (*example).pointToPlugin, (*example).cli},
		{"existing-cluster-typescript", []string{"Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"}, (*example).buildTypeScript, (*example).node},
	}
}

// example is a copy of an example, with a stack in its own backend.
type example struct {
	language

	t           *testing.T
	folder      string
	environment []string
	// context is the context of the kubeconfig.
	context string
}

// languageStack is the name of every example's stack.
const languageStack = "e2e"

// newExample copies an example into a folder, with replacements in its program: old, new, ….
func newExample(t *testing.T, l language, folder, context string, environment []string, oldNew ...string) *example {
	t.Helper()
	return newExampleFrom(t, filepath.Join(checkout(t).Root, "examples", l.project), l, folder, context, environment, oldNew...)
}

// newExampleFrom copies the files of an example from another folder than that of this checkout.
func newExampleFrom(t *testing.T, source string, l language, folder, context string, environment []string, oldNew ...string) *example {
	t.Helper()
	e := &example{language: l, t: t, folder: folder, context: context}
	e.environment = append(slices.Clone(environment), "PULUMI_BACKEND_URL=file://"+e.backend(), "PULUMI_STACK="+languageStack)
	if err := os.MkdirAll(e.backend(), 0o700); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range l.files {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(oldNew); i += 2 {
			found[oldNew[i]] = found[oldNew[i]] || strings.Contains(string(text), oldNew[i])
			text = []byte(strings.ReplaceAll(string(text), oldNew[i], oldNew[i+1]))
		}
		e.write(name, string(text))
	}
	for old, ok := range found {
		if !ok {
			t.Fatalf("%s has no %q", l.project, old)
		}
	}
	l.prepare(e)
	return e
}

func (e *example) backend() string { return filepath.Join(e.folder, "backend") }

func (e *example) write(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.folder, name), []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// buildGo builds the program and makes Pulumi run it instead of the source.
func (e *example) buildGo() {
	e.t.Helper()
	root, binary := checkout(e.t).Root, filepath.Join(e.folder, "program")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(root, "examples", e.project, "main.go"): filepath.Join(e.folder, "main.go"),
	}})
	if err != nil {
		e.t.Fatal(err)
	}
	e.write("overlay.json", string(overlay))
	e.run("", filepath.Join(root, "local/bootstrap"), "go", "build", "-trimpath", "-overlay="+filepath.Join(e.folder, "overlay.json"), "-o", binary, "./examples/"+e.project)
	if err := os.Symlink(root, filepath.Join(e.folder, "checkout")); err != nil {
		e.t.Fatal(err)
	}
	e.write("Pulumi.yaml", fmt.Sprintf("name: %s\nruntime: {name: go, options: {binary: %q}}\nmain: checkout\n", e.project, binary))
	e.initialize()
}

// pointToPlugin sets the path of this checkout's plug-in.
func (e *example) pointToPlugin() {
	e.t.Helper()
	path := filepath.Join(e.folder, "Pulumi.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	plugin := filepath.Join(checkout(e.t).Root, "provider")
	e.write("Pulumi.yaml", strings.ReplaceAll(string(text), "../../provider", plugin))
	e.initialize()
}

// initialize creates the stack.
func (e *example) initialize() {
	e.t.Helper()
	e.run("", "pulumi", "stack", "init", languageStack, "--cwd="+e.folder, "--non-interactive")
	e.run("", "pulumi", "config", "set", "context", e.context, "--stack="+languageStack, "--cwd="+e.folder, "--non-interactive")
}

// buildTypeScript generates the SDK and compiles the program.
func (e *example) buildTypeScript() {
	e.t.Helper()
	if err := installPackages("../../examples/existing-cluster-typescript"); err != nil {
		e.t.Fatal(err)
	}
	root := checkout(e.t).Root
	modules := filepath.Join(root, "examples", e.project, "node_modules")
	if err := os.Symlink(modules, filepath.Join(e.folder, "node_modules")); err != nil {
		e.t.Fatal(err)
	}
	e.run("", filepath.Join(root, "local/bootstrap"), "go", "-C", "provider", "run", "-trimpath", "./sdkgen", filepath.Join(e.folder, "sdk"))
	e.run(e.folder, "node", filepath.Join(modules, "typescript/bin/tsc"))
	text, err := os.ReadFile(filepath.Join(e.folder, "Pulumi.yaml"))
	if err != nil {
		e.t.Fatal(err)
	}
	e.write("Pulumi.yaml", strings.ReplaceAll(string(text), "../../provider", filepath.Join(root, "provider")))
}

func (e *example) cli(command string) []string {
	args := []string{"pulumi", command, "--stack=" + languageStack, "--cwd=" + e.folder, "--non-interactive", "--color=never"}
	if command != "preview" {
		args = append(args, "--yes", "--skip-preview")
	}
	return args
}

func (e *example) node(command string) []string {
	return []string{"node", filepath.Join(e.folder, "index.js"), command, e.context}
}

// languagePatience bounds the duration of a command.
const languagePatience = 5 * time.Minute

// try runs a program in a folder and returns its output.
func (e *example) try(folder, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.t.Context()), languagePatience) // also during the test's cleanup
	defer cancel()
	command := exec.CommandContext(ctx, lookPath(name, e.environment), args...)
	command.Dir, command.Env = folder, e.environment
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 30 * time.Second
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	return out.String(), errors.Join(err, ctx.Err())
}

// run runs a program that must succeed.
func (e *example) run(folder, name string, args ...string) string {
	e.t.Helper()
	out, err := e.try(folder, name, args...)
	if err != nil {
		e.t.Fatalf("%s: %s %s: %v\n%s", e.project, filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return out
}

// do runs preview, up or destroy, which must succeed.
func (e *example) do(command string) string {
	e.t.Helper()
	args := e.command(e, command)
	return e.run("", args[0], args[1:]...)
}

// lookPath returns the path of a program on an environment's PATH, or the name if there is
// none.
func lookPath(name string, environment []string) string {
	for _, variable := range slices.Backward(environment) {
		path, ok := strings.CutPrefix(variable, "PATH=")
		if !ok || strings.Contains(name, "/") {
			continue
		}
		for _, folder := range filepath.SplitList(path) {
			if found, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
				return found
			}
		}
		break
	}
	return name
}

// manager matches the annotation with the project's name.
var manager = regexp.MustCompile(`"pulumi\.com/patchFieldManager":"[^"]*"`)

// objects returns the inputs of every Kubernetes object in the state, by type and name of its
// resource, without the project's name.
func (e *example) objects() map[string]string {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.backend(), ".pulumi", "stacks", e.project, languageStack+".json"))
	if err != nil {
		e.t.Fatal(err)
	}
	var state struct {
		Checkpoint struct {
			Latest struct {
				Resources []struct {
					URN, Type string
					Inputs    json.RawMessage
				}
			}
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		e.t.Fatal(err)
	}
	objects := map[string]string{}
	for _, r := range state.Checkpoint.Latest.Resources {
		if !strings.HasPrefix(r.Type, "kubernetes:") {
			continue
		}
		var inputs bytes.Buffer
		if err := json.Compact(&inputs, r.Inputs); err != nil {
			e.t.Fatal(err)
		}
		objects[r.Type+" "+r.URN[strings.LastIndex(r.URN, "::")+2:]] = manager.ReplaceAllString(inputs.String(), `"manager":""`)
	}
	return objects
}

// expectSameObjects fails unless the objects of all languages are equal, and are those of a
// service in a namespace.
func expectSameObjects(t *testing.T, namespace string, objects map[string]map[string]string) {
	t.Helper()
	want := objects["existing-cluster"]
	for _, name := range []string{"kubernetes:apps/v1:Deployment mistral-7b", "kubernetes:core/v1:Namespace " + namespace, "kubernetes:core/v1:Service @mistral-7b." + namespace} {
		if want[name] == "" {
			t.Errorf("Go does not create %s: %q", name, slices.Sorted(maps.Keys(want)))
		}
	}
	for project, got := range objects {
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
			t.Errorf("%s creates %q, and Go %q", project, names, slices.Sorted(maps.Keys(want)))
		}
		for name, inputs := range want {
			if got[name] != inputs {
				t.Errorf("%s: %s is\n%s\nwant\n%s", project, name, got[name], inputs)
			}
		}
	}
}
