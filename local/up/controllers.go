package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/local/image"
	"github.com/vllm-eks/vllm-eks/local/telemetry"
)

// controllersFolder holds one Go module for each controller, with changes to its manifests.
const controllersFolder = "local/controllers"

// controller acts on the objects of a stack. In production a Helm chart or an EKS add-on
// installs it. Here it is built from its own module and installed with the module's manifests,
// which its kustomization.yaml changes.
type controller struct {
	name      string   // of its folder in controllersFolder
	module    string   // that has the manifests
	manifests []string // files and folders of the module
	// definitions are the files of the module with the CustomResourceDefinitions of a
	// stack's objects. They are applied before the objects.
	definitions []string
	images      []controllerImage
	workloads   [][2]string // NAMESPACE, KIND/NAME
	apis        []string    // that the API server forwards to it
	// files returns further manifests, by name. Default: none.
	files func(o options) (map[string]string, error)
}

// controllerImage is the image of one program.
type controllerImage struct {
	reference string // in kustomization.yaml
	program   program
	path      string // path of the program in the manifests, if it is not in the root folder
}

func (i controllerImage) contents(o options) image.Contents {
	c := image.Contents{Program: i.program.path(o.layout)}
	if i.path != "" {
		c.Others = map[string]string{i.path: c.Program}
	}
	return c
}

// controllers are in the order of installation.
var controllers = []controller{
	{
		name: "prometheus-operator", module: "github.com/prometheus-operator/prometheus-operator", manifests: []string{"bundle.yaml"},
		definitions: []string{
			"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
			"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
		},
		images: []controllerImage{
			{reference: "localhost/vllm-eks/prometheus-operator:" + versions.PrometheusOperator, program: program{
				name: "prometheus-operator", folder: controllersFolder + "/prometheus-operator", cost: 88,
				pkg: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
			}},
			{reference: "localhost/vllm-eks/prometheus-config-reloader:" + versions.PrometheusOperator, path: "/bin/prometheus-config-reloader", program: program{
				name: "prometheus-config-reloader", folder: controllersFolder + "/prometheus-operator", cost: 12,
				pkg: "github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader",
			}},
			// Of the kinds of service discovery, it has the one that the operator uses.
			{reference: "localhost/vllm-eks/prometheus:v3.16.0", program: program{
				name: "prometheus-server", folder: controllersFolder + "/prometheus", cost: 224,
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
			{reference: "localhost/vllm-eks/keda:" + versions.KEDA, program: kedaProgram("keda", "operator", 492)},
			{reference: "localhost/vllm-eks/keda-metrics-apiserver:" + versions.KEDA, program: kedaProgram("keda-adapter", "adapter", 38)},
			{reference: "localhost/vllm-eks/keda-admission-webhooks:" + versions.KEDA, program: kedaProgram("keda-admission-webhooks", "webhooks", 10)},
		},
		workloads: [][2]string{{"keda", "deployment/keda-operator"}, {"keda", "deployment/keda-metrics-apiserver"}, {"keda", "deployment/keda-admission"}},
		apis:      []string{"v1beta1.external.metrics.k8s.io"},
	},
	{
		name: "metrics-server", module: "sigs.k8s.io/metrics-server", manifests: []string{"manifests/base"},
		images: []controllerImage{{reference: "localhost/vllm-eks/metrics-server:v0.8.0", program: program{
			name: "metrics-server", folder: controllersFolder + "/metrics-server", pkg: ".", cost: 22,
		}}},
		workloads: [][2]string{{"kube-system", "deployment/metrics-server"}},
		apis:      []string{"v1beta1.metrics.k8s.io"},
	},
	{
		name: "kube-state-metrics", module: "k8s.io/kube-state-metrics/v2", manifests: []string{"examples/standard"},
		images: []controllerImage{{reference: "localhost/vllm-eks/kube-state-metrics:v2.19.1", program: program{
			name: "kube-state-metrics", folder: controllersFolder + "/kube-state-metrics", cost: 20,
			pkg:     "k8s.io/kube-state-metrics/v2",
			ldflags: "-X github.com/prometheus/common/version.Version=2.19.1",
		}}},
		workloads: [][2]string{{"monitoring", "deployment/kps-kube-state-metrics"}},
	},
}

// telemetryController is the collector of logs and traces, with VictoriaLogs. It has no module
// with manifests: charts install it in production.
var telemetryController = controller{
	name: "telemetry",
	images: []controllerImage{
		{reference: "localhost/vllm-eks/otel-collector:v0.158.0", program: program{
			name: "otel-collector", folder: controllersFolder + "/telemetry", pkg: ".", cost: 117,
		}},
		{reference: "localhost/vllm-eks/victoria-logs:v1.52.1", program: program{
			name: "victoria-logs", folder: controllersFolder + "/victorialogs", cost: 18,
			pkg: "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs",
		}},
	},
	workloads: [][2]string{{"victorialogs", "statefulset/victorialogs"}, {"telemetry", "daemonset/otel-collector-agent"}, {"traces", "deployment/traces"}},
	files: func(o options) (map[string]string, error) {
		return telemetry.Manifests(o.layout.Kube("logs", "pods"), o.layout.Kube("telemetry"))
	},
}

// kedaProgram returns one of KEDA's programs, with the name of its command in the manifests.
func kedaProgram(name, command string, cost float64) program {
	return program{
		name: name, folder: controllersFolder + "/keda", pkg: "github.com/kedacore/keda/v2/cmd/" + command, cost: cost,
		ldflags: "-X github.com/kedacore/keda/v2/version.Version=" + strings.TrimPrefix(versions.KEDA, "v"),
	}
}

// selected returns the controllers that the user wants.
func (o options) selected() ([]controller, error) {
	var list []controller
	autoscaling, err := o.wantsControllers()
	if err == nil && autoscaling {
		list = slices.Clone(controllers)
	}
	logs, err2 := o.wantsTelemetry()
	if logs {
		list = append(list, telemetryController)
	}
	return list, errors.Join(err, err2)
}

// controllerPrograms returns the programs of the images of controllers.
func controllerPrograms(list []controller) []program {
	var programs []program
	for _, c := range list {
		programs = append(programs, c.programs()...)
	}
	return programs
}

func (c controller) programs() []program {
	var programs []program
	for _, i := range c.images {
		programs = append(programs, i.program)
	}
	return programs
}

// controllerSteps returns the steps that build and install the controllers, unless the user
// disabled them.
func controllerSteps(o options, e engine) ([]step, error) {
	list, err := o.selected()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var programs []program
	for _, c := range list {
		if installed, err := c.installed(o); err != nil {
			return nil, err
		} else if !installed {
			programs = append(programs, c.programs()...)
		}
	}
	return append(buildSteps(o, programs), step{name: "start " + announcement(list), cost: 50, serial: true, do: func(ctx context.Context, p *progress) error {
		for i, c := range list {
			p.update(float64(i)/float64(len(list)), "%s", c.name)
			if err := c.install(ctx, e); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	}}), nil
}

// announcement names controllers for a plan.
func announcement(list []controller) string {
	var parts []string
	if len(list) >= len(controllers) {
		parts = append(parts, "KEDA, Prometheus, kube-state-metrics and the metrics server")
	}
	if list[len(list)-1].name == telemetryController.name {
		parts = append(parts, "the collector of logs and traces")
	}
	return strings.Join(parts, "; ")
}

// defineKinds creates the CustomResourceDefinitions that stacks use. Without the controllers
// they are created too: the API server then validates and stores such objects, and nothing acts
// on them.
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

// install imports the images and applies the manifests, unless they are current, and waits
// until the controller is ready.
func (c controller) install(ctx context.Context, e engine) error {
	installed, err := c.installed(e.options)
	if err != nil {
		return err
	}
	if !installed {
		if err := c.apply(ctx, e); err != nil {
			return err
		}
		sum, err := c.sum(e.options)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.record(e.options), []byte(sum), 0o600); err != nil {
			return err
		}
	}
	return c.await(ctx, e)
}

// record returns the file with the checksum of the installed version.
func (c controller) record(o options) string { return filepath.Join(c.folder(o), "installed") }

// installed reports whether the installed controller is current. Then nothing has to be built.
func (c controller) installed(o options) (bool, error) {
	sum, err := c.sum(o)
	if err != nil {
		return false, err
	}
	for _, p := range c.programs() {
		if _, err := os.Stat(p.path(o.layout)); err != nil {
			return false, nil //nolint:nilerr // a program is missing: build it
		}
	}
	recorded, err := os.ReadFile(c.record(o))
	return err == nil && string(recorded) == sum, nil
}

// await waits until every workload of the controller runs and its APIs answer.
func (c controller) await(ctx context.Context, e engine) error {
	const patience = "--timeout=5m"
	var waits [][]string
	for _, w := range c.workloads {
		namespace, workload := "--namespace="+w[0], w[1]
		// An operator creates its objects after a moment.
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

// sum returns a checksum of everything that the controller is built and installed from. It
// contains no code of this project.
func (c controller) sum(o options) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version())
	folders := []string{controllersFolder + "/" + c.name}
	for _, i := range c.images {
		fmt.Fprintln(hash, i.reference, i.path, i.program.pkg, i.program.tags, i.program.ldflags)
		folders = append(folders, i.program.folder)
	}
	generated, err := c.generated(o)
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(generated)) {
		fmt.Fprintln(hash, name, generated[name])
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		files, err := filepath.Glob(filepath.Join(o.layout.Root, folder, "*"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(hash, "%s %d\n%s", file, len(content), content)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
