package upgrades

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the root of the checkout.
const root = "../.."

// TestEveryReleaseHasItsState holds that each release of CHANGELOG.md has a stored state, and no
// other version.
func TestEveryReleaseHasItsState(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections, err := Sections(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range slices.Backward(sections) {
		if s.Version != Unreleased {
			want = append(want, s.Version)
		}
	}
	got, err := Releases(root)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s has %q, %v, and CHANGELOG.md has %q; CONTRIBUTING.md has the command that stores the state of a release", Folder, got, err, want)
	}
}

// TestStoredStates holds that the stored files come from no machine: no path, no time, and no
// secret in clear. The passphrase of simulations is public, and so are their secrets.
func TestStoredStates(t *testing.T) {
	versions, err := Releases(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(versions) == 0 {
		t.Fatal("there is no release")
	}
	foreign := regexp.MustCompile(`/\.local/[^"]*|"(?:created|modified|time)": "2|simulated-secret|canary`)
	resources := map[string]int{}
	for _, version := range versions {
		r := In(root, version)
		names, err := r.Stacks()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			state, err := r.State(name, "/simulation")
			if err != nil {
				t.Fatal(err)
			}
			var parsed struct {
				Deployment struct {
					Resources []struct{ URN string }
				}
			}
			if err := json.Unmarshal(state, &parsed); err != nil {
				t.Errorf("%s %s: %v", version, name, err)
			}
			resources[name] = len(parsed.Deployment.Resources)
			if found := foreign.FindAllString(string(state), 3); found != nil {
				t.Errorf("%s %s: the state has %q", version, name, found)
			}
		}
	}
	for name, least := range map[string]int{"dev": 100, "prod": 100, "local": 15, "existing-cluster": 10} {
		if resources[name] < least {
			t.Errorf("the state of %s has %d resources, want at least %d", name, resources[name], least)
		}
	}
}

func TestLast(t *testing.T) {
	for _, test := range []struct {
		stored        []string
		version, want string
	}{
		{[]string{"v0.1.0"}, Unreleased, "v0.1.0"},
		{[]string{"v0.1.0"}, "v0.1.0", "v0.1.0"}, // the first release
		{[]string{"v0.9.0", "v0.10.0"}, Unreleased, "v0.10.0"},
		{[]string{"v0.9.0", "v0.10.0"}, "v0.10.0", "v0.9.0"},
		{[]string{"v0.9.0", "v0.10.0"}, "v0.11.0", "v0.10.0"},
		{[]string{"v0.9.0"}, "v0.8.0", ""},
		{nil, Unreleased, ""},
	} {
		got, err := Last(test.stored, test.version)
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%v, %s: got %q, %v, want %q", test.stored, test.version, got, err, test.want)
		}
	}
}

const export = `{"version": 3, "deployment": {"manifest": {"time": "2026-11-30T02:00:00Z", "magic": "m"},
	"resources": [{"urn": "a", "created": "2026-11-30T02:00:00Z", "modified": "2026-11-30T02:00:00Z", "inputs": {"kubeconfig": "/somewhere/kubeconfig", "created": "kept"}}]}}`

func TestStoreAndRestore(t *testing.T) {
	checkout, from, to := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(from, "account"), 0o700); err != nil {
		t.Fatal(err)
	}
	content := map[string]string{"account.json": `{"vpc": "1"}`, "items.json": `["balancer"]`}
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(from, "account", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := In(checkout, "v0.1.0")
	exported := strings.ReplaceAll(export, "/somewhere", from)
	for range 2 { // a second recording replaces the first
		if err := r.Store("dev", map[string][]byte{"Pulumi.dev.yaml": []byte("config: {}\n")}, []byte(exported), from); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := r.Stacks(); err != nil || !slices.Equal(names, []string{"dev"}) {
		t.Errorf("got %q, %v", names, err)
	}
	state, err := r.State("dev", "/elsewhere")
	want := `{"deployment":{"manifest":{"magic":"m"},"resources":[{"inputs":{"created":"kept","kubeconfig":"/elsewhere/kubeconfig"},"urn":"a"}]},"version":3}`
	if got := regexp.MustCompile(`\s`).ReplaceAllString(string(state), ""); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if err := r.RestoreAccount("dev", to); err != nil {
		t.Fatal(err)
	}
	for name, text := range content {
		if got, err := os.ReadFile(filepath.Join(to, "account", name)); err != nil || string(got) != text {
			t.Errorf("%s is %s, %v, want %s", name, got, err, text)
		}
	}
	if err := r.Store("dev", nil, []byte(`{"deployment": {}}`), from); err == nil || err.Error() != "dev: the state: has no resources" {
		t.Errorf("an empty state: %v", err)
	}
}

func TestReleasesAreVersions(t *testing.T) {
	checkout := t.TempDir()
	for _, name := range []string{"v0.10.0", "v0.9.0"} {
		if err := os.MkdirAll(filepath.Join(checkout, Folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Releases(checkout); err != nil || !slices.Equal(got, []string{"v0.9.0", "v0.10.0"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.Mkdir(filepath.Join(checkout, Folder, "latest"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Releases(checkout); err == nil || !strings.Contains(err.Error(), Folder+"/latest: is not the version of a release") {
		t.Errorf("got %v", err)
	}
}
