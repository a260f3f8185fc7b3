package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestSchemaIsCurrent holds that schema.json follows the declarations and the Go types.
func TestSchemaIsCurrent(t *testing.T) {
	want, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("../schema.json"); err != nil || string(got) != string(want) {
		t.Errorf("schema.json is stale (%v); run: go -C provider generate", err)
	}
}

// noLoader loads no schema, for a schema that refers to no other schema.
type noLoader struct{ schema.ReferenceLoader }

// TestSchemaIsValid holds that generators of SDKs accept the schema, and that everything
// in it has a description.
func TestSchemaIsValid(t *testing.T) {
	text, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	_, problems, err := schema.BindSpec(spec, noLoader{}, schema.ValidationOptions{})
	if err != nil || len(problems) > 0 {
		t.Errorf("the schema is invalid: %v, %v", err, problems)
	}
	described := func(owner string, properties map[string]schema.PropertySpec) {
		for name, p := range properties {
			if p.Description == "" {
				t.Errorf("%s.%s has no description", owner, name)
			}
		}
	}
	for token, r := range spec.Resources {
		if r.Description == "" {
			t.Errorf("%s has no description", token)
		}
		described(token, r.Properties)
		described(token, r.InputProperties)
	}
	for token, typ := range spec.Types {
		if typ.Description == "" {
			t.Errorf("%s has no description", token)
		}
		described(token, typ.Properties)
	}
}

// TestSchemaOfInputs holds of some properties what languages see of them.
func TestSchemaOfInputs(t *testing.T) {
	text, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	service, secret := spec.Resources["vllm-eks:serving:VLLMService"], spec.Types["vllm-eks:serving:SecretRef"].Properties
	for name, test := range map[string]struct {
		property schema.PropertySpec
		plain    bool
		secret   bool
	}{
		"a plain value": {service.InputProperties["model"], true, false},
		"an input":      {service.InputProperties["namespace"], false, false},
		"a list":        {service.InputProperties["extraArgs"], true, false},
		"a secret":      {secret["value"], false, true},
		"a name":        {secret["existingSecret"], false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if test.property.Plain != test.plain || test.property.Secret != test.secret || test.property.Description == "" {
				t.Errorf("the property is %+v", test.property)
			}
		})
	}
	var policies []string
	for _, value := range spec.Types["vllm-eks:serving:ScalingPolicy"].Enum {
		policies = append(policies, fmt.Sprint(value.Value))
	}
	if want := serving.ScalingPolicy("").Values(); !slices.Equal(policies, want) {
		t.Errorf("scaling policies are %q, want %q", policies, want)
	}
}
