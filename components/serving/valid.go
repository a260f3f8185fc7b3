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

// answers holds what sources resolved to.
type answers struct {
	// values holds the value of every source that is known and has one, by key.
	values map[string]any
	// secrets holds the strings that no message may repeat, the longest first.
	secrets []string
	// missing holds the problems of the sources that are known and have no value.
	missing field.ErrorList
}

// await returns what the sources resolve to. Sources that a preview does not know have
// no value.
func (s *service) await() (answers, error) {
	got := answers{values: map[string]any{}}
	for _, from := range s.sources {
		result, err := internals.UnsafeAwaitOutput(s.ctx.Context(), from.value)
		if err != nil {
			return got, err
		}
		if !result.Known {
			continue
		}
		value, problem := from.resolved(result.Value)
		if problem != nil {
			problem.Field = field.NewPath(s.name).Child(problem.Field).String()
			got.missing = append(got.missing, problem)
			continue
		}
		got.values[from.key] = value
		if result.Secret {
			got.keepSecret(value)
		}
	}
	return got, nil
}

// keepSecret adds the strings of a source's value to those that no message may repeat.
// Empty ones are in every message.
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

// hide returns a message without the values of sources that are secret, as they are and
// as Go quotes them.
func (a answers) hide(message string) string {
	for _, text := range a.secrets {
		quoted := strconv.Quote(text)
		message = strings.ReplaceAll(message, quoted[1:len(quoted)-1], "[secret]")
		message = strings.ReplaceAll(message, text, "[secret]")
	}
	return message
}

// valid returns an output without resources, for the option DependsOnInputs: what
// depends on it is registered when the values of all sources are valid. In a preview,
// the known ones have to be, and problems that depend on the others do not count.
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

// judge waits for the sources, returns the problems of their values, and logs the
// warnings that were not logged yet.
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
// produce the inputs. It is unknown while one of these is.
func (s *service) producers() pulumi.ResourceArrayOutput {
	var values []any
	for _, from := range s.sources {
		values = append(values, from.value)
	}
	return pulumi.All(values...).ApplyT(func([]any) []pulumi.Resource { return nil }).(pulumi.ResourceArrayOutput)
}

// validate returns every problem of the arguments that shows with the values of some
// sources, whatever those of the others are.
func (s *service) validate(values map[string]any) field.ErrorList {
	root := field.NewPath(s.name)
	var found field.ErrorList
	for _, problem := range s.problems {
		found = append(found, &field.Error{Type: problem.Type, Field: root.Child(problem.Field).String(), Detail: problem.Detail})
	}
	// What an argument lacks is reported once.
	reported := func(e *field.Error) bool {
		return slices.ContainsFunc(found, func(own *field.Error) bool { return problems.Within(e.Field, own.Field) })
	}
	check := func(values map[string]any) field.ErrorList { return manifest.Validate(s.complete(values), root) }
	shown := slices.DeleteFunc(check(values), reported)
	for _, other := range s.variants(values) {
		if len(shown) == 0 {
			break
		}
		again := check(other.values)
		shown = slices.DeleteFunc(shown, func(e *field.Error) bool {
			return problems.Within(e.Field, root.Child(other.key).String()) ||
				!slices.ContainsFunc(again, func(a *field.Error) bool { return a.Field == e.Field && a.Detail == e.Detail })
		})
	}
	return append(found, shown...)
}

// warnings returns the warnings that hold with the values of some sources, whatever
// those of the others are.
func (s *service) warnings(values map[string]any) []string {
	warnings := s.complete(values).Warnings()
	for _, other := range s.variants(values) {
		if len(warnings) == 0 {
			break
		}
		again := s.complete(other.values).Warnings()
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

// variant is the values of some sources with another sample of one that has no value.
type variant struct {
	key    string
	values map[string]any
}

// variants returns the values of some sources with another sample of each source that
// is not among them.
func (s *service) variants(values map[string]any) []variant {
	var list []variant
	for i, from := range s.sources {
		if _, known := values[from.key]; known {
			continue
		}
		other := map[string]any{from.key: from.variant(i + 1)}
		maps.Copy(other, values)
		list = append(list, variant{from.key, other})
	}
	return list
}
