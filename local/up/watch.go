package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vllm-eks/vllm-eks/local/orphan"
	"github.com/vllm-eks/vllm-eks/local/statuspage"
)

// watchProgram shows the models of a stack. It is built when it is used.
var watchProgram = program{name: "watch", folder: "local", pkg: "./watch", cost: 15}

// defaultPrometheus is the Service of the Prometheus that stacks and the local environment
// install.
var defaultPrometheus = endpoint{namespace: "monitoring", service: "kps-prometheus", port: 9090}

// forwardPause is the time between the end of a port-forward and the next one.
const forwardPause = 2 * time.Second

// endpoint is a port of a Service.
type endpoint struct {
	namespace, service string
	port               int
}

func (e endpoint) String() string { return fmt.Sprintf("%s/%s:%d", e.namespace, e.service, e.port) }

// endpointSyntax matches NAMESPACE/SERVICE:PORT.
var endpointSyntax = regexp.MustCompile(`^([a-z0-9-]+)/([a-z0-9-]+):([0-9]{1,5})$`)

// prometheus returns the Service of Prometheus; or its URL, if the user gave one.
func (o options) prometheus() (service endpoint, url string, err error) {
	if o.prometheusAddress == "" {
		return defaultPrometheus, "", nil
	}
	if strings.HasPrefix(o.prometheusAddress, "http://") || strings.HasPrefix(o.prometheusAddress, "https://") {
		return endpoint{}, o.prometheusAddress, nil
	}
	parts := endpointSyntax.FindStringSubmatch(o.prometheusAddress)
	if parts == nil {
		return endpoint{}, "", fmt.Errorf("PROMETHEUS: got %q, want NAMESPACE/SERVICE:PORT such as %s, or a URL", o.prometheusAddress, defaultPrometheus)
	}
	port, err := strconv.Atoi(parts[3])
	return endpoint{parts[1], parts[2], port}, "", err
}

// watchArguments returns the arguments of the program watch, except for Prometheus.
func (o options) watchArguments() ([]string, error) {
	args := []string{"--model=" + o.model}
	if strings.HasSuffix(o.page, ".html") {
		return append(args, "--file="+o.page), nil
	}
	serve := false
	if o.page != "" {
		var err error
		if serve, err = strconv.ParseBool(o.page); err != nil {
			return nil, fmt.Errorf("PAGE: got %q, want 1 or the name of a file that ends with .html", o.page)
		}
	}
	return append(args, "--serve="+strconv.FormatBool(serve)), nil
}

// watch shows the models, as Prometheus knows them, until the user interrupts.
func watch(ctx context.Context, o options) error {
	args, err := o.watchArguments()
	if err != nil {
		return err
	}
	service, url, err := o.prometheus()
	if err != nil {
		return err
	}
	runtime.LockOSThread() // orphan.Signal and startForward require it
	defer runtime.UnlockOSThread()
	switch {
	case url != "":
		if err := buildWatch(ctx, o); err != nil {
			return err
		}
		return runWatch(ctx, o, url, args)
	case o.targetKubeconfig != "":
		return watchOwnCluster(ctx, o, service, args)
	}
	if !built(o) {
		return errors.New("watch: there is no local environment; start it with: make up; or set TARGET_KUBECONFIG for your own cluster")
	}
	address, err := newEngine(o).clusterIP(ctx, service)
	if err != nil {
		return err
	}
	if err := buildWatch(ctx, o); err != nil {
		return err
	}
	return runWatch(ctx, o, fmt.Sprintf("http://%s:%d", address, service.port), args)
}

// watchOwnCluster shows the models of the user's cluster through a port-forward.
func watchOwnCluster(ctx context.Context, o options, service endpoint, args []string) error {
	kubeconfig, err := filepath.Abs(o.targetKubeconfig)
	if err != nil {
		return err
	}
	if _, err := os.Stat(kubeconfig); err != nil {
		return fmt.Errorf("TARGET_KUBECONFIG: %w; give the path of a kubeconfig file", err)
	}
	o.targetKubeconfig = kubeconfig
	e := newEngine(o)
	if err := e.needKubectl(); err != nil {
		return err
	}
	if _, err := e.clusterIP(ctx, service); err != nil {
		return err
	}
	if err := buildWatch(ctx, o); err != nil {
		return err
	}
	forwarded, err := e.keepForward(ctx, service, forwardPause)
	if err != nil {
		return err
	}
	defer forwarded.end()
	return runWatch(ctx, o, "http://"+forwarded.address, args)
}

// clusterIP returns the address of a Service.
func (e engine) clusterIP(ctx context.Context, service endpoint) (string, error) {
	address, err := e.kubectl(ctx, "--namespace="+service.namespace, "get", "service", service.service, "--ignore-not-found", "--output=jsonpath={.spec.clusterIP}")
	switch {
	case err != nil && e.options.targetKubeconfig != "":
		return "", fmt.Errorf("TARGET_KUBECONFIG: %w", err)
	case err != nil:
		return "", fmt.Errorf("watch: the local environment does not answer; start it with: make up: %w", err)
	case address == "" && e.options.targetKubeconfig != "":
		return "", fmt.Errorf("PROMETHEUS: the Service %s does not exist in the cluster; want NAMESPACE/SERVICE:PORT of its Prometheus, or a URL", service)
	case address == "":
		return "", fmt.Errorf("PROMETHEUS: the Service %s does not exist; make up without AUTOSCALING=0 starts Prometheus", service)
	}
	return address, nil
}

// buildWatch builds the program, and shows its progress if that takes time.
func buildWatch(ctx context.Context, o options) error {
	p := newProgress(buildSteps(o, []program{watchProgram}))
	defer p.close()
	p.begin(0)
	defer p.pause()
	return build(ctx, o, watchProgram, p)
}

// runWatch runs the program until it ends. The user's interrupt ends it without an error.
func runWatch(ctx context.Context, o options, prometheus string, args []string) error {
	cmd := exec.CommandContext(ctx, watchProgram.path(o.layout), append([]string{"--prometheus=" + prometheus}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	interruptGently(cmd)
	orphan.Signal(cmd, syscall.SIGTERM)
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == 1 {
			return errReported
		}
		return fmt.Errorf("watch: %w", err)
	}
	return nil
}

// pageSteps returns the steps that build and serve the page with the dashboards, which needs the
// Prometheus of the cluster.
func pageSteps(o options, e engine) ([]step, error) {
	enabled, err := o.wantsControllers()
	if err != nil || !enabled {
		return nil, err
	}
	return append(buildSteps(o, []program{watchProgram}), step{name: "serve the dashboards", cost: 4, serial: true, do: func(ctx context.Context, p *progress) error {
		address, err := e.servePage(ctx)
		if err != nil {
			return err
		}
		p.note("The dashboards of the last hour: http://%s/", address)
		return nil
	}}), nil
}

// servePage runs the program watch on the cluster, in its current build, and returns the address
// of its page.
func (e engine) servePage(ctx context.Context) (string, error) {
	program := watchProgram.path(e.options.layout)
	content, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	reference := "localhost/vllm-eks/watch:" + hex.EncodeToString(sum[:6])
	running, err := e.kubectl(ctx, "--namespace="+statuspage.Namespace, "get", statuspage.Workload, "--ignore-not-found", "--output=jsonpath={.spec.template.spec.containers[0].image}")
	if err != nil {
		return "", err
	}
	if running != reference {
		if err := runKube(ctx, e.options, "image", reference, program); err != nil {
			return "", err
		}
	}
	if err := applyObjects(ctx, e, statuspage.Manifests(reference)); err != nil {
		return "", err
	}
	if _, err := e.kubectl(ctx, "--namespace="+statuspage.Namespace, "rollout", "status", statuspage.Workload, "--timeout=2m"); err != nil {
		return "", err
	}
	return e.clusterIP(ctx, endpoint{namespace: statuspage.Namespace, service: statuspage.Service, port: 80})
}
