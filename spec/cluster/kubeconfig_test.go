package cluster_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
)

// kubeconfig writes a file with the contexts a and b of one cluster each, and returns
// its path.
func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
  - {name: one, cluster: {server: %q, certificate-authority-data: b25l}}
  - {name: two, cluster: {server: "https://two.invalid", proxy-url: "http://proxy.invalid"}}
contexts:
  - {name: b, context: {cluster: two, user: me}}
  - {name: a, context: {cluster: one, user: me}}
  - {name: broken, context: {cluster: three, user: me}}
users: [{name: me, user: {token: canary-8c1d}}]
`, server))
	return file
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAMissingKubeconfigOrContextIsRefused covers files and contexts that the provider
// takes for a cluster that does not answer, and goes on.
func TestAMissingKubeconfigOrContextIsRefused(t *testing.T) {
	folder := t.TempDir()
	good, none, garbage := kubeconfig(t, "https://one.invalid"), filepath.Join(folder, "none"), filepath.Join(folder, "garbage")
	write(t, garbage, "token: [canary-8c1d\n")
	for name, test := range map[string]struct {
		existing    cluster.Existing
		environment string
		want        string   // the key and the kind of the problem
		names       []string // in its message
	}{
		"no such file":              {cluster.Existing{Context: "a", Kubeconfig: none}, "", "c.existing.kubeconfig: invalid", []string{none, `"a"`}},
		"no file of the variable":   {cluster.Existing{Context: "a"}, none + ":" + none + "2", "c.existing.kubeconfig: invalid", []string{none + ", " + none + "2", "KUBECONFIG"}},
		"no file at all":            {cluster.Existing{Context: "a"}, "", "c.existing.kubeconfig: invalid", []string{filepath.Join(folder, ".kube", "config"), "default"}},
		"another kind of file":      {cluster.Existing{Context: "a", Kubeconfig: garbage}, "", "c.existing.kubeconfig: invalid", []string{garbage, "is not the YAML"}},
		"a folder":                  {cluster.Existing{Context: "a", Kubeconfig: folder}, "", "c.existing.kubeconfig: invalid", []string{folder}},
		"no such context":           {cluster.Existing{Context: "A", Kubeconfig: good}, "", "c.existing.context: not supported", []string{`"A"`, good, "a, b, broken"}},
		"a context without cluster": {cluster.Existing{Context: "broken", Kubeconfig: good}, "", "c.existing.context: invalid", []string{`"three"`, good}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", folder)
			t.Setenv("KUBECONFIG", test.environment)
			_, err := cluster.Locate(test.existing, field.NewPath("c", "existing"))
			if got := problemstest.Kinds(err); !slices.Equal(got, []string{test.want}) {
				t.Fatalf("the problems are %q, want %s; the error is %v", got, test.want, err)
			}
			for _, part := range test.names {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not name %s", err, part)
				}
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%q repeats a credential", err)
			}
		})
	}
}

func TestTheContextsClusterIsFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // it may be closed already
	server := "https://" + listener.Addr().String()
	t.Setenv("NO_PROXY", "127.0.0.1")
	file := kubeconfig(t, server)
	primary := filepath.Join(t.TempDir(), "first")
	write(t, primary, "contexts: [{name: own, context: {cluster: one}}]")
	for name, test := range map[string]struct {
		context, server, ca string
	}{
		"by its certificate authority":      {"a", server, "7692c3ad3540bb80"},
		"behind a proxy":                    {"b", "https://two.invalid", ""},
		"a cluster of another file's entry": {"own", server, "7692c3ad3540bb80"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", primary+":"+file)
			got, err := cluster.Locate(cluster.Existing{Context: test.context}, field.NewPath("c"))
			if want := (cluster.Location{Server: test.server, CA: test.ca}); err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
	t.Run("that does not answer", func(t *testing.T) {
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := cluster.Locate(cluster.Existing{Context: "a", Kubeconfig: file}, field.NewPath("c"))
		if err != nil || !strings.Contains(got.Unreachable, "refused") {
			t.Errorf("got %+v, %v, want a location that cannot be reached", got, err)
		}
	})
}

func TestSameCluster(t *testing.T) {
	for name, test := range map[string]struct {
		a, b cluster.Location
		want bool
	}{
		"at another address":               {cluster.Location{Server: "a", CA: "x"}, cluster.Location{Server: "b", CA: "x"}, true},
		"another behind the same tunnel":   {cluster.Location{Server: "a", CA: "x"}, cluster.Location{Server: "a", CA: "y"}, false},
		"without an authority":             {cluster.Location{Server: "a"}, cluster.Location{Server: "a", CA: "y"}, true},
		"without an authority, and other":  {cluster.Location{Server: "a"}, cluster.Location{Server: "b"}, false},
		"that cannot be reached right now": {cluster.Location{Server: "a", CA: "x"}, cluster.Location{Server: "a", CA: "x", Unreachable: "away"}, true},
	} {
		if got := test.a.SameCluster(test.b); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
