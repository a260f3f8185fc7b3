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

const ownConfigHeader = "# The stack of your own cluster, made from Pulumi.local.yaml and yours from here on.\n" +
	"# Its passphrase is in .local/pulumi/passphrase-" + ownStack + ", so secrets may be kept here.\n"

// ownConfig is the part of Pulumi.own.yaml that the command has to know.
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

// readOwnConfig reads what is deployed; before the first time it is what would
// be.
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

// matches tells whether the configuration is of the cluster and the engine that
// the user is asked about.
func (c ownConfig) matches(kubeconfig, context, simulatorImage string) error {
	differs := func(variable, field, have, want string) error {
		return fmt.Errorf("%s: Pulumi.%s.yaml names the %s %q, and this is about %q; edit or remove it", variable, ownStack, field, have, want)
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

// images are those that the configuration names.
func (c ownConfig) images() []string {
	images := []string{c.Config.Defaults.Image}
	for _, m := range c.Config.Models {
		images = append(images, m.Image)
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(images, func(image string) bool { return image == "" }))))
}

// simulates: only the simulator has these variables.
func (c ownConfig) simulates() bool {
	for name := range c.Config.Defaults.Env {
		if strings.HasPrefix(name, "VLLMSIM_") {
			return true
		}
	}
	return false
}

// engine is what the user reads about the engine.
func (c ownConfig) engine(simulatorImage string) string {
	images := c.images()
	switch {
	case simulatorImage != "":
		return "the engine SIMULATOR, pushed as " + simulatorImage
	case len(images) > 0:
		return "vLLM (the real engine), as the image " + strings.Join(images, ", ")
	default:
		return "vLLM (the real engine)"
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

// newOwnConfig takes what is particular to the embedded cluster out of
// Pulumi.local.yaml.
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
	remove(top, "encryptionsalt") // it goes with a passphrase that is public
	config := childOf(top, "config")
	existing := childOf(childOf(config, "vllm-eks:cluster"), "existing")
	set(existing, "kubeconfig", e.options.targetKubeconfig)
	set(existing, "context", context)
	if e.options.simulatorImage == "" {
		remove(config, "vllm-eks:defaults") // what suits the simulator does not suit vLLM
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

// keepOneEngine leaves out what asks for KEDA and Prometheus, which the user's
// cluster may have elsewhere or not at all.
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

// Edits of a YAML document that keep the comments of everything else.

// find is the place of a key in a mapping, or -1.
func find(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// at is the mapping below a key; it is made where there is none.
func childOf(mapping *yaml.Node, key string) *yaml.Node {
	if i := find(mapping, key); i >= 0 {
		return mapping.Content[i+1]
	}
	child := &yaml.Node{Kind: yaml.MappingNode}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, child)
	return child
}

// set gives a key a text. What was said about the old one goes.
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
