// Package stacktest runs a Pulumi program with a stack's configuration, without Pulumi's
// engine, a network or a cluster, and records the resources that it registers.
package stacktest

import (
	"context"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Project is the name of the project of all test stacks.
const Project = "vllm-eks"

// Config is a stack's configuration in the form that Pulumi's engine passes to a program.
type Config struct {
	Values map[string]string
	Secret []string
}

// ReadConfig reads a stack's file.
func ReadConfig(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(string(text))
}

// ParseConfig reads the YAML of a stack's file with the same code as the Pulumi CLI. It
// uses the text under `secure` as the decrypted value.
func ParseConfig(yaml string) (Config, error) {
	project := &workspace.Project{Name: tokens.PackageName(Project)}
	stack, err := workspace.LoadProjectStackBytes(nil, project, []byte(yaml), "Pulumi.test.yaml", encoding.YAML)
	if err != nil {
		return Config{}, err
	}
	values, err := stack.Config.Decrypt(plain{})
	if err != nil {
		return Config{}, err
	}
	c := Config{Values: map[string]string{}}
	for key, value := range values {
		c.Values[key.String()] = value
	}
	for _, key := range stack.Config.SecureKeys() {
		c.Secret = append(c.Secret, key.String())
	}
	return c, nil
}

// Option passes the configuration to a program, as a pulumi.RunOption.
func (c Config) Option(info *pulumi.RunInfo) {
	info.Config, info.ConfigSecretKeys = c.Values, c.Secret
}

// plain is a decrypter of values that are not encrypted.
type plain struct{}

var _ config.Decrypter = plain{}

func (plain) DecryptValue(_ context.Context, text string) (string, error) { return text, nil }

func (plain) BatchDecrypt(_ context.Context, texts []string) ([]string, error) { return texts, nil }
