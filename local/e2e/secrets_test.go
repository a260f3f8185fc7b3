//go:build cluster

package e2e

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needles are the forms in which a secret would show: in clear, and inside
// base64 text at each of the three alignments.
func needles(secret string) [][]byte {
	found := [][]byte{[]byte(secret)}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		// The characters at both ends mix with whatever stands beside.
		found = append(found, []byte(encoded[4:len(encoded)-4]))
	}
	return found
}

// testSecretsStaySecret looks for the canaries wherever the deployment left
// traces. That it can find them at all is shown on the Secret objects.
func testSecretsStaySecret(t *testing.T, s *stack) {
	places := map[string][]byte{
		"stack export": []byte(s.state()),
		"preview":      []byte(s.pulumi("preview", "--diff", "--stack="+stackName)),
		"outputs":      []byte(s.pulumi("stack", "output", "--json", "--stack="+stackName)),
		"engine logs":  []byte(kubectl(t, "--namespace="+testSpace, "logs", "--selector=app.kubernetes.io/name=vllm", "--tail=-1")),
	}
	processes, err := exec.Command("ps", "-eww", "-o", "args").Output()
	if err != nil {
		t.Fatal(err)
	}
	places["process list"] = processes
	kinds := kubectl(t, "api-resources", "--verbs=list", "--output=name")
	for kind := range strings.FieldsSeq(kinds) {
		if kind != "secrets" {
			places["objects: "+kind] = []byte(kubectl(t, "get", kind, "--all-namespaces", "--output=yaml", "--show-managed-fields"))
		}
	}
	for _, dir := range []string{s.dir, s.layout.Pulumi(), s.layout.Kube("logs"), s.layout.Kube("etcd")} {
		addFiles(t, places, dir)
	}
	for name, content := range places {
		for _, secret := range []string{apiKeyCanary, tokenCanary} {
			for _, needle := range needles(secret) {
				if bytes.Contains(content, needle) {
					t.Errorf("%s holds %s…", name, secret[:12])
				}
			}
		}
	}
	secrets := kubectl(t, "--namespace="+testSpace, "get", "secrets", "--output=yaml")
	for _, secret := range []string{apiKeyCanary, tokenCanary} {
		if !strings.Contains(secrets, base64.StdEncoding.EncodeToString([]byte(secret))) {
			t.Errorf("no Secret object holds %s…: the search above proves nothing", secret[:12])
		}
	}
}

func addFiles(t *testing.T, places map[string][]byte, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		places[path] = content
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%s: %d files, %v", dir, files, err)
	}
}
