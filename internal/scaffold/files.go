package scaffold

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Folder is the folder of the template in the repository.
const Folder = "template"

// module is the Go module of this repository. Its repository has the same name.
const module = "github.com/vllm-eks/vllm-eks"

// versionFile holds the version of the Pulumi CLI, which workflows install.
const versionFile = ".pulumi.version"

// Files returns the derived files of the template by their path in it, except go.mod and
// go.sum. root is the folder of the repository.
func Files(root string) (map[string]string, error) {
	release, err := Release(root)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, name := range []string{"dev", "prod", "local"} {
		path := "Pulumi." + name + ".yaml"
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		if files[path], err = stackFile(path, string(text), release); err != nil {
			return nil, err
		}
	}
	pulumi, err := requirement(root, "github.com/pulumi/pulumi/sdk/v3")
	if err != nil {
		return nil, err
	}
	files[versionFile] = strings.TrimPrefix(pulumi, "v") + "\n"
	return files, withPins(root, strings.TrimPrefix(pulumi, "v"), files)
}

// released matches the heading of a release in the changelog.
var released = regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)\b`)

// Release returns the latest release in the changelog, such as v0.1.0.
func Release(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return "", err
	}
	found := released.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("CHANGELOG.md: has no heading of a release, such as ## 0.1.0")
	}
	return "v" + string(found[1]), nil
}

// requirement returns the version of a module in the repository's go.mod.
func requirement(root, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(name) + ` (v\S+)`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("go.mod: does not require %s", name)
	}
	return string(found[1]), nil
}

// document matches a page of the documentation that a comment names.
var document = regexp.MustCompile(`\b(docs/[a-z]+\.md)\b`)

// changes are the differences between a stack's file in the repository and in the
// template, by the name of the file: old, new, ….
var changes = map[string][]string{
	"Pulumi.dev.yaml":  {"named <project>-<stack>: vllm-eks-dev.", "named <project>-<stack>."},
	"Pulumi.prod.yaml": {"named <project>-<stack>: vllm-eks-prod.", "named <project>-<stack>."},
	"Pulumi.local.yaml": {
		"# The stack of `make up`: the embedded Kubernetes, with a simulator instead of vLLM\n# and its GPU. Everything else is the same as in the other stacks.\n",
		"# A first stack, without AWS and without a GPU: the embedded Kubernetes of a clone of\n# https://" + module + ", with a simulator instead of vLLM and its GPU.\n" +
			"# For a cluster of your own with GPUs, set its context and your gpu.type, and remove\n# image, resources and env. Workflows ignore this stack.\n",
		"# The salt below and its passphrase (`make env`) are public: only the permissions of\n# the local state protect it. Put no real secret into this stack.\nencryptionsalt: v1:CSRKpIBZiwk=:v1:vITC9RtYlu9m2ess:LCyW6AGh7yEoPwydY3EjOiNBHLSNew==\n", "",
		"  - name: inference\n", "  - name: trial # beside the models of `make up`, which have inference\n",
	},
}

// stackFile returns the file of a stack for the template.
func stackFile(path, text, release string) (string, error) {
	at := "https://" + module + "/blob/" + release + "/"
	replace := append([]string{
		"$schema=docs/", "$schema=https://raw.githubusercontent.com/" + strings.TrimPrefix(module, "github.com/") + "/" + release + "/docs/",
	}, changes[path]...)
	for i := 0; i < len(replace); i += 2 {
		if strings.Count(text, replace[i]) != 1 {
			return "", fmt.Errorf("%s: has not exactly one %q; adapt the changes of internal/scaffold", path, replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines[1:] { // the first line names the schema
		lines[i+1] = document.ReplaceAllString(line, at+"$1")
	}
	return strings.Join(lines, ""), nil
}
