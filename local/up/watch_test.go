package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

func TestPrometheusOption(t *testing.T) {
	for value, want := range map[string]struct {
		service endpoint
		url     string
		err     string
	}{
		"":                            {service: endpoint{"monitoring", "kps-prometheus", 9090}},
		"observability/prom-a:80":     {service: endpoint{"observability", "prom-a", 80}},
		"https://prometheus.example/": {url: "https://prometheus.example/"},
		"prometheus:9090":             {err: "PROMETHEUS: "},
		"a/b:c":                       {err: "PROMETHEUS: "},
		"a/-n b:80":                   {err: "PROMETHEUS: "},
	} {
		service, url, err := options{prometheusAddress: value}.prometheus()
		if service != want.service || url != want.url || (err != nil) != (want.err != "") || err != nil && !strings.HasPrefix(err.Error(), want.err) {
			t.Errorf("%q is %v, %q, %v, want %v", value, service, url, err, want)
		}
	}
}

func TestWatchArguments(t *testing.T) {
	for page, want := range map[string]string{
		"": "--model=chat --serve=false", "0": "--model=chat --serve=false", "1": "--model=chat --serve=true",
		"models.html": "--model=chat --file=models.html", "models": "PAGE: ",
	} {
		args, err := options{page: page, model: "chat"}.watchArguments()
		if got := strings.Join(args, " "); err == nil && got != want || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("PAGE=%s: got %q, %v, want %s", page, got, err, want)
		}
	}
}

func TestWatchWithoutEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		options options
		want    string
	}{
		"local":      {options{}, "watch: there is no local environment; start it with: make up"},
		"kubeconfig": {options{targetKubeconfig: "/does/not/exist"}, "TARGET_KUBECONFIG: "},
		"page":       {options{page: "x"}, "PAGE: "},
		"prometheus": {options{prometheusAddress: "x"}, "PROMETHEUS: "},
	} {
		test.options.layout = layout.Layout{Root: t.TempDir()}
		if err := watch(t.Context(), test.options); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", name, err, test.want)
		}
	}
}

// fakeKubectl returns an engine whose kubectl is a script.
func fakeKubectl(t *testing.T, o options, script string) engine {
	t.Helper()
	o.layout = layout.Layout{Root: t.TempDir()}
	path := o.layout.Bin("kubectl")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return newEngine(o)
}

func TestClusterIP(t *testing.T) {
	if got, err := fakeKubectl(t, options{}, `echo "$@"`).clusterIP(t.Context(), defaultPrometheus); err != nil || !strings.HasPrefix(got, "--namespace=monitoring get service kps-prometheus ") {
		t.Errorf("got %q, %v", got, err)
	}
	for name, test := range map[string]struct {
		options options
		script  string
		want    string
	}{
		"stopped":              {options{}, "echo refused >&2; exit 1", "watch: the local environment does not answer"},
		"without autoscaling":  {options{}, "", "PROMETHEUS: the Service monitoring/kps-prometheus:9090 does not exist; make up without AUTOSCALING=0"},
		"own cluster":          {options{targetKubeconfig: "x"}, "", "PROMETHEUS: the Service monitoring/kps-prometheus:9090 does not exist in the cluster"},
		"own cluster, refused": {options{targetKubeconfig: "x"}, "exit 1", "TARGET_KUBECONFIG: "},
	} {
		if _, err := fakeKubectl(t, test.options, test.script).clusterIP(t.Context(), defaultPrometheus); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", name, err, test.want)
		}
	}
}

// portForward is a kubectl that writes its arguments to a file, and ends when another file exists.
const portForward = `
folder=$(dirname "$0")
echo "$@" >>"$folder/arguments"
echo "Forwarding from 127.0.0.1:4321 -> 9090"
while [ ! -e "$folder/end" ]; do sleep 0.02; done
rm "$folder/end"
`

func TestKeepForward(t *testing.T) {
	e := fakeKubectl(t, options{}, portForward)
	folder := filepath.Dir(e.options.layout.Bin("kubectl"))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	f, err := e.keepForward(ctx, defaultPrometheus, time.Millisecond)
	if err != nil || f.address != "127.0.0.1:4321" {
		t.Fatalf("the address is %q, %v", f.address, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const arguments = "--namespace=monitoring port-forward --address=127.0.0.1 service/kps-prometheus "
	want := []string{arguments + ":9090", arguments + "4321:9090"}
	for {
		text, err := os.ReadFile(filepath.Join(folder, "arguments"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(strings.TrimSpace(string(text)), "\n"); slices.Equal(got, want) {
			break
		} else if ctx.Err() != nil {
			t.Fatalf("the port-forwards are %q, want %q", got, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.end()
	if ctx.Err() != nil {
		t.Error("the port-forward does not end")
	}
}

func TestForwardFails(t *testing.T) {
	e := fakeKubectl(t, options{}, "echo no pods >&2; exit 1")
	if _, err := e.keepForward(t.Context(), defaultPrometheus, time.Millisecond); err == nil || err.Error() != "kubectl port-forward: no pods" {
		t.Errorf("the error is %v", err)
	}
}
