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

// secret is a value that becomes a Secret of the component's own.
type secret struct {
	// suffix follows the component's name in the name of the Pulumi resource.
	suffix string
	// arg is the argument that refers to the Secret, and valueKey the key that has the
	// value.
	arg, valueKey string
	// key is the default of the key within the Secret.
	key string
	// ref returns the part of the spec that refers to the Secret.
	ref   func(*servingspec.Spec) *servingspec.SecretRef
	value pulumi.StringPtrInput
	// name is the Secret's, which Pulumi chooses, once it is registered.
	name pulumi.Output
}

func huggingFaceToken() *secret {
	return &secret{
		suffix: "-huggingface", arg: "huggingFaceToken", valueKey: "huggingFaceToken", key: servingspec.TokenKey,
		ref: func(s *servingspec.Spec) *servingspec.SecretRef { return &s.Access.HuggingFaceToken },
	}
}

func apiKey() *secret {
	return &secret{
		suffix: "-api-key", arg: "apiKey", valueKey: "apiKey", key: servingspec.APIKeyKey,
		ref: func(s *servingspec.Spec) *servingspec.SecretRef { return &s.Access.APIKey },
	}
}

// nameKey returns the key of the input that has the name of the Secret.
func (s *secret) nameKey() string { return s.arg + ".existingSecret" }

// keep has the service keep a value, if there is one, in a Secret.
func (s *service) keep(what *secret, value pulumi.StringPtrInput) {
	if value == nil {
		return
	}
	if text, plain := value.(pulumi.String); plain {
		if problem := what.problem(string(text)); problem != nil {
			s.problems = append(s.problems, problem)
			return
		}
	}
	if isUnset(value) {
		s.problems = append(s.problems, &field.Error{Type: field.ErrorTypeRequired, Field: what.valueKey, Detail: unsetOutput})
		return
	}
	what.value = value
	s.secrets = append(s.secrets, what)
}

// keepArgument is keep for an argument that has a value or names a Secret. It has to
// have one of the two: an argument whose value is missing by mistake would leave the
// service open.
func (s *service) keepArgument(what *secret, a *SecretRefArgs) {
	if a == nil {
		return
	}
	what.valueKey = what.arg + ".value"
	switch {
	case a.Value == nil && a.ExistingSecret == nil:
		s.problems = append(s.problems, &field.Error{Type: field.ErrorTypeRequired, Field: what.arg, Detail: "want one of value and existingSecret, or leave it out"})
	case a.Value != nil && a.ExistingSecret != nil:
		s.problems = append(s.problems, &field.Error{Type: field.ErrorTypeForbidden, Field: what.valueKey,
			Detail: fmt.Sprintf("cannot be combined with %s; remove one of the two", what.nameKey())})
	default:
		s.keep(what, a.Value)
	}
}

const emptySecret = "is empty; give it a value, or leave the argument out to have none"

// registerSecrets registers the Secrets of the component. Their names are known to the
// provider alone.
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

// given returns an output without resources, for the option DependsOnInputs: what
// depends on it is registered when the value is valid, which is often known only when
// the program runs. vLLM takes an empty key for none, and answers everybody.
func (s *secret) given(service string) pulumi.ResourceArrayOutput {
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

// problem returns what is wrong with a value; nil if nothing.
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
