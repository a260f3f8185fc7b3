// Package checklist declares the key checklist, and the items of the production
// checklist: what a stack that serves production should have, beside everything that the
// program does for every stack. It imports neither Pulumi nor the AWS SDK.
package checklist

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Spec says whether a stack serves production, and which deviations are accepted.
type Spec struct {
	// Production reports that the stack serves production: a preview shows a line for each
	// item of the checklist that the stack does not meet. Default: true with require, with
	// accept, and on a created cluster with cluster.protect.
	Production *bool `key:"production"`
	// Require fails a preview for each item that the stack does not meet, in place of the
	// line.
	Require bool `key:"require"`
	// Accept are the items that the stack does not need to meet, each by its id; an item
	// about models also as id/model, for one model alone. docs/checklist.md has the ids.
	Accept []string `key:"accept"`
}

// Enabled reports whether the items are checked. The default is whether a created
// cluster is protected.
func (s Spec) Enabled(protected bool) bool {
	if s.Production != nil {
		return *s.Production
	}
	return s.Require || len(s.Accept) > 0 || protected
}

// Validate returns every problem of the spec, each beginning with its key under path.
// The models are the names of the stack's models.
func (s Spec) Validate(path *field.Path, models []string) field.ErrorList {
	found := keys.Check(&s, path)
	if production := path.Child("production"); s.Production != nil && !*s.Production && (s.Require || len(s.Accept) > 0) {
		problems.Forbidden(&found, production, "is false, so that require and accept are ignored; remove them, or set it to true")
	}
	for i, entry := range s.Accept {
		key := path.Child("accept").Index(i)
		if problem := problemOf(entry, models); problem != "" {
			problems.NotSupported(&found, key, "%s", problem)
		} else if slices.Contains(s.Accept[:i], entry) {
			problems.Duplicate(&found, key, "is %q a second time; remove it", entry)
		}
	}
	return found
}

// problemOf returns the problem of an entry of accept; "" if there is none.
func problemOf(entry string, models []string) string {
	id, model, ofModel := strings.Cut(entry, "/")
	item, known := Find(id)
	switch {
	case entry == "":
		return "is empty, want one of " + strings.Join(ids(), ", ")
	case !known:
		return fmt.Sprintf("is %q, and the checklist has no item %s%s; want one of %s", entry, id, keys.DidYouMean(id, ids()), strings.Join(ids(), ", "))
	case ofModel && !item.OfModels():
		return fmt.Sprintf("is %q, and %s is about the stack and not about a model; want %s", entry, id, id)
	case ofModel && !slices.Contains(models, model):
		return fmt.Sprintf("is %q, and the stack has no model %s%s; want %s, or %s/ and the name of a model", entry, model, keys.DidYouMean(model, models), id, id)
	}
	return ""
}

// Unmet returns a sentence for each item that a stack neither meets nor accepts, in the
// order of the items. Each begins with the id of the item.
func (s Spec) Unmet(stack Stack) []string {
	var sentences []string
	for _, item := range Items() {
		if name, unmet := item.unmet(stack, s.Accept); unmet {
			sentences = append(sentences, fmt.Sprintf("%s: %s; %s", name, item.Problem, item.Advice))
		}
	}
	return sentences
}

// unmet reports whether a stack does not meet the item, and returns the id of the item,
// with the models that do not: two-replicas (chat, code).
func (item Item) unmet(stack Stack, accepted []string) (name string, unmet bool) {
	if slices.Contains(accepted, item.ID) {
		return "", false
	}
	if item.stack != nil {
		return item.ID, !item.stack(stack)
	}
	var names []string
	for _, m := range stack.Models {
		if !item.model(stack, m) && !slices.Contains(accepted, item.ID+"/"+m.Name) {
			names = append(names, m.Name)
		}
	}
	return fmt.Sprintf("%s (%s)", item.ID, shortList(names)), len(names) > 0
}

// namedModels is the number of models that a line names.
const namedModels = 3

// shortList returns the first names of a list, and the number of the others.
func shortList(names []string) string {
	if others := len(names) - namedModels; others > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:namedModels], ", "), others)
	}
	return strings.Join(names, ", ")
}

// Find returns the item with an id; false if there is none.
func Find(id string) (Item, bool) {
	for _, item := range Items() {
		if item.ID == id {
			return item, true
		}
	}
	return Item{}, false
}

func ids() []string {
	var list []string
	for _, item := range Items() {
		list = append(list, item.ID)
	}
	return list
}
