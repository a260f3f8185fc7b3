// Package render builds the Kubernetes objects of a stack file without Pulumi's engine, an
// account or a cluster, for kubectl, Argo CD and Flux.
package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
)

// Stack is the valid configuration of a stack file.
type Stack struct {
	// Name is the name of the stack, and File that of its file, without the folder.
	Name, File string
	// Config is the configuration. Encrypted values are placeholders.
	Config *config.Config
}

// stackFile matches the name of a stack file.
var stackFile = regexp.MustCompile(`^Pulumi\.([A-Za-z0-9_.-]+)\.ya?ml$`)

// Load reads a stack file as Pulumi does, and checks it like a preview, but reads no account
// and decrypts nothing. Its error holds every problem, each beginning with its key.
func Load(path string) (*Stack, error) {
	name := stackFile.FindStringSubmatch(filepath.Base(path))
	if name == nil {
		return nil, fmt.Errorf("STACK-FILE: is %q, want the path of a file named Pulumi.<stack>.yaml", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("STACK-FILE: %w", err)
	}
	project, err := projectOf(path)
	if err != nil {
		return nil, err
	}
	file, err := workspace.LoadProjectStackBytes(nil, &workspace.Project{Name: tokens.PackageName(project)}, text, path, encoding.YAML)
	if err != nil {
		return nil, fmt.Errorf("STACK-FILE: %w", err)
	}
	if file.Environment != nil {
		return nil, errors.New("environment: has values that only Pulumi reads; write them into config, or remove it")
	}
	info, err := runInfo(file.Config)
	if err != nil {
		return nil, fmt.Errorf("STACK-FILE: %w", err)
	}
	info.Project, info.Stack = project, name[1]
	source := &config.Source{}
	source.Capture(info)
	cfg, err := config.Load(source, nil)
	if err != nil {
		return nil, err
	}
	return &Stack{Name: name[1], File: filepath.Base(path), Config: cfg}, nil
}

// projectOf returns the name of the project beside a stack file. Names of AWS resources
// contain it. Default: that of this repository.
func projectOf(path string) (string, error) {
	project, err := workspace.LoadProject(filepath.Join(filepath.Dir(path), "Pulumi.yaml"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return config.Namespace, nil
	case err != nil:
		return "", fmt.Errorf("STACK-FILE: its project: %w", err)
	}
	return project.Name.String(), nil
}

// placeholder stands for every encrypted value.
const placeholder = "encrypted"

// placeholders stand for encrypted values whose form is checked.
var placeholders = map[string]string{
	"alertSlackUrl": "https://encrypted.invalid/", "alertWebhookUrl": "https://encrypted.invalid/",
	"alertPagerDutyKey": strings.Repeat("0", 32),
}

// runInfo returns the configuration as Pulumi passes it to a program, with placeholders for
// encrypted values.
func runInfo(values pulumiconfig.Map) (*pulumi.RunInfo, error) {
	plain, err := values.Decrypt(opaque{})
	if err != nil {
		return nil, err
	}
	info := &pulumi.RunInfo{Config: map[string]string{}}
	for key, value := range plain {
		info.Config[key.String()] = value
	}
	for _, key := range values.SecureKeys() {
		info.ConfigSecretKeys = append(info.ConfigSecretKeys, key.String())
		if form, ok := placeholders[key.Name()]; ok {
			info.Config[key.String()] = form
		}
	}
	return info, nil
}

// opaque returns the placeholder for every encrypted value.
type opaque struct{}

var _ pulumiconfig.Decrypter = opaque{}

func (opaque) DecryptValue(context.Context, string) (string, error) { return placeholder, nil }

func (opaque) BatchDecrypt(_ context.Context, texts []string) ([]string, error) {
	list := make([]string, len(texts))
	for i := range list {
		list[i] = placeholder
	}
	return list, nil
}
