package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// controllersFolder holds a Go module for each of the controllers, and what is
// changed of its manifests.
const controllersFolder = "local/controllers"

// controller is something that acts on the objects of a stack. In production a
// chart or an add-on installs it; here it is built from its own module, and
// installed with the manifests that lie there, as its kustomization.yaml changes
// them.
type controller struct {
	name      string   // of the folder below controllersFolder
	module    string   // that the manifests are in
	manifests []string // files and folders of the module
	// definitions are those files of the module that define the kinds of a stack's
	// objects, which have to be there before these are.
	definitions []string
	images      []controllerImage
	workloads   [][2]string // NAMESPACE, KIND/NAME
	apis        []string    // that the API server hands on to it
}

// controllerImage is the image of one program.
type controllerImage struct {
	reference string // as kustomization.yaml has it
	program   program
	path      string // where the manifests call the program, unless it is in the root
}

// controllers are in the order in which they are installed.
var controllers = []controller{
	{
		name: "prometheus-operator", module: "github.com/prometheus-operator/prometheus-operator", manifests: []string{"bundle.yaml"},
		definitions: []string{"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"},
		images: []controllerImage{
			{reference: "localhost/vllm-eks/prometheus-operator:v0.85.0", program: program{
				name: "prometheus-operator", folder: controllersFolder + "/prometheus-operator", cost: 150,
				pkg: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
			}},
			{reference: "localhost/vllm-eks/prometheus-config-reloader:v0.85.0", path: "/bin/prometheus-config-reloader", program: program{
				name: "prometheus-config-reloader", folder: controllersFolder + "/prometheus-operator", cost: 10,
				pkg: "github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader",
			}},
			// Of the ways to find targets it has the one that the operator uses.
			{reference: "localhost/vllm-eks/prometheus:v3.16.0", program: program{
				name: "prometheus-server", folder: controllersFolder + "/prometheus", cost: 300,
				pkg: "github.com/prometheus/prometheus/cmd/prometheus", tags: "remove_all_sd,enable_kubernetes_sd",
				ldflags: "-X github.com/prometheus/common/version.Version=3.16.0",
			}},
		},
		workloads: [][2]string{{"monitoring", "deployment/prometheus-operator"}, {"monitoring", "statefulset/prometheus-kps"}},
	},
	{
		name: "keda", module: "github.com/kedacore/keda/v2", manifests: []string{"config"},
		definitions: []string{"config/crd/bases/keda.sh_scaledobjects.yaml"},
		images: []controllerImage{
			{reference: "localhost/vllm-eks/keda:v2.20.2", program: kedaProgram("keda", "operator", 1300)},
			{reference: "localhost/vllm-eks/keda-metrics-apiserver:v2.20.2", program: kedaProgram("keda-adapter", "adapter", 20)},
			{reference: "localhost/vllm-eks/keda-admission-webhooks:v2.20.2", program: kedaProgram("keda-admission-webhooks", "webhooks", 20)},
		},
		workloads: [][2]string{{"keda", "deployment/keda-operator"}, {"keda", "deployment/keda-metrics-apiserver"}, {"keda", "deployment/keda-admission"}},
		apis:      []string{"v1beta1.external.metrics.k8s.io"},
	},
	{
		name: "metrics-server", module: "sigs.k8s.io/metrics-server", manifests: []string{"manifests/base"},
		images: []controllerImage{{reference: "localhost/vllm-eks/metrics-server:v0.8.0", program: program{
			name: "metrics-server", folder: controllersFolder + "/metrics-server", pkg: "sigs.k8s.io/metrics-server/cmd/metrics-server", cost: 60,
		}}},
		workloads: [][2]string{{"kube-system", "deployment/metrics-server"}},
		apis:      []string{"v1beta1.metrics.k8s.io"},
	},
}

// kedaProgram is one of KEDA's, called what its manifests call it.
func kedaProgram(name, command string, cost float64) program {
	return program{
		name: name, folder: controllersFolder + "/keda", pkg: "github.com/kedacore/keda/v2/cmd/" + command, cost: cost,
		ldflags: "-X github.com/kedacore/keda/v2/version.Version=2.20.2",
	}
}

// controllerPrograms are what the controllers' images hold.
func controllerPrograms() []program {
	var programs []program
	for _, c := range controllers {
		for _, image := range c.images {
			programs = append(programs, image.program)
		}
	}
	return programs
}

// controllerSteps build and install the controllers, where they are wanted.
func controllerSteps(o options, e engine) ([]step, error) {
	wanted, err := o.wantsControllers()
	if err != nil || !wanted {
		return nil, err
	}
	steps := buildSteps(o, controllerPrograms())
	return append(steps, step{name: "start KEDA, Prometheus and the metrics server", cost: 45, serial: true, do: func(ctx context.Context, p *progress) error {
		for i, c := range controllers {
			p.update(float64(i)/float64(len(controllers)), "%s", c.name)
			if err := c.install(ctx, e); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	}}), nil
}

// defineKinds gives the API server the kinds that stacks use. They are there
// without the controllers too: objects of theirs are checked and kept then, and
// nothing acts on them.
func defineKinds(ctx context.Context, e engine) error {
	for _, c := range controllers {
		if len(c.definitions) == 0 {
			continue
		}
		source, err := c.source(ctx, e)
		if err != nil {
			return err
		}
		args := []string{"apply", "--server-side", "--force-conflicts"}
		for _, file := range c.definitions {
			args = append(args, "--filename="+filepath.Join(source, filepath.FromSlash(file)))
		}
		if _, err := e.kubectl(ctx, args...); err != nil {
			return err
		}
		args[0], args[1], args[2] = "wait", "--for=condition=Established", "--timeout=60s"
		if _, err := e.kubectl(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// install gives the node the images and the API server the manifests, and waits
// until the controller is ready.
func (c controller) install(ctx context.Context, e engine) error {
	sum, err := c.sum(e.options)
	if err != nil {
		return err
	}
	record := filepath.Join(c.folder(e.options), "installed")
	if installed, err := os.ReadFile(record); err != nil || string(installed) != sum {
		if err := c.apply(ctx, e); err != nil {
			return err
		}
		if err := os.WriteFile(record, []byte(sum), 0o600); err != nil {
			return err
		}
	}
	return c.await(ctx, e)
}

// await waits until everything of the controller runs and answers.
func (c controller) await(ctx context.Context, e engine) error {
	const patience = "--timeout=5m"
	var waits [][]string
	for _, w := range c.workloads {
		namespace, workload := "--namespace="+w[0], w[1]
		// What an operator makes is not there at once.
		waits = append(waits, []string{"wait", "--for=create", namespace, workload, patience}, []string{"rollout", "status", namespace, workload, patience})
	}
	for _, api := range c.apis {
		waits = append(waits, []string{"wait", "--for=condition=Available", "apiservice/" + api, patience})
	}
	for _, args := range waits {
		if _, err := e.kubectl(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// sum changes with everything that is installed.
func (c controller) sum(o options) (string, error) {
	hash := sha256.New()
	for _, image := range c.images {
		content, err := os.ReadFile(image.program.path(o.layout))
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	files, err := filepath.Glob(filepath.Join(o.layout.Root, controllersFolder, c.name, "*"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "\n%s %d\n", filepath.Base(file), len(content))
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// apply imports the images, and hands over the manifests. What an earlier
// version had and this one has not stays, as with a chart's definitions.
func (c controller) apply(ctx context.Context, e engine) error {
	for _, image := range c.images {
		args := []string{image.reference, image.program.path(e.options.layout)}
		if image.path != "" {
			args = append(args, image.path+"="+args[1])
		}
		if err := runKube(ctx, e.options, "image", args...); err != nil {
			return err
		}
	}
	if err := c.collect(ctx, e); err != nil {
		return err
	}
	objects, err := e.kubectl(ctx, "kustomize", c.folder(e.options))
	if err != nil {
		return err
	}
	// An object whose kind is among them is refused until that is established.
	if err := applyObjects(ctx, e, objects); err == nil {
		return nil
	}
	if _, err := e.kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"); err != nil {
		return err
	}
	return applyObjects(ctx, e, objects)
}

func applyObjects(ctx context.Context, e engine, objects string) error {
	cmd := e.kubectlCommand(ctx, "apply", "--server-side", "--force-conflicts", "--filename=-")
	cmd.Stdin = strings.NewReader(objects)
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("kubectl apply: %w\n%s", err, out))
	}
	return nil
}

// folder is where the manifests are put together.
func (c controller) folder(o options) string {
	return filepath.Join(o.layout.State(), "controllers", c.name)
}

// collect puts the module's manifests beside those of this project, as kubectl
// reads none from elsewhere.
func (c controller) collect(ctx context.Context, e engine) error {
	source, err := c.source(ctx, e)
	if err != nil {
		return err
	}
	to := c.folder(e.options)
	if err := errors.Join(os.RemoveAll(to), os.MkdirAll(to, 0o700)); err != nil {
		return err
	}
	ours, err := filepath.Glob(filepath.Join(e.options.layout.Root, controllersFolder, c.name, "*.yaml"))
	if err != nil {
		return err
	}
	var theirs []string
	for _, path := range c.manifests {
		theirs = append(theirs, filepath.Join(source, filepath.FromSlash(path)))
	}
	for _, path := range slices.Concat(theirs, ours) {
		if err := copyTo(filepath.Join(to, filepath.Base(path)), path); err != nil {
			return err
		}
	}
	return nil
}

// copyTo copies a file, or a folder with all that is in it.
func copyTo(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// source is the folder of the module in Go's cache, of the version that the
// controller's own go.mod names. Only this module is fetched, not what it
// requires.
func (c controller) source(ctx context.Context, e engine) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", c.module)
	cmd.Dir = filepath.Join(e.options.layout.Root, controllersFolder, c.name)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	interruptGently(cmd)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	if err == nil || len(out) > 0 {
		err = errors.Join(err, json.Unmarshal(out, &module))
	}
	if err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("go mod download %s: %w\n%s%s", c.module, err, module.Error, stderr.String()))
	}
	return module.Dir, nil
}
