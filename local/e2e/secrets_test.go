//go:build cluster

package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// needles returns the forms of a secret in a file: in clear, and inside base64 at each of the
// three alignments.
func needles(secret string) [][]byte {
	found := [][]byte{[]byte(secret)}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		// The characters at both ends also depend on the neighbouring bytes.
		found = append(found, []byte(encoded[4:len(encoded)-4]))
	}
	return found
}

// canaries begin with the part that a message may show.
var canaries = map[string][][]byte{
	apiKeyCanary[:12]: needles(apiKeyCanary),
	tokenCanary[:12]:  needles(tokenCanary),
}

// holds returns the canary in the content, or "".
func holds(content []byte) string {
	for name, forms := range canaries {
		for _, form := range forms {
			if bytes.Contains(content, form) {
				return name
			}
		}
	}
	return ""
}

// testSecretsStaySecret searches the canaries in everything that the deployment wrote. The
// search in the Secret objects proves that it can find them.
func testSecretsStaySecret(t *testing.T, s *stack, arguments *argumentWatch) {
	seen := arguments.seen(t)
	if !strings.Contains(seen, "pulumi up --yes") || !strings.Contains(seen, "Qwen/Qwen2.5-7B") {
		t.Errorf("neither an update nor a replica was among the processes: the search proves nothing\n%s", seen)
	}
	places := map[string]string{
		"the arguments of every process": seen,
		"stack export":                   s.state(),
		"preview":                        s.pulumi("preview", "--diff", "--stack="+stackName),
		"outputs":                        s.pulumi("stack", "output", "--json", "--stack="+stackName),
		"replica logs":                   kubectl(t, "--namespace="+testSpace, "logs", "--selector=app.kubernetes.io/name=vllm", "--tail=-1"),
	}
	for kind := range strings.FieldsSeq(kubectl(t, "api-resources", "--verbs=list", "--output=name")) {
		if kind != "secrets" {
			places["objects: "+kind] = kubectl(t, "get", kind, "--all-namespaces", "--output=yaml", "--show-managed-fields")
		}
	}
	for place, content := range places {
		if secret := holds([]byte(content)); secret != "" {
			t.Errorf("%s: %s…", place, secret)
		}
	}
	// The last folder contains the two before it, which must not be empty.
	for _, dir := range []string{s.dir, s.layout.Pulumi(), s.layout.Kube("logs"), s.layout.Kube("etcd"), s.layout.Kube()} {
		searchFiles(t, s.layout, dir)
	}
	secrets := kubectl(t, "--namespace="+testSpace, "get", "secrets", "--output=yaml")
	for _, secret := range []string{apiKeyCanary, tokenCanary} {
		if !strings.Contains(secrets, base64.StdEncoding.EncodeToString([]byte(secret))) {
			t.Errorf("no Secret object holds %s…: the search above proves nothing", secret[:12])
		}
	}
}

// searchFiles searches every file below a folder.
func searchFiles(t *testing.T, l layout.Layout, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if path == l.Kube("ns") {
			return fs.SkipDir // namespaces cannot be read
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the running cluster changes files
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		files++
		if secret := holds(content); secret != "" {
			expectRuntimeRecord(t, l, path, secret)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%s: %d files, %v", dir, files, err)
	}
}

// expectRuntimeRecord allows the one place where a secret must be in clear: containerd's and
// runc's record of a container's environment. Only root can read it, as on every node.
func expectRuntimeRecord(t *testing.T, l layout.Layout, path, secret string) {
	t.Helper()
	below := func(dir string) bool { return strings.HasPrefix(path, dir+string(filepath.Separator)) }
	if !below(l.Kube("run")) && (!below(l.Kube("containerd")) || filepath.Base(path) != "meta.db") {
		t.Errorf("%s: %s…", path, secret)
		return
	}
	t.Logf("a record of the container runtime, as expected: %s", path)
	for dir, closed := range map[string]fs.FileMode{
		l.State():            0o077,
		l.Kube():             0o077,
		l.Kube("containerd"): 0o066, // containerd lets others traverse, but not list
		l.Kube("run"):        0o066,
	} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&closed != 0 {
			t.Errorf("%s is open to others (%s), and holds a secret", dir, info.Mode())
		}
	}
}
