package serving

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// answers holds the resolved values of sources.
type answers struct {
	// values holds the values of the known sources that have one, by key.
	values map[string]any
	// secrets holds the strings that no message may repeat, the longest first.
	secrets []string
	// missing holds the problems of the known sources that have no value.
	missing field.ErrorList
}

// await returns the resolved values of the sources. A source that is unknown in a
// preview has no value.
func (s *service) await() (answers, error) {
	got := answers{values: map[string]any{}}
	for _, input := range s.sources {
		result, err := internals.UnsafeAwaitOutput(s.ctx.Context(), input.value)
		if err != nil {
			return got, err
		}
		if !result.Known {
			continue
		}
		value, problem := input.resolved(result.Value)
		if problem != nil {
			problem.Field = field.NewPath(s.name).Child(problem.Field).String()
			got.missing = append(got.missing, problem)
			continue
		}
		got.values[input.key] = value
		if result.Secret {
			got.keepSecret(value)
		}
	}
	return got, nil
}

// keepSecret adds the strings of a source's value to those that no message may repeat.
// It skips empty strings, which every message contains.
func (a *answers) keepSecret(value any) {
	list, _ := value.([]string)
	if text, ok := value.(string); ok {
		list = []string{text}
	}
	for _, text := range list {
		if text != "" {
			a.secrets = append(a.secrets, text)
		}
	}
	slices.SortStableFunc(a.secrets, func(a, b string) int { return len(b) - len(a) })
}

// hide returns a message without the values of secret sources, neither as they are nor
// as Go quotes them.
func (a answers) hide(message string) string {
	for _, text := range a.secrets {
		quoted := strconv.Quote(text)
		message = strings.ReplaceAll(message, quoted[1:len(quoted)-1], "[secret]")
		message = strings.ReplaceAll(message, text, "[secret]")
	}
	return message
}

// valid returns an output without resources, for the option DependsOnInputs. A resource
// that depends on it is registered only if the values of all sources are valid. In a
// preview, valid ignores problems that depend on unknown sources.
func (s *service) valid(component *VLLMService, p *plan, warned []string) pulumi.ResourceArrayOutput {
	output, resolve, reject := s.ctx.NewOutput()
	go func() {
		if err := s.judge(component, p, warned); err != nil {
			reject(err)
			return
		}
		resolve([]pulumi.Resource(nil))
	}()
	return output.ApplyT(func(any) []pulumi.Resource { return nil }).(pulumi.ResourceArrayOutput)
}

// judge waits for the sources, returns the problems of their values, and logs the new
// warnings.
func (s *service) judge(component *VLLMService, p *plan, warned []string) error {
	got, err := s.await()
	if err != nil {
		return err
	}
	found := slices.Concat(got.missing, s.validate(got.values))
	for _, problem := range found {
		problem.Detail = got.hide(problem.Detail)
	}
	if len(found) > 0 {
		return problems.Err(found)
	}
	if err := p.check(got.values); err != nil {
		return errors.New(got.hide(err.Error()))
	}
	var warnings []string
	for _, text := range s.warnings(got.values) {
		if !slices.Contains(warned, text) {
			warnings = append(warnings, got.hide(text))
		}
	}
	return s.log(component, warnings)
}

// producers returns an output without resources that depends on the resources which
// produce the inputs. It is unknown while one of the inputs is unknown.
func (s *service) producers() pulumi.ResourceArrayOutput {
	var values []any
	for _, input := range s.sources {
		values = append(values, input.value)
	}
	return pulumi.All(values...).ApplyT(func([]any) []pulumi.Resource { return nil }).(pulumi.ResourceArrayOutput)
}

// validate returns every problem of the arguments for the values of some sources. It
// leaves out problems that depend on the values of the other sources.
func (s *service) validate(values map[string]any) field.ErrorList {
	root := field.NewPath(s.name)
	var found field.ErrorList
	for _, problem := range s.problems {
		found = append(found, &field.Error{Type: problem.Type, Field: root.Child(problem.Field).String(), Detail: problem.Detail})
	}
	// Each problem of an argument is reported once.
	reported := func(e *field.Error) bool {
		return slices.ContainsFunc(found, func(problem *field.Error) bool { return problems.Within(e.Field, problem.Field) })
	}
	check := func(values map[string]any) field.ErrorList { return manifest.Validate(s.complete(values), root) }
	shown := slices.DeleteFunc(check(values), reported)
	for _, alternative := range s.variants(values) {
		if len(shown) == 0 {
			break
		}
		again := check(alternative.values)
		shown = slices.DeleteFunc(shown, func(e *field.Error) bool {
			return problems.Within(e.Field, root.Child(alternative.key).String()) ||
				!slices.ContainsFunc(again, func(a *field.Error) bool { return a.Field == e.Field && a.Detail == e.Detail })
		})
	}
	return append(found, shown...)
}

// warnings returns the warnings for the values of some sources. It leaves out warnings
// that depend on the values of the other sources.
func (s *service) warnings(values map[string]any) []string {
	warnings := s.complete(values).Warnings()
	for _, alternative := range s.variants(values) {
		if len(warnings) == 0 {
			break
		}
		again := s.complete(alternative.values).Warnings()
		warnings = slices.DeleteFunc(warnings, func(text string) bool { return !slices.Contains(again, text) })
	}
	return warnings
}

func (s *service) log(component *VLLMService, warnings []string) error {
	var errs []error
	for _, warning := range warnings {
		errs = append(errs, s.ctx.Log.Warn(warning, &pulumi.LogArgs{Resource: component}))
	}
	return errors.Join(errs...)
}

// variant holds the values of some sources, and another sample of one source without a
// value.
type variant struct {
	key    string
	values map[string]any
}

// variants returns a variant for each source without a value.
func (s *service) variants(values map[string]any) []variant {
	var list []variant
	for i, input := range s.sources {
		if _, found := values[input.key]; found {
			continue
		}
		sampled := map[string]any{input.key: input.variant(i + 1)}
		maps.Copy(sampled, values)
		list = append(list, variant{input.key, sampled})
	}
	return list
}
