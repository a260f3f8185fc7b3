package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// fakePrograms creates a folder with programs that print a version.
func fakePrograms(t *testing.T, version string, names ...string) string {
	t.Helper()
	return fakeProgramsIn(t, t.TempDir(), version, names...)
}

func fakeProgramsIn(t *testing.T, dir, version string, names ...string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho "+version+"\n"), 0o700); err != nil { //nolint:gosec // it must be executable
			t.Fatal(err)
		}
	}
	return dir
}

// nothingInstalled hides every Pulumi installation of this machine.
func nothingInstalled(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SUDO_USER", "")
	t.Setenv("PULUMI_HOME", "")
}

func names(e engine) []string {
	var names []string
	for _, p := range e.programs {
		names = append(names, p.name)
	}
	return names
}

func TestInstalledProgramsAreNotBuilt(t *testing.T) {
	withPlugin := t.TempDir()
	fakeProgramsIn(t, filepath.Join(withPlugin, "plugins", kubernetesPlugin), "", "pulumi-resource-kubernetes")
	both := []string{"pulumi", "pulumi-language-go"}
	inHome := t.TempDir()
	fakeProgramsIn(t, filepath.Join(inHome, ".pulumi", "bin"), "v3.259.0", both...)
	linked := t.TempDir()
	if err := os.Symlink(filepath.Join(inHome, ".pulumi", "bin", "pulumi"), filepath.Join(linked, "pulumi")); err != nil {
		t.Fatal(err)
	}
	standIns := []string{"pulumi-language-go"}
	everything := []string{"pulumi", "pulumi-language-go", "pulumi-resource-kubernetes", "stack"}
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	for _, c := range []struct {
		name, path, home, pulumiHome string
		built                        []string
		standIns                     []string
		note                         string
	}{
		{"nothing installed", "", "", "", everything, standIns, ""},
		{"pulumi and its plugin", fakePrograms(t, "v3.259.0", both...), "", withPlugin, []string{"stack"}, nil, ""},
		{"pulumi without the plugin", fakePrograms(t, "v3.200.0", both...), "", "",
			[]string{"pulumi-resource-kubernetes", "stack"}, nil, ""},
		{"pulumi without the language host", fakePrograms(t, "v3.259.0", "pulumi"), "", "", everything[1:], standIns, ""},
		{"as Pulumi's installer leaves it", "", inHome, "", everything[2:], nil, ""},
		{"a link to it", linked, "", "", everything[2:], nil, ""},
		{"too old", fakePrograms(t, "v3.99.0", both...), "", withPlugin,
			[]string{"pulumi", "pulumi-language-go", "stack"}, standIns, "is v3.99.0, older than v3.200.0"},
		{"broken", fakePrograms(t, "oops", both...), "", withPlugin,
			[]string{"pulumi", "pulumi-language-go", "stack"}, standIns, "does not run here"},
		{"too old, with another", fakePrograms(t, "v3.99.0", both...), inHome, withPlugin, []string{"stack"}, nil, ""},
	} {
		nothingInstalled(t)
		for name, value := range map[string]string{"PATH": c.path, "HOME": c.home, "PULUMI_HOME": c.pulumiHome} {
			if value != "" {
				t.Setenv(name, value)
			}
		}
		e := findEngine(context.Background(), o)
		if got := names(e); !slices.Equal(got, c.built) || !slices.Equal(e.standIns, c.standIns) {
			t.Errorf("%s: builds %v with stand-ins %v, want %v and %v", c.name, got, e.standIns, c.built, c.standIns)
		}
		if notes := strings.Join(e.notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
			t.Errorf("%s: notes %q, want %q", c.name, notes, c.note)
		}
	}
}

// TestOnlyTestsBuildTheYAMLHost holds that make up does not build the host, and links an
// installed one.
func TestOnlyTestsBuildTheYAMLHost(t *testing.T) {
	tests := []struct {
		name      string
		installed []string
		built     bool
	}{
		{"installed", []string{"pulumi", "pulumi-language-go", "pulumi-language-yaml"}, false},
		{"missing", []string{"pulumi", "pulumi-language-go"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			nothingInstalled(t)
			t.Setenv("PATH", fakePrograms(t, "v3.259.0", test.installed...))
			o := options{layout: layout.Layout{Root: t.TempDir()}}
			e := findEngine(context.Background(), o)
			if e.builds(yamlHost) {
				t.Error("make up builds it")
			}
			if got := e.forTests().builds(yamlHost); got != test.built {
				t.Errorf("tests build it: %t, want %t", got, test.built)
			}
			if err := e.prepare(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Readlink(o.layout.Bin(yamlHost.name)); (err == nil) == test.built {
				t.Errorf("the link: %v", err)
			}
		})
	}
}

// TestAnInstalledPulumiIsLinked holds that an installation that sudo hides from PATH is
// linked at the path of the built program, and that a build does not write through the
// link.
func TestAnInstalledPulumiIsLinked(t *testing.T) {
	nothingInstalled(t)
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	dir := fakePrograms(t, "v3.259.0", "pulumi", "pulumi-language-go")
	t.Setenv("PATH", dir)
	for range 2 {
		if err := findEngine(context.Background(), o).prepare(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"pulumi", "pulumi-language-go"} {
			if target, err := os.Readlink(o.layout.Bin(name)); err != nil || target != filepath.Join(dir, name) {
				t.Errorf("%s: links to %q, %v", name, target, err)
			}
		}
	}
	t.Setenv("PATH", filepath.Dir(o.layout.Bin("x")))
	e := findEngine(context.Background(), o)
	if !e.builds(pulumiCLI) {
		t.Error("our own link counts as installed")
	}
	if err := e.prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(o.layout.Bin("pulumi")); !os.IsNotExist(err) {
		t.Errorf("the link to a pulumi that is gone: %v", err)
	}
	if err := os.WriteFile(o.layout.Bin("pulumi"), []byte("built"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.prepare(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(o.layout.Bin("pulumi")); err != nil || string(content) != "built" {
		t.Errorf("what was built is gone: %q, %v", content, err)
	}
}

func TestTheBuiltPluginStepsAsideForTheUsers(t *testing.T) {
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	users := t.TempDir()
	nothingInstalled(t)
	t.Setenv("PULUMI_HOME", users)
	if err := findEngine(context.Background(), o).prepare(); err != nil {
		t.Fatal(err)
	}
	built := kubernetesProvider.path(o.layout)
	if err := os.MkdirAll(filepath.Dir(built), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(built, []byte("built"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PULUMI_HOME", o.layout.Pulumi("home")) // as after eval "$(make env)": not the user's
	if e := findEngine(context.Background(), o); !e.builds(kubernetesProvider) {
		t.Error("the plugin that was built counts as the user's")
	}
	real := filepath.Join(users, "plugins", kubernetesPlugin)
	fakeProgramsIn(t, real, "real", "pulumi-resource-kubernetes")
	t.Setenv("PULUMI_HOME", users)
	for range 2 {
		if err := findEngine(context.Background(), o).prepare(); err != nil {
			t.Fatal(err)
		}
		if content, err := os.ReadFile(built); err != nil || !strings.Contains(string(content), "real") {
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
	if err := findEngine(context.Background(), o).prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(built); !os.IsNotExist(err) {
		t.Errorf("the link to a plugin that is gone: %v", err)
	}
}

func TestEnvironmentKeepsTheUsersPulumi(t *testing.T) {
	nothingInstalled(t)
	users := t.TempDir()
	t.Setenv("PULUMI_HOME", users)
	t.Setenv("PULUMI_BACKEND_URL", "s3://the-teams-state")
	o := options{layout: layout.Layout{Root: t.TempDir()}}
	e := findEngine(context.Background(), o)
	if err := e.prepare(); err != nil {
		t.Fatal(err)
	}
	env := e.pulumi(context.Background(), "up").Environ() // the last of each name counts
	values := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	for _, name := range []string{"PULUMI_HOME", "PULUMI_BACKEND_URL", "KUBECONFIG"} {
		if !strings.Contains(values[name], o.layout.State()) {
			t.Errorf("%s=%s lies outside %s", name, values[name], o.layout.State())
		}
	}
	if entries, err := os.ReadDir(users); err != nil || len(entries) > 0 {
		t.Errorf("the user's home: %v, %v", entries, err)
	}
}
