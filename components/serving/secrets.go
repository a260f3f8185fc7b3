package serving

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// secret holds a value that the component stores in a Secret.
type secret struct {
	// suffix follows the component's name in the name of the Pulumi resource.
	suffix string
	// arg is the argument that refers to the Secret, and valueKey the key of the value.
	arg, valueKey string
	// key is the default key within the Secret.
	key string
	// ref returns the part of the spec that refers to the Secret.
	ref   func(*servingspec.Spec) *servingspec.SecretRef
	value pulumi.StringPtrInput
	// name is the name of the Secret. Pulumi generates it, so it is set after the
	// registration.
	name pulumi.Output
}

// huggingFaceToken returns the secret with the token for Hugging Face.
func huggingFaceToken() *secret {
	return &secret{
		suffix: "-huggingface", arg: "huggingFaceToken", valueKey: "huggingFaceToken", key: servingspec.TokenKey,
		ref: func(s *servingspec.Spec) *servingspec.SecretRef { return &s.Access.HuggingFaceToken },
	}
}

// apiKey returns the secret with the key that clients must send.
func apiKey() *secret {
	return &secret{
		suffix: "-api-key", arg: "apiKey", valueKey: "apiKey", key: servingspec.APIKeyKey,
		ref: func(s *servingspec.Spec) *servingspec.SecretRef { return &s.Access.APIKey },
	}
}

// nameKey returns the key of the input with the name of the Secret.
func (s *secret) nameKey() string { return s.arg + ".existingSecret" }

// keep adds a secret with a value to the service. It does nothing if the value is nil.
func (s *service) keep(kept *secret, value pulumi.StringPtrInput) {
	if value == nil {
		return
	}
	if text, plain := value.(pulumi.String); plain {
		if problem := kept.problem(string(text)); problem != nil {
			s.problems = append(s.problems, problem)
			return
		}
	}
	if isUnset(value) {
		s.problems = append(s.problems, &field.Error{Type: field.ErrorTypeRequired, Field: kept.valueKey, Detail: unsetOutput})
		return
	}
	kept.value = value
	s.secrets = append(s.secrets, kept)
}

// keepArgument adds the secret of an argument that has a value or names a Secret. An
// argument with neither is an error: a value that is missing by mistake would leave the
// service open.
func (s *service) keepArgument(kept *secret, a *SecretRefArgs) {
	if a == nil {
		return
	}
	kept.valueKey = kept.arg + ".value"
	switch {
	case a.Value == nil && a.ExistingSecret == nil:
		s.problems = append(s.problems, &field.Error{Type: field.ErrorTypeRequired, Field: kept.arg, Detail: "want one of value and existingSecret, or leave it out"})
	case a.Value != nil && a.ExistingSecret != nil:
		s.problems = append(s.problems, &field.Error{Type: field.ErrorTypeForbidden, Field: kept.valueKey,
			Detail: fmt.Sprintf("cannot be combined with %s; remove one of the two", kept.nameKey())})
	default:
		s.keep(kept, a.Value)
	}
}

const emptySecret = "is empty; give it a value, or leave the argument out to have none"

// registerSecrets registers the Secrets of the component. Only the provider knows their
// names.
func (s *service) registerSecrets(p *plan, opts []pulumi.ResourceOption) error {
	for i, kept := range s.secrets {
		options := slices.Concat(opts, []pulumi.ResourceOption{pulumi.AdditionalSecretOutputs([]string{"data", "stringData"})})
		inputs := p.inputs(i)
		inputs["stringData"] = pulumi.ToSecret(pulumi.StringMap{kept.keyIn(s): kept.value.ToStringPtrOutput().Elem()})
		created, err := register(s.ctx, s.name+kept.suffix, p.objects[i].Object, inputs, options...)
		if err != nil {
			return err
		}
		kept.name = created.name()
	}
	return nil
}

// keyIn returns the key within the Secret.
func (s *secret) keyIn(service *service) string {
	spec := service.complete(nil)
	return s.ref(&spec).Key
}

// checked returns an output without resources, for the option DependsOnInputs. A
// resource that depends on it is registered only if the value is valid; the value is
// often known only when the program runs. With an empty key, vLLM answers every client.
func (s *secret) checked(service string) pulumi.ResourceArrayOutput {
	return s.value.ToStringPtrOutput().ApplyT(func(text *string) ([]pulumi.Resource, error) {
		value := ""
		if text != nil {
			value = *text
		}
		if problem := s.problem(value); problem != nil {
			problem.Field = field.NewPath(service).Child(problem.Field).String()
			return nil, problems.Err(field.ErrorList{problem})
		}
		return nil, nil
	}).(pulumi.ResourceArrayOutput)
}

// problem returns the problem of a value; nil if the value is valid.
func (s *secret) problem(value string) *field.Error {
	detail := keys.SecretProblem(value)
	if value == "" {
		detail = emptySecret
	}
	if detail == "" {
		return nil
	}
	return &field.Error{Type: field.ErrorTypeInvalid, Field: s.valueKey, Detail: detail}
}
