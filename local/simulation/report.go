package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// Step is an operation of a command on one resource.
type Step struct {
	Op, URN, Type, Parent string
	Custom                bool
	// Old and New hold the inputs before and after the step. One that does not exist is nil.
	// Secrets in them are "[secret]".
	Old, New map[string]any
}

// Name returns the resource's name in the program.
func (s Step) Name() string { return s.URN[strings.LastIndex(s.URN, "::")+2:] }

// stackType is the type of the stack, the parent of all resources.
const stackType = "pulumi:pulumi:Stack"

// referenceType is the type of the reference to the stack's last outputs. It does not count as
// a resource.
const referenceType = "pulumi:pulumi:StackReference"

// Steps returns a command's steps in the engine's order. Of a replacement, only the step
// "replace" is included.
func (r Run) Steps() []Step {
	var steps []Step
	for _, event := range r.Events {
		if event.ResourcePreEvent == nil {
			continue
		}
		m := event.ResourcePreEvent.Metadata
		state := m.New
		if state == nil {
			state = m.Old
		}
		if state == nil || !m.Logical {
			continue
		}
		step := Step{Op: string(m.Op), URN: m.URN, Type: m.Type, Parent: state.Parent, Custom: state.Custom}
		if m.Old != nil {
			step.Old = m.Old.Inputs
		}
		if m.New != nil {
			step.New = m.New.Inputs
		}
		steps = append(steps, step)
	}
	return steps
}

// Messages returns the messages of the program and the plugins, without duplicates. All but
// those of severity info begin with their severity.
func (r Run) Messages() []string {
	var messages []string
	for _, event := range r.Events {
		d := event.DiagnosticEvent
		if d == nil || d.Ephemeral || d.Severity == "debug" {
			continue
		}
		text := strings.TrimRight(colors.Never.Colorize(d.Prefix+d.Message), "\n")
		if d.Severity == "info" && strings.HasPrefix(text, "SIMULATED") {
			continue // the command itself prints it once
		}
		if text != "" && !slices.Contains(messages, text) {
			messages = append(messages, text)
		}
	}
	return messages
}

// component is a component of the program with its resources.
type component struct {
	name, typ string
	types     map[string]map[string]int // by operation
	total     int
}

// Report lists and counts resources by component: of every component, or with changes only of
// those that change.
func (r Run) Report(changes bool) string {
	steps := r.Steps()
	byURN := map[string]Step{}
	for _, s := range steps {
		byURN[s.URN] = s
	}
	// top returns the component, directly below the stack, of a resource.
	top := func(s Step) Step {
		for {
			parent, found := byURN[s.Parent]
			if !found || parent.Type == stackType {
				return s
			}
			s = parent
		}
	}
	components := map[string]*component{}
	counts := map[string]int{}
	for _, s := range steps {
		if !s.Custom || s.Type == stackType || s.Type == referenceType {
			continue
		}
		box := top(s)
		c := &component{name: box.Name(), typ: box.Type, types: map[string]map[string]int{}}
		if box.Custom {
			c.name, c.typ = "(the stack itself)", ""
		}
		if component := components[c.name+c.typ]; component != nil {
			c = component
		}
		components[c.name+c.typ] = c
		if c.types[s.Type] == nil {
			c.types[s.Type] = map[string]int{}
		}
		c.types[s.Type][s.Op]++
		c.total++
		counts[s.Op]++
	}
	var out strings.Builder
	total := 0
	for _, c := range slices.SortedFunc(maps.Values(components), func(a, b *component) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.name, b.name))
	}) {
		total += c.total
		if changes && !c.changes() {
			continue
		}
		fmt.Fprintf(&out, "%4d  %s  %s\n", c.total, c.name, c.typ)
		for _, typ := range slices.Sorted(maps.Keys(c.types)) {
			fmt.Fprintf(&out, "        %s  %s\n", typ, describeOps(c.types[typ]))
		}
	}
	fmt.Fprintf(&out, "%4d  resources in %d components: %s\n", total, len(components), describeOps(counts))
	return out.String()
}

// changes reports whether a resource of the component changes.
func (c *component) changes() bool {
	for _, ops := range c.types {
		for op := range ops {
			if op != string(apitype.OpSame) {
				return true
			}
		}
	}
	return false
}

// describeOps returns a text such as "3 to create, 1 to update".
func describeOps(ops map[string]int) string {
	words := map[string]string{"same": "unchanged"}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(ops)) {
		word, plain := words[op]
		if !plain {
			word = "to " + op
		}
		parts = append(parts, fmt.Sprintf("%d %s", ops[op], word))
	}
	return strings.Join(parts, ", ")
}
