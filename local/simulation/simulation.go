// Package simulation runs the real Pulumi engine and the real EKS component on a simulated AWS
// account. It needs no account, root or network. Its files lie in one folder of the checkout;
// it neither reads nor writes the user's.
package simulation

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// The plugins of a program on AWS, by the folder in which the engine looks for them.
// The EKS component requires the AWS provider that its release was built with.
const (
	AWSPlugin        = "resource-aws-v6.83.0"
	bundledAWSPlugin = "resource-aws-v6.45.0"
	eksPlugin        = "resource-eks-v" + EKSVersion
	kubernetesPlugin = "resource-kubernetes-v4.28.0"
)

// EKSVersion is the release of the EKS component that the program requires.
const EKSVersion = "2.8.1"

// passphrase encrypts the secrets of simulated stacks. It is public. So are the
// secrets: each is the same placeholder, "simulated-secret" twice.
const (
	passphrase     = "simulated"
	encryptionSalt = "v1:dmxsbS1la3M=:v1:oNO5Zjx7Zbhi7JDU:73cy4O1+Onmb01O5j+3Y2XGhhMhkpQ=="
	placeholder    = "v1:VkHnw7CUdeCw39c7:UhC4kn7kvBA3NXdQUk+Am/rVlQ+3VjXUWerdPetZm3jctfSKo0VwrIf1dolDFB9DTg=="
)

// plugin returns the path of a plugin's program.
func plugin(l layout.Layout, folder, name string) string {
	return filepath.Join(Home(l), "plugins", folder, name)
}

// Home returns PULUMI_HOME of simulations, which holds only their plugins.
func Home(l layout.Layout) string { return l.Simulation("home") }

// AWSStandIn returns the path of the simulated AWS provider.
func AWSStandIn(l layout.Layout) string { return plugin(l, AWSPlugin, "pulumi-resource-aws") }

// KubernetesStandIn returns the path of the simulated Kubernetes provider.
func KubernetesStandIn(l layout.Layout) string {
	return plugin(l, kubernetesPlugin, "pulumi-resource-kubernetes")
}

// Program returns the path of this repository's program.
func Program(l layout.Layout) string { return l.Simulation("bin", "program") }

// Component returns the folder of the EKS component that npm installs.
func Component(l layout.Layout) string {
	return l.Simulation("eks", "node_modules", "@pulumi", "eks", "cmd", "provider", "index.js")
}

// launcher runs the component. Only the component gets the address of the proxy.
const launcher = `#!/bin/sh
# The EKS component, for a simulation: written by local/simulation.
if [ -z "$VLLM_EKS_SIMULATED_PROXY" ]; then
	echo "pulumi-resource-eks: this program is only for make preview and tests" >&2
	exit 1
fi
unset NODE_OPTIONS
export HTTPS_PROXY="http://$VLLM_EKS_SIMULATED_PROXY"
exec node '%s' "$@"
`

// tools replace two command-line tools where they are not installed. The component asks each
// for its version, and for nothing else if it does not manage the VPC CNI. They refuse every
// other command.
var tools = map[string]string{
	"aws": `#!/bin/sh
if [ "$*" = --version ]; then
	echo 'aws-cli/2.27.0 SIMULATED/make-preview'
	exit
fi
echo "aws $*: SIMULATED: the AWS CLI is not installed; this replacement supports only --version" >&2
exit 1
`,
	"kubectl": `#!/bin/sh
if [ "$*" = "version --client=true --output=json" ]; then
	echo '{"clientVersion":{"gitVersion":"v1.35.5"}}'
	exit
fi
echo "kubectl $*: SIMULATED: kubectl is not installed; this replacement supports only its version" >&2
exit 1
`,
}

// Prepare writes the files that the engine needs besides the built programs.
func Prepare(l layout.Layout) error {
	bin := l.Simulation("bin")
	errs := []error{os.MkdirAll(bin, 0o700), os.MkdirAll(filepath.Dir(AWSStandIn(l)), 0o700), os.MkdirAll(filepath.Dir(KubernetesStandIn(l)), 0o700)}
	bundled := plugin(l, bundledAWSPlugin, "pulumi-resource-aws")
	errs = append(errs, os.MkdirAll(filepath.Dir(bundled), 0o700))
	if _, err := os.Lstat(bundled); errors.Is(err, os.ErrNotExist) {
		errs = append(errs, os.Symlink(AWSStandIn(l), bundled))
	}
	component := plugin(l, eksPlugin, "pulumi-resource-eks")
	quoted := strings.ReplaceAll(Component(l), "'", `'\''`)
	errs = append(errs, os.MkdirAll(filepath.Dir(component), 0o700), script(component, fmt.Sprintf(launcher, quoted)))
	for name, text := range tools {
		path := filepath.Join(bin, name)
		if installed(name, bin) {
			errs = append(errs, os.RemoveAll(path))
		} else {
			errs = append(errs, script(path, text))
		}
	}
	return errors.Join(errs...)
}

// script writes a program in one step, because another simulation may run it at the same time.
func script(path, text string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o700); err != nil { //nolint:gosec // it must be executable
		return err
	}
	return os.Rename(path+".new", path)
}

// installed reports whether PATH has a program, outside one folder.
func installed(name, except string) bool {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.Dir(path) != except {
			return true
		}
	}
	return false
}

// Stack is a simulated stack. Several stacks may share a folder, with one backend and account.
type Stack struct {
	Layout layout.Layout
	// Folder holds the state, the account and the project, below .local.
	Folder string
	Name   string
}

// Account returns the folder of the simulated account.
func (s Stack) Account() string { return filepath.Join(s.Folder, "account") }

// Project returns the folder in which pulumi runs. It does not write to the user's files.
func (s Stack) Project() string { return filepath.Join(s.Folder, "project") }

// ConfigFile returns the path of the stack's file.
func (s Stack) ConfigFile() string { return filepath.Join(s.Project(), "Pulumi."+s.Name+".yaml") }

// Environment returns the environment of every pulumi command, without the user's engine,
// backend and AWS credentials. proxy is the address of Listen.
func (s Stack) Environment(proxy string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "PULUMI_") || strings.HasPrefix(v, "AWS_") || strings.HasPrefix(v, "KUBE") || strings.HasPrefix(v, "VLLM_EKS_")
	})
	bins := []string{s.Layout.Simulation("bin"), filepath.Dir(s.Layout.Bin("x"))}
	dirs := slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(dir string) bool { return slices.Contains(bins, dir) })
	return append(env,
		"PATH="+strings.Join(append(bins, dirs...), string(os.PathListSeparator)),
		"PULUMI_HOME="+Home(s.Layout),
		"PULUMI_BACKEND_URL=file://"+filepath.Join(s.Folder, "state"),
		"PULUMI_CONFIG_PASSPHRASE="+passphrase,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_DEBUG_COMMANDS=true", // for --event-log
		"KUBECONFIG="+filepath.Join(s.Folder, "kubeconfig"),
		"AWS_EC2_METADATA_DISABLED=true",
		"TMPDIR="+filepath.Join(s.Folder, "tmp"),
		"VLLM_EKS_SIMULATED_ACCOUNT="+s.Account(),
		proxyVariable+"="+proxy,
	)
}

// Write writes the project of a program and the stack's file, in which every secret is a
// placeholder.
func (s Stack) Write(program, configuration string) error {
	for _, dir := range []string{s.Project(), filepath.Join(s.Folder, "state"), filepath.Join(s.Folder, "tmp")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	file := filepath.Join(s.Layout.Root, "Pulumi.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var project map[string]any
	if err := yaml.Unmarshal(text, &project); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	// The program is built before, with progress; "program" is the checkout.
	project["runtime"] = map[string]any{"name": "go", "options": map[string]any{"binary": program}}
	project["main"] = "program"
	if text, err = yaml.Marshal(project); err != nil {
		return err
	}
	link := filepath.Join(s.Project(), "program")
	if _, err := os.Lstat(link); errors.Is(err, os.ErrNotExist) {
		if err := os.Symlink(s.Layout.Root, link); err != nil {
			return err
		}
	}
	hidden, err := hideSecrets(configuration)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(s.ConfigFile()), err)
	}
	return errors.Join(os.WriteFile(filepath.Join(s.Project(), "Pulumi.yaml"), text, 0o600), os.WriteFile(s.ConfigFile(), hidden, 0o600))
}

// hideSecrets replaces secrets, which only the user's secrets provider can decrypt.
func hideSecrets(configuration string) ([]byte, error) {
	var file map[string]any
	if err := yaml.Unmarshal([]byte(configuration), &file); err != nil {
		return nil, err
	}
	if file == nil {
		file = map[string]any{}
	}
	for _, key := range []string{"secretsprovider", "encryptedkey"} {
		delete(file, key)
	}
	file["encryptionsalt"] = encryptionSalt
	hide(file["config"])
	return yaml.Marshal(file)
}

// hide replaces every {secure: …} below a value.
func hide(value any) {
	switch v := value.(type) {
	case map[string]any:
		if _, encrypted := v["secure"].(string); encrypted && len(v) == 1 {
			v["secure"] = placeholder
			return
		}
		for _, below := range v {
			hide(below)
		}
	case []any:
		for _, below := range v {
			hide(below)
		}
	}
}
