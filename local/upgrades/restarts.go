package upgrades

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Restarts lists the pods that restart with an update. It is empty if none does.
type Restarts []Item

// Item is a part of a list of pods.
type Item struct {
	Kind Kind
	// Name is the key of models or the name of pods; "" for the other kinds.
	Name string
}

// Kind is a kind of pods.
type Kind string

// The kinds of pods, in the words of CHANGELOG.md.
const (
	// EveryModel stands for the replicas of every model.
	EveryModel Kind = "the replicas of every model"
	// ModelsWith stands for the replicas of models for which a stack's file sets a key, in
	// the model, in the defaults or for the whole stack.
	ModelsWith Kind = "the replicas of models with"
	// ModelsWithout stands for the replicas of all other models: those that have the default.
	ModelsWithout Kind = "the replicas of models without"
	// PodsOf stands for the pods of a Helm chart, of an EKS add-on, or of a Deployment or a
	// DaemonSet that is not a model's.
	PodsOf Kind = "the pods of"
	// EveryPod stands for the pods of clusters whose nodes EKS replaces.
	EveryPod Kind = "every pod of created clusters"
)

// none is the list without pods.
const none = "none"

// itemForm matches an item with a name.
var itemForm = regexp.MustCompile("^(.*) `([^` ]+)`$")

// String returns the item in the words of CHANGELOG.md.
func (i Item) String() string {
	if i.Name == "" {
		return string(i.Kind)
	}
	return fmt.Sprintf("%s `%s`", i.Kind, i.Name)
}

// ParseRestarts parses a list of pods: none, or items between commas or "and". A reason may
// follow after ", because ". The list ends with a full stop.
func ParseRestarts(text string) (Restarts, error) {
	list, ended := strings.CutSuffix(text, ".")
	list, reason, reasoned := strings.Cut(list, ", because ")
	if !ended || reasoned && strings.TrimSpace(reason) == "" {
		return nil, fmt.Errorf("is %q, want a list with a full stop, such as: %s, because it has another label", text, EveryModel)
	}
	if list == none {
		return nil, nil
	}
	var restarts Restarts
	for _, part := range strings.Split(strings.ReplaceAll(list, " and ", ", "), ", ") {
		item := Item{Kind: Kind(part)}
		known := []Kind{EveryModel, EveryPod}
		if named := itemForm.FindStringSubmatch(part); named != nil {
			item, known = Item{Kind: Kind(named[1]), Name: named[2]}, []Kind{ModelsWith, ModelsWithout, PodsOf}
		}
		if !slices.Contains(known, item.Kind) {
			return nil, fmt.Errorf("has %q, want %s, or of: %s; %s `KEY`; %s `KEY`; %s `NAME`; %s", part, none, EveryModel, ModelsWith, ModelsWithout, PodsOf, EveryPod)
		}
		if slices.Contains(restarts, item) {
			return nil, fmt.Errorf("has %q twice", part)
		}
		restarts = append(restarts, item)
	}
	return restarts, nil
}

// Replaces reports whether the list has nodes that EKS replaces.
func (r Restarts) Replaces() bool { return slices.Contains(r, Item{Kind: EveryPod}) }

// lists reports whether the list has the pods of a workload. It is not known if only an item
// with a key may have them, and the keys of the model are not known.
func (r Restarts) lists(w Workload) (listed, known bool) {
	known = true
	for _, item := range r {
		has, sure := item.has(w)
		if has && sure {
			return true, true
		}
		known = known && sure
	}
	return false, known
}

// has reports whether an item stands for the pods of a workload, and whether that is known.
func (i Item) has(w Workload) (has, known bool) {
	switch i.Kind {
	case EveryModel:
		return w.Model != nil, true
	case ModelsWith, ModelsWithout:
		if w.Model == nil {
			return false, true
		}
		return w.Model.Has(i.Name) == (i.Kind == ModelsWith), w.Model.Known
	case PodsOf:
		return w.Model == nil && w.Name == i.Name, true
	case EveryPod: // the nodes are compared in the account
	}
	return false, true
}

// Unused returns the items that stand for no workload of the stacks.
func (r Restarts) Unused(workloads []Workload) []Item {
	return slices.DeleteFunc(slices.Clone(r), func(i Item) bool {
		return i.Kind == EveryPod || slices.ContainsFunc(workloads, func(w Workload) bool {
			has, _ := i.has(w)
			return has
		})
	})
}
