package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// program puts an executable file of that name into a new folder.
func fakeProgram(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // it must be executable
			t.Fatal(err)
		}
	}
	return dir
}

func names(e engine) []string {
	var names []string
	for _, p := range e.programs {
		names = append(names, p.name)
	}
	return names
}

func TestWhatIsInstalledIsNotBuilt(t *testing.T) {
	withPlugin := t.TempDir()
	if err := os.MkdirAll(filepath.Join(withPlugin, "plugins", kubernetesPlugin), 0o700); err != nil {
		t.Fatal(err)
	}
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	for _, c := range []struct {
		name, path, pulumiHome string
		built                  []string
		standIns               []string
	}{
		{"nothing installed", t.TempDir(), t.TempDir(),
			[]string{"pulumi", "pulumi-language-go", "pulumi-resource-kubernetes", "stack"}, []string{"pulumi-language-go", "pulumi-resource-kubernetes"}},
		{"pulumi and its plugin", fakeProgram(t, "pulumi", "pulumi-language-go"), withPlugin, []string{"stack"}, nil},
		{"pulumi without the plugin", fakeProgram(t, "pulumi", "pulumi-language-go"), t.TempDir(),
			[]string{"pulumi-resource-kubernetes", "stack"}, []string{"pulumi-resource-kubernetes"}},
	} {
		t.Setenv("PATH", c.path)
		t.Setenv("PULUMI_HOME", c.pulumiHome)
		e := findEngine(o)
		if got := names(e); !slices.Equal(got, c.built) || !slices.Equal(e.standIns, c.standIns) {
			t.Errorf("%s: builds %v with stand-ins %v, want %v and %v", c.name, got, e.standIns, c.built, c.standIns)
		}
	}
}

func TestThePluginStepsAsideForTheRealOne(t *testing.T) {
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	users := t.TempDir()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	t.Setenv("PULUMI_HOME", users)
	if err := findEngine(o).prepare(); err != nil {
		t.Fatal(err)
	}
	standIn := kubernetesStandIn.path(o.layout)
	if err := os.MkdirAll(filepath.Dir(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(standIn, []byte("stand-in"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PULUMI_HOME", o.layout.Pulumi("home")) // as after eval "$(make env)": not the user's
	if e := findEngine(o); !e.builds(kubernetesStandIn) {
		t.Error("our own stand-in counts as the real plugin")
	}
	real := filepath.Join(users, "plugins", kubernetesPlugin)
	if err := os.MkdirAll(real, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(real, "pulumi-resource-kubernetes"), []byte("real"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PULUMI_HOME", users)
	for range 2 {
		if err := findEngine(o).prepare(); err != nil {
			t.Fatal(err)
		}
		if content, err := os.ReadFile(standIn); err != nil || string(content) != "real" {
			t.Errorf("the engine's plugin: %q, %v", content, err)
		}
		// The engine passes over a plugin folder that is a link.
		if info, err := os.Lstat(pluginFolder(o.layout)); err != nil || !info.IsDir() {
			t.Errorf("the plugin's folder: %v, %v", info, err)
		}
	}
	if err := os.RemoveAll(real); err != nil {
		t.Fatal(err)
	}
	if err := findEngine(o).prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(standIn); !os.IsNotExist(err) {
		t.Errorf("the link to a plugin that is gone: %v", err)
	}
}

func TestOurOwnProgramsDoNotCountAsInstalled(t *testing.T) {
	dir := fakeProgram(t, "pulumi")
	t.Setenv("PATH", dir)
	if path, err := lookPathOutside("pulumi", dir); err == nil {
		t.Errorf("found %s", path)
	}
}

func TestTheUsersPulumiIsNeverTouched(t *testing.T) {
	users := t.TempDir()
	t.Setenv("PULUMI_HOME", users)
	t.Setenv("PULUMI_BACKEND_URL", "s3://the-teams-state")
	t.Setenv("PATH", t.TempDir())
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	e := findEngine(o)
	if err := e.prepare(); err != nil {
		t.Fatal(err)
	}
	env := e.pulumi(context.Background(), "up").Environ() // the last of each name counts
	last := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		last[name] = value
	}
	for _, name := range []string{"PULUMI_HOME", "PULUMI_BACKEND_URL", "KUBECONFIG"} {
		if !strings.Contains(last[name], o.layout.State()) {
			t.Errorf("%s=%s lies outside %s", name, last[name], o.layout.State())
		}
	}
	if entries, err := os.ReadDir(users); err != nil || len(entries) > 0 {
		t.Errorf("the user's home: %v, %v", entries, err)
	}
}

func TestALockOfARunningUpdateIsKept(t *testing.T) {
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	dir := o.layout.Pulumi("state", ".pulumi", "locks", "organization", "vllm-eks", "local")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := json.Marshal(map[string]any{"pid": os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.json"), lock, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (engine{options: o}).unlock(context.Background(), "local"); err == nil || !strings.Contains(err.Error(), "is updating the stack local") {
		t.Errorf("got %v", err)
	}
	if err := (engine{options: o}).unlock(context.Background(), "other"); err != nil {
		t.Errorf("another stack: %v", err)
	}
}
