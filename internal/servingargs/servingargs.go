// Package servingargs declares the arguments of the components in components/serving:
// keys of the specs in spec/serving, and keys that only components have. Go structs,
// the Pulumi schema and the documentation of arguments derive from it.
package servingargs

import (
	"reflect"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/keys/reference"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Arguments declares and documents the arguments of a component.
type Arguments struct {
	// Mapping declares the arguments.
	Mapping *keys.Mapping
	// Docs has the documentation of every argument, with the arguments below others.
	Docs map[*keys.Key]reference.Argument
}

// secret holds the argument that a component adds to a reference to a Secret.
type secret struct {
	// Value is the secret itself. The component creates a Secret that holds it, with a
	// name that Pulumi generates. It cannot be combined with existingSecret. Default:
	// none.
	Value string `key:"value" secret:"true" input:"true"`
}

// Comments returns the doc comments of the repository in a folder.
func Comments(folder string) *reference.Comments {
	return &reference.Comments{Module: "github.com/vllm-eks/vllm-eks", Folder: folder}
}

// VLLMService returns the arguments of VLLMService.
func VLLMService(comments *reference.Comments) (Arguments, error) {
	m, err := keys.Declare(reflect.TypeFor[serving.Spec]())
	if err != nil {
		return Arguments{}, err
	}
	values, err := keys.Declare(reflect.TypeFor[secret]())
	if err != nil {
		return Arguments{}, err
	}
	for _, k := range m.AllArguments() {
		if k.Named() == ownerOf[serving.SecretRef]() {
			value := *values.Keys[0]
			value.Path = k.Path + "." + value.Name
			k.Mapping.Keys = append(k.Mapping.Keys, &value)
		}
	}
	docs, err := reference.Arguments(m, comments, replacements())
	return Arguments{m, docs}, err
}

// replacements returns the documentation of arguments whose keys depend on other keys
// of a stack's file.
func replacements() map[string]reference.Argument {
	return map[string]reference.Argument{
		"namespace":   {Default: "required"},
		"vllmVersion": {Text: "`vllmVersion` is the release of vLLM, v0.33.0 or newer."},
		"image": {Text: "`image` replaces the image of the vLLM project, with a tag or a digest, never latest. " +
			"Its entry point must accept the arguments of vllm serve."},
		"shape": {Text: "`shape` is the model's config.json, or its keys that determine sizes, as JSON; " +
			"or the id of a model of the catalogue that has the same shape."},
		"huggingFaceToken": {Text: "`huggingFaceToken` is the token for gated models: a value, or a Secret that exists in the namespace."},
		"apiKey": {Text: "`apiKey` is the key that clients must send: a value, or a Secret that exists in the namespace. " +
			"There is one key, because vLLM reads only one from its environment. Several keys would be arguments, which every process on the node can read."},
		"apiKey.existingSecret":           {Default: "none; without a value too, vLLM answers every request"},
		"huggingFaceToken.existingSecret": {Default: "none"},
		"apiKey.value":                    {Default: "none"},
		"huggingFaceToken.value":          {Default: "none"},
		"monitoring.prometheusUrl":        {Default: "none"},
		"monitoring.serviceMonitor":       {Default: "true with a prometheusUrl"},
		"nodeGroups[].instanceTypes":      {Default: "required"},
	}
}

// Namespaces returns the arguments of one namespace of models.
func Namespaces(comments *reference.Comments) (Arguments, error) {
	m, err := keys.Declare(reflect.TypeFor[serving.NamespaceSpec]())
	if err != nil {
		return Arguments{}, err
	}
	docs, err := reference.Arguments(m, comments, nil)
	return Arguments{m, docs}, err
}

// ownerOf returns the name of a type.
func ownerOf[T any]() keys.Owner {
	t := reflect.TypeFor[T]()
	return keys.Owner{Package: t.PkgPath(), Type: t.Name()}
}

// Added reports whether only the component has an argument, so that no spec has a field
// for it.
func Added(k *keys.Key) bool { return k.Owner == ownerOf[secret]() }

// FieldName returns the name of the Go field of an argument: the name of the spec's
// field if it differs from the key only in case, else the key.
func FieldName(k *keys.Key) string {
	if strings.EqualFold(k.Name, k.Field) {
		return k.Field
	}
	return strings.ToUpper(k.Name[:1]) + k.Name[1:]
}

// TypeName returns the name of the Go struct for the arguments below a key, without the
// suffix Args.
func TypeName(k *keys.Key) string {
	return k.Mapping.Type.Name()
}
