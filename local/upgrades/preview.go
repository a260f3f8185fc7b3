package upgrades

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/vllm-eks/vllm-eks/internal/trees"
	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// Workload is a resource with pods.
type Workload struct {
	// Name is the name of the model, of the Helm chart, of the EKS add-on, or of the object.
	Name string
	// Model holds the values of the model; nil for the pods of others.
	Model *Model
	// Restarts reports whether an update restarts the pods.
	Restarts bool
}

// modelType is the type of the component of a model.
const modelType = "vllm-eks:serving:VLLMService"

// keeps holds the operations that neither replace nor delete a resource.
var keeps = []string{
	string(apitype.OpSame), string(apitype.OpCreate), string(apitype.OpUpdate), string(apitype.OpRead),
	string(apitype.OpReadDiscard), string(apitype.OpRefresh), string(apitype.OpImport),
}

// Workloads returns the existing workloads of a preview. models has the models of the stack's
// file; nil if the stack has none, which leaves the keys of its models unknown.
func Workloads(steps []simulation.Step, models map[string]Model) []Workload {
	var workloads []Workload
	for _, s := range steps {
		if s.Old == nil {
			continue // it has no pods yet
		}
		name, pods := workload(s)
		if name == "" {
			continue
		}
		w := Workload{Name: name, Restarts: s.Op == string(apitype.OpUpdate) && !reflect.DeepEqual(pods(s.Old), pods(s.New))}
		if owner, model := modelOf(s); model {
			values := models[owner]
			w.Name, w.Model = owner, &values
		}
		workloads = append(workloads, w)
	}
	return workloads
}

// workload returns the name of a resource with pods, and a function that returns the inputs
// which restart them when they change.
func workload(s simulation.Step) (name string, pods func(inputs map[string]any) any) {
	module, kind := s.Type, ""
	if at := strings.LastIndex(s.Type, ":"); at >= 0 {
		module, kind = s.Type[:at], s.Type[at+1:]
	}
	text := func(path ...any) string { value, _ := trees.Value(s.Old, path); text, _ := value.(string); return text }
	switch {
	case module == "kubernetes:apps/v1" && slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, kind):
		return text("metadata", "name"), func(inputs map[string]any) any {
			template, _ := trees.Value(inputs, trees.Path{"spec", "template"})
			return template
		}
	case s.Type == "kubernetes:helm.sh/v3:Release":
		// Charts are not rendered here. Any change of their version or values may restart pods.
		return path.Base(text("chart")), func(inputs map[string]any) any {
			return []any{inputs["chart"], inputs["version"], inputs["values"]}
		}
	case s.Type == "aws:eks/addon:Addon":
		return text("addonName"), func(inputs map[string]any) any {
			return []any{inputs["addonVersion"], inputs["configurationValues"]}
		}
	}
	return "", nil
}

// modelOf returns the model to which an object belongs.
func modelOf(s simulation.Step) (name string, belongs bool) {
	parent := urn.URN(s.Parent)
	if !parent.IsValid() || parent.Type() != modelType {
		return "", false
	}
	return parent.Name(), true
}

// Problems returns how a preview breaks the promises of CHANGELOG.md: a resource is replaced
// or deleted, pods restart that are not listed, or listed pods do not restart.
func Problems(steps []simulation.Step, workloads []Workload, listed Restarts) []string {
	var problems []string
	for _, s := range steps {
		if !slices.Contains(keeps, s.Op) && !defaultProvider(s) {
			problems = append(problems, fmt.Sprintf("%s %s: an update from the last release may neither replace nor delete a resource; keep its name and fields, or add an alias", s.Op, s.URN))
		}
	}
	named := map[string]Workload{}
	for _, w := range workloads {
		of := "the pods of `" + w.Name + "`"
		if w.Model != nil {
			of = "the replicas of the model " + w.Name
		}
		// A chart may have several releases: its pods restart if one of them changes.
		w.Restarts = w.Restarts || named[of].Restarts
		named[of] = w
	}
	for _, of := range slices.Sorted(maps.Keys(named)) {
		w := named[of]
		switch is, known := listed.lists(w); {
		case w.Restarts && !is && known:
			problems = append(problems, of+" restart, and CHANGELOG.md does not list them after \""+strings.TrimSpace(restartsPrefix)+"\"")
		case !w.Restarts && is && known:
			problems = append(problems, of+" do not restart, and CHANGELOG.md lists them")
		}
	}
	return problems
}

// defaultProvider reports whether a resource is a provider that the engine creates by itself, one
// for each version of a plug-in. A new version replaces it, and no resource of it.
func defaultProvider(s simulation.Step) bool {
	return strings.HasPrefix(s.Type, "pulumi:providers:") && strings.HasPrefix(s.Name(), "default_")
}
