package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// project writes a project with one stack, and returns the path of the stack's file.
func project(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	for file, content := range map[string]string{"Pulumi.yaml": "name: llm\nruntime: go\n", name: text} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, name)
}

// TestCheckAcceptsTheStacksOfTheRepository checks each stack without an account.
func TestCheckAcceptsTheStacksOfTheRepository(t *testing.T) {
	for _, name := range []string{"dev", "prod", "local"} {
		if err := Check("../Pulumi." + name + ".yaml"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckReportsEveryProblem(t *testing.T) {
	text, err := os.ReadFile("../Pulumi.dev.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := func(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(string(text)) }
	const secret = "\n  vllm-eks:apiKey: {secure: AQID}\n"
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"two problems": {"Pulumi.dev.yaml", changed("maxModelLen: 8192", "maxModelLen: -1", "natGateways: one", "natGateways: two"),
			[]string{"models[0].maxModelLen: ", "network.natGateways: "}},
		"a limit":          {"Pulumi.dev.yaml", changed("maxUsdPerHour: 2 ", "maxUsdPerHour: 0.5 "), []string{"limits.maxUsdPerHour: "}},
		"an unknown key":   {"Pulumi.dev.yaml", string(text) + "\n  vllm-eks:modles: []\n", []string{"modles: "}},
		"no YAML":          {"Pulumi.dev.yaml", "config: [", []string{"STACK-FILE: "}},
		"an odd name":      {"dev.yaml", string(text), []string{"want the path of a file named Pulumi.<stack>.yaml"}},
		"unknown secrets":  {"Pulumi.dev.yaml", string(text) + secret, nil},
		"secrets and more": {"Pulumi.dev.yaml", changed("min: 0", "min: -1") + secret, []string{"nodeGroups[0].min: "}},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(project(t, c.file, c.text))
			if len(c.want) == 0 {
				if err != nil {
					t.Errorf("got %v, want no problem", err)
				}
				return
			}
			if err == nil {
				t.Fatalf("no problem, want %q", c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		})
	}
	if err := Check(filepath.Join(t.TempDir(), "Pulumi.dev.yaml")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("without a file: %v", err)
	}
}
