package stack

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Check reads a stack's file, Pulumi.<stack>.yaml, beside the Pulumi.yaml of its project.
// It needs no credentials, no cluster and no Pulumi CLI: it is a check for pull requests
// from forks, and for tests. The error joins every problem that a preview without an
// account would report, each with its key. Check does not know the values of secrets, and
// reports no problem of a key that has one. It does not search an existing cluster.
func Check(path string) error {
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml")
	if name == "" || filepath.Base(path) != "Pulumi."+name+".yaml" {
		return fmt.Errorf("%s: is not the file of a stack, want Pulumi.<stack>.yaml", path)
	}
	project, err := workspace.LoadProject(filepath.Join(filepath.Dir(path), "Pulumi.yaml"))
	if err != nil {
		return err
	}
	file, err := workspace.LoadProjectStack(nil, project, path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	values, err := file.Config.Decrypt(hidden{})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	info := pulumi.RunInfo{Project: string(project.Name), Stack: name, Config: map[string]string{}}
	for key, value := range values {
		info.Config[key.String()] = value
	}
	var secret []string // keys without their namespace, as problems have them
	for _, key := range file.Config.SecureKeys() {
		info.ConfigSecretKeys = append(info.ConfigSecretKeys, key.String())
		secret = append(secret, key.Name())
	}
	source := &config.Source{}
	source.Capture(&info)
	_, err = config.Load(source, nil)
	return problems.Err(slices.DeleteFunc(problems.Of(err, path), func(p *field.Error) bool {
		return slices.ContainsFunc(secret, func(key string) bool { return problems.Within(p.Field, key) })
	}))
}

// hidden decrypts every secret to the same words.
type hidden struct{}

var _ pulumiconfig.Decrypter = hidden{}

func (hidden) DecryptValue(context.Context, string) (string, error) { return "not-known-here", nil }

func (h hidden) BatchDecrypt(ctx context.Context, secrets []string) ([]string, error) {
	plain := make([]string, len(secrets))
	for i := range secrets {
		plain[i], _ = h.DecryptValue(ctx, secrets[i]) // it never fails
	}
	return plain, nil
}
