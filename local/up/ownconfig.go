package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

const ownConfigHeader = "# The stack of your own cluster. make up created this file from Pulumi.local.yaml; edit it as you like.\n" +
	"# Its passphrase is in .local/pulumi/passphrase-" + ownStack + ", which encrypts the secrets of this file.\n"

// ownConfig holds the keys of Pulumi.own.yaml that the command reads.
type ownConfig struct {
	Salt   string `yaml:"encryptionsalt"`
	Config struct {
		Cluster struct {
			Existing struct{ Kubeconfig, Context string }
		} `yaml:"vllm-eks:cluster"`
		Defaults struct {
			Image string
			Env   map[string]any
		} `yaml:"vllm-eks:defaults"`
		Models []struct{ Model, Image string } `yaml:"vllm-eks:models"`
		Token  any                             `yaml:"vllm-eks:huggingFaceToken"`
	}
}

func ownConfigFile(l layout.Layout) string {
	return filepath.Join(l.Root, "Pulumi."+ownStack+".yaml")
}

// readOwnConfig reads the configuration of the stack own, or the one that its first run would
// create.
func (e engine) readOwnConfig() (c ownConfig, exists bool, err error) {
	path := ownConfigFile(e.options.layout)
	data, err := os.ReadFile(path)
	exists = err == nil
	if errors.Is(err, fs.ErrNotExist) {
		data, err = e.newOwnConfig("")
	}
	if err != nil {
		return c, false, err
	}
	if err := yaml.Unmarshal(data, &c); err != nil {
		return c, false, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return c, exists, nil
}

// matches returns an error unless the configuration is for the given cluster and image.
func (c ownConfig) matches(kubeconfig, context, simulatorImage string) error {
	differs := func(variable, field, have, want string) error {
		return fmt.Errorf("%s: Pulumi.%s.yaml has the %s %q, got %q; edit or remove that file", variable, ownStack, field, have, want)
	}
	existing := c.Config.Cluster.Existing
	have := existing.Kubeconfig
	if rest, inHome := strings.CutPrefix(have, "~/"); inHome {
		if home, err := os.UserHomeDir(); err == nil {
			have = filepath.Join(home, rest)
		}
	}
	switch images := c.images(); {
	case have != kubeconfig:
		return differs("TARGET_KUBECONFIG", "kubeconfig", existing.Kubeconfig, kubeconfig)
	case existing.Context != context:
		return differs("TARGET_KUBECONFIG", "context", existing.Context, context)
	case simulatorImage != "" && !slices.Equal(images, []string{simulatorImage}):
		return differs("VLLMSIM_IMAGE", "image", strings.Join(images, ", "), simulatorImage)
	case simulatorImage == "" && c.simulates():
		return differs("VLLMSIM_IMAGE", "image", strings.Join(images, ", "), "vLLM")
	}
	return nil
}

// images returns the images in the configuration.
func (c ownConfig) images() []string {
	images := []string{c.Config.Defaults.Image}
	for _, m := range c.Config.Models {
		images = append(images, m.Image)
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(images, func(image string) bool { return image == "" }))))
}

// simulates reports whether the configuration is for the simulator: only the simulator has
// variables with this prefix.
func (c ownConfig) simulates() bool {
	for name := range c.Config.Defaults.Env {
		if strings.HasPrefix(name, "VLLMSIM_") {
			return true
		}
	}
	return false
}

// engine returns the user's description of the image.
func (c ownConfig) engine(simulatorImage string) string {
	images := c.images()
	switch {
	case simulatorImage != "":
		return "the vLLM SIMULATOR, pushed as " + simulatorImage
	case len(images) > 0:
		return "vLLM (real), image " + strings.Join(images, ", ")
	default:
		return "vLLM (real)"
	}
}

func (c ownConfig) models() []string {
	var models []string
	for _, m := range c.Config.Models {
		models = append(models, m.Model)
	}
	return models
}

func (c ownConfig) hasToken() bool { return c.Config.Token != nil }

// newOwnConfig returns Pulumi.local.yaml without the settings of the embedded cluster.
func (e engine) newOwnConfig(context string) ([]byte, error) {
	path := filepath.Join(e.options.layout.Root, "Pulumi."+localStack+".yaml")
	local, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(local, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: want a mapping", path)
	}
	top := document.Content[0]
	remove(top, "encryptionsalt") // it belongs to the public passphrase
	config := childOf(top, "config")
	existing := childOf(childOf(config, "vllm-eks:cluster"), "existing")
	set(existing, "kubeconfig", e.options.targetKubeconfig)
	set(existing, "context", context)
	if e.options.simulatorImage == "" {
		remove(config, "vllm-eks:defaults") // these defaults are for the simulator
	} else {
		set(childOf(config, "vllm-eks:defaults"), "image", e.options.simulatorImage)
	}
	keepOneEngine(config)
	var out bytes.Buffer
	out.WriteString(ownConfigHeader)
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(top), encoder.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// keepOneEngine removes the keys that require KEDA and Prometheus, which the user's cluster may
// not have. One replica remains.
func keepOneEngine(config *yaml.Node) {
	remove(config, "vllm-eks:monitoring")
	for _, model := range childOf(config, "vllm-eks:models").Content {
		remove(model, "replicas")
		remove(model, "scaling")
	}
}

func (e engine) writeOwnConfig(context string) error {
	data, err := e.newOwnConfig(context)
	if err != nil {
		return err
	}
	path := ownConfigFile(e.options.layout)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// The functions below edit a YAML document and keep the comments of unchanged keys.

// find returns the index of a key in a mapping, or -1.
func find(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// childOf returns the mapping below a key, and creates it if it is missing.
func childOf(mapping *yaml.Node, key string) *yaml.Node {
	if i := find(mapping, key); i >= 0 {
		return mapping.Content[i+1]
	}
	child := &yaml.Node{Kind: yaml.MappingNode}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, child)
	return child
}

// set sets a key to a string, and removes the comments of the old value.
func set(mapping *yaml.Node, key, value string) {
	text := &yaml.Node{}
	text.SetString(value)
	if i := find(mapping, key); i >= 0 {
		mapping.Content[i+1] = text
		return
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, text)
}

func remove(mapping *yaml.Node, key string) {
	if i := find(mapping, key); i >= 0 {
		mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
	}
}
