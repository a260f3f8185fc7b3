package explain

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// Kind is the kind of a consequence.
type Kind string

// The kinds, the riskiest first.
const (
	// Deletion means that something is lost: a model's address, the access of clients or of
	// people, a volume, a namespace, a VPC.
	Deletion Kind = "deletion"
	// Outage means that no replica of a model answers, or clients do not reach it, for some time.
	Outage Kind = "outage"
	// Replacement means that nodes or parts of the platform are replaced.
	Replacement Kind = "replacement"
	// Restart means that replicas restart while others serve.
	Restart Kind = "restart"
	// Change means that running replicas and nodes stay.
	Change Kind = "change"
	// Creation means that something is added.
	Creation Kind = "creation"
)

// kinds is the order of consequences.
var kinds = []Kind{Deletion, Outage, Replacement, Restart, Change, Creation}

// Risky reports whether a reviewer must look at the kind first.
func (k Kind) Risky() bool { return k == Deletion || k == Outage || k == Replacement }

// Range is a number between two bounds, which are equal if the number is known.
type Range struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Consequence is one effect of an update.
type Consequence struct {
	// Subject is what it happens to: a model, a node group, a component of the platform.
	Subject string `json:"subject"`
	Kind    Kind   `json:"kind"`
	// Text says what happens. It begins with a verb.
	Text string `json:"text"`
	// Safer is what to do instead; "" if there is no advice.
	Safer string `json:"safer,omitempty"`
	// Needs is the capacity that the update needs beside that of the stack; "" if none.
	Needs string `json:"needs,omitempty"`
	// Restarts is the number of replicas that restart; nil if none does.
	Restarts *Range `json:"restarts,omitempty"`
	// Nodes is the number of running nodes that are replaced or removed.
	Nodes int `json:"nodes,omitempty"`
	// OutageSeconds is how long no replica answers, 0 if one always does or if the time is not
	// known.
	OutageSeconds int `json:"outageSeconds,omitempty"`
	// ends reports that EKS ends the nodes, and does not wait for their replicas to move.
	ends bool
}

// Report explains a preview.
type Report struct {
	Stack string `json:"stack"`
	// Failed reports that the preview ended with an error: then the report has its problems,
	// and no consequences.
	Failed bool `json:"failed"`
	// Consequences has the riskiest first.
	Consequences []Consequence `json:"consequences"`
	// Models has the fit of the models that change, and Costs the cost of the stack.
	Models []ModelChange `json:"models"`
	Costs  CostChange    `json:"costs"`
	// Warnings and Problems are the program's.
	Warnings []string `json:"warnings"`
	Problems []string `json:"problems"`
	// Diff has the changed properties, with secrets as [secret].
	Diff string `json:"diff"`
}

// ModelChange has the records of a model that differ.
type ModelChange struct {
	Name string `json:"name"`
	// Before is nil for a new model, and After for a deleted one.
	Before *plans.Model `json:"before"`
	After  *plans.Model `json:"after"`
}

// CostChange has the cost of the stack before and after an update; nil if it is not known.
type CostChange struct {
	Before *plans.Costs `json:"before"`
	After  *plans.Costs `json:"after"`
}

// Explain explains a preview.
func Explain(p Preview) Report {
	r := Report{Stack: p.Stack, Failed: p.Failed, Consequences: []Consequence{}, Models: []ModelChange{}, Warnings: []string{}, Problems: []string{}}
	for _, m := range p.Messages {
		switch m.Severity {
		case "warning":
			r.Warnings = append(r.Warnings, strings.TrimPrefix(m.Text, "warning: "))
		case "error", "info#err":
			r.Problems = append(r.Problems, strings.TrimPrefix(m.Text, "error: "))
		}
	}
	if p.Failed {
		if len(r.Problems) == 0 {
			r.Problems = []string{"the preview ended early; run it again"}
		}
		return r
	}
	b := book{preview: p, steps: map[string]Step{}}
	for _, s := range p.Steps {
		b.steps[s.URN] = s
	}
	platform := b.platform(r.Warnings)
	r.Consequences = append(r.Consequences, slices.Concat(b.models(), platform, moved(p, platform))...)
	slices.SortStableFunc(r.Consequences, func(a, b Consequence) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Subject, b.Subject))
	})
	r.Warnings = slices.DeleteFunc(r.Warnings, func(warning string) bool {
		return slices.ContainsFunc(r.Consequences, func(c Consequence) bool {
			text, about := strings.CutPrefix(warning, c.Subject+": ")
			return about && slices.Contains(strings.Split(c.Text, "; "), text) || warning == c.Subject+": "+c.Text
		})
	})
	r.Models, r.Costs = compared(p)
	r.Diff = difference(p.Steps)
	return r
}

// Unchanged reports whether the update changes nothing.
func (r Report) Unchanged() bool { return !r.Failed && len(r.Consequences) == 0 }

// Worst returns the riskiest kind; "" without consequences.
func (r Report) Worst() Kind {
	if len(r.Consequences) == 0 {
		return ""
	}
	return r.Consequences[0].Kind
}

// Reaches reports whether a consequence is at least as risky as a kind.
func (r Report) Reaches(k Kind) bool {
	return slices.ContainsFunc(r.Consequences, func(c Consequence) bool { return slices.Index(kinds, c.Kind) <= slices.Index(kinds, k) })
}

// compared returns the models whose records differ, by name, and the costs.
func compared(p Preview) ([]ModelChange, CostChange) {
	if p.After == nil {
		return []ModelChange{}, CostChange{Before: p.Before.Costs}
	}
	var names []string
	for _, models := range []map[string]plans.Model{p.Before.Models, p.After.Models} {
		for name := range models {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	changes := []ModelChange{}
	for _, name := range slices.Compact(names) {
		before, existed := p.Before.Models[name]
		after, exists := p.After.Models[name]
		if !existed && deployed(p.Steps, after) != "" {
			continue // it runs, and a release without records deployed it
		}
		c := ModelChange{Name: name}
		if existed {
			c.Before = &before
		}
		if exists {
			c.After = &after
		}
		if !existed || !exists || !reflect.DeepEqual(before, after) {
			changes = append(changes, c)
		}
	}
	return changes, CostChange{Before: p.Before.Costs, After: p.After.Costs}
}
