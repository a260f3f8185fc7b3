package explain

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// deployment returns the effects of a step on the model's Deployment.
func (m *model) deployment(s Step) []Consequence {
	switch {
	case s.Op == apitype.OpReplace:
		return []Consequence{m.replaced(s)}
	case s.Op == apitype.OpDelete:
		return []Consequence{m.deleted()}
	case s.Op == apitype.OpCreate:
		return []Consequence{m.created()}
	case m.restarts(s):
		list := []Consequence{m.restarted(s)}
		if c, resized := m.resized(s); resized {
			c.Text, _, _ = strings.Cut(c.Text, "; ") // without what stays
			list = append(list, c)
		}
		return list
	}
	if c, resized := m.resized(s); resized {
		return []Consequence{c}
	}
	return []Consequence{{Kind: Change, Text: "changes its Deployment; its replicas keep running"}}
}

// restarts reports whether the update changes the template of the pods.
func (m *model) restarts(s Step) bool {
	for _, path := range s.Changed {
		if path == "spec.template" || strings.HasPrefix(path, "spec.template.") {
			return true
		}
	}
	before, _ := trees.Value(s.Old, trees.Path{"spec", "template"})
	after, _ := trees.Value(s.New, trees.Path{"spec", "template"})
	return !reflect.DeepEqual(before, after)
}

// replicas returns the number of replicas that run before the update, and that it keeps.
func (m *model) replicas(s Step) *Range {
	var before *Range
	if n, fixed := integer(s.Old, "spec", "replicas"); fixed {
		before = &Range{n, n}
	} else if m.before != nil {
		before = &Range{m.before.Min, m.before.Max}
	}
	if before == nil {
		return nil
	}
	if n, fixed := integer(s.New, "spec", "replicas"); fixed {
		return &Range{min(before.Min, n), min(before.Max, n)}
	}
	if m.after != nil {
		return &Range{min(before.Min, m.after.Min), min(before.Max, m.after.Max)}
	}
	return before
}

// restarted returns the effect of a rollout.
func (m *model) restarted(s Step) Consequence {
	c := Consequence{Kind: Restart, Restarts: m.replicas(s)}
	subject := "its replicas"
	if c.Restarts != nil {
		subject = counted(c.Restarts.Min, c.Restarts.Max)
	}
	reasons := ""
	if changes := podChanges(s); len(changes) > 0 {
		reasons = " (" + strings.Join(changes, ", ") + ")"
	}
	r := m.after
	switch {
	case surges(s.New) > 0 && c.Restarts != nil && c.Restarts.Max == 1:
		c.Text = fmt.Sprintf("restarts %s%s: no outage, the new one starts first", subject, reasons)
	case surges(s.New) > 0:
		c.Text = fmt.Sprintf("restarts %s one after the other%s: no outage", subject, reasons)
	case c.Restarts != nil && c.Restarts.Min > 1:
		c.Text = fmt.Sprintf("restarts %s in place, one after the other%s: no outage, one replica fewer meanwhile", subject, reasons)
	default:
		c.Kind, c.Text = Outage, fmt.Sprintf("restarts %s in place%s: OUTAGE", subject, reasons)
	}
	if r != nil {
		m.timed(&c, surges(s.New) > 0)
	}
	if image(s.Old) != image(s.New) {
		c.Text += ", and the time to pull the image"
	}
	if c.Kind == Outage {
		reason := "no GPU is free for a replica beside the old one"
		if r != nil && strings.HasPrefix(r.Surge, "lifecycle.rollout") {
			reason = "as `lifecycle.rollout: inPlace` wants"
		}
		c.Text += ", " + reason
		if c.Restarts != nil && c.Restarts.Max > 1 {
			c.Text += "; no outage while several replicas run"
		}
	}
	return c
}

// timed adds how long a rollout takes, what it needs and what would be safer.
func (m *model) timed(c *Consequence, surge bool) {
	r := m.after
	switch {
	case surge:
		c.Text += fmt.Sprintf(", %s, and %s more if a node must start", times(r.LoadSeconds, c.Restarts), duration(r.ProvisionSeconds))
		c.Needs = gpus(r) + " meanwhile"
	case c.Kind == Outage:
		c.OutageSeconds = r.LoadSeconds
		c.Text += " of about " + duration(r.LoadSeconds)
		if m.before != nil && !slices.Equal(m.before.Groups, r.Groups) {
			c.OutageSeconds += r.ProvisionSeconds
			c.Text += ", or " + duration(c.OutageSeconds) + " with a new node"
		}
	default:
		c.Text += ", " + times(r.LoadSeconds, c.Restarts)
	}
	if r.InPlace && r.Surge != "" {
		c.Safer = fmt.Sprintf("merge this first, alone: %s", r.Surge)
	}
}

// surges returns the number of replicas that a rollout starts beside the old ones.
func surges(inputs map[string]any) int {
	n, _ := integer(inputs, "spec", "strategy", "rollingUpdate", "maxSurge")
	return n
}

// times returns how long a number of replicas take to load, one after the other.
func times(seconds int, replicas *Range) string {
	if replicas == nil || replicas.Min != replicas.Max {
		return "about " + duration(seconds) + " for each"
	}
	return "about " + duration(seconds*max(replicas.Min, 1))
}

// resized returns the effect of another number of replicas; changed is false if it stays.
func (m *model) resized(s Step) (c Consequence, changed bool) {
	before, fixed := integer(s.Old, "spec", "replicas")
	after, fixes := integer(s.New, "spec", "replicas")
	switch {
	case fixed && fixes && after > before:
		c = Consequence{Kind: Change, Text: fmt.Sprintf("starts %s more; running ones stay", counted(after-before, after-before))}
	case fixed && fixes && after < before:
		c = Consequence{Kind: Change, Text: fmt.Sprintf("stops %s; the others serve", counted(before-after, before-after))}
	case fixed && !fixes && before > 1:
		c = Consequence{Kind: Change, Text: fmt.Sprintf("is scaled by load: its %d replicas become one until the scaler acts", before),
			Safer: "merge it while one replica can serve the load"}
	case !fixed && fixes:
		c = Consequence{Kind: Change, Text: fmt.Sprintf("gets the fixed number of %s, which Kubernetes refuses while the scaler owns the number", counted(after, after)),
			Safer: "in two steps: first `scaling.policy: external`, then the number"}
	}
	return c, c.Text != ""
}

// replaced returns the effect of a new Deployment instead of the old one.
func (m *model) replaced(s Step) Consequence {
	c := Consequence{Kind: Replacement, Restarts: m.replicas(s), Text: fmt.Sprintf("replaces its Deployment (%s): the old replicas stop after the new ones serve", strings.Join(s.Keys, ", "))}
	if s.DeletedFirst {
		c.Kind, c.Text = Outage, fmt.Sprintf("replaces its Deployment (%s): OUTAGE until the new replicas have loaded", strings.Join(s.Keys, ", "))
		if m.after != nil {
			c.OutageSeconds = m.after.LoadSeconds
		}
		return c
	}
	n, fixed := integer(s.New, "spec", "replicas")
	if !fixed {
		n = 1
		c.Text += "; it has one until the scaler acts"
	}
	if m.after != nil {
		beside := *m.after
		beside.GPUs *= n
		c.Needs = gpus(&beside) + " meanwhile, or the update fails"
	}
	return c
}

// podChanges returns what changes in the container of vLLM: the image, arguments and other
// fields of the pod.
func podChanges(s Step) []string {
	var changes []string
	if before, after := image(s.Old), image(s.New); before != after {
		changes = append(changes, code(before+" → "+after))
	}
	changes = append(changes, argumentChanges(commandLine(s.Old), commandLine(s.New))...)
	changes = append(changes, environment(s)...)
	for _, part := range []struct {
		path    trees.Path
		without []string
	}{
		{container, []string{"name", "image", "args", "env"}},
		{trees.Path{"spec", "template", "metadata"}, nil},
		{trees.Path{"spec", "template", "spec"}, []string{"containers"}},
	} {
		changes = append(changes, fields(s, part.path, part.without)...)
	}
	if len(changes) > mostChanges {
		changes = append(changes[:mostChanges], fmt.Sprintf("%d more changes", len(changes)-mostChanges))
	}
	return changes
}

// container is the container of vLLM in a Deployment.
var container = trees.Path{"spec", "template", "spec", "containers", 0}

// image returns the image of vLLM in a Deployment.
func image(inputs map[string]any) string {
	return text(inputs, append(slices.Clip(container), "image")...)
}

// fields returns the names of the fields below a path that differ.
func fields(s Step, path trees.Path, ignored []string) []string {
	below := func(inputs map[string]any) map[string]any {
		value, _ := trees.Value(inputs, path)
		m, _ := value.(map[string]any)
		return m
	}
	return without(differing(below(s.Old), below(s.New)), ignored)
}

// environment returns the variables of vLLM that differ, without their values.
func environment(s Step) []string {
	var names []string
	for _, name := range differing(variables(s.Old), variables(s.New)) {
		names = append(names, "variable "+code(name))
	}
	return names
}

// variables returns the variables of vLLM in a Deployment by their names.
func variables(inputs map[string]any) map[string]any {
	value, _ := trees.Value(inputs, append(slices.Clip(container), "env"))
	list, _ := value.([]any)
	named := map[string]any{}
	for _, item := range list {
		v, _ := item.(map[string]any)
		named[text(v, "name")] = v
	}
	return named
}

// differing returns the keys with different values, sorted.
func differing(before, after map[string]any) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(before)), maps.Keys(after))
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return reflect.DeepEqual(before[key], after[key]) })
}

// mostChanges is the number of changes of a pod that a sentence lists.
const mostChanges = 3

// argumentChanges returns the arguments of vLLM that differ.
func argumentChanges(before, after []string) []string {
	old, new := arguments(before), arguments(after)
	var changes []string
	for _, flag := range new.order {
		switch value, had := old.values[flag]; {
		case !had:
			changes = append(changes, code(strings.TrimSpace(flag+" "+new.values[flag])))
		case value != new.values[flag]:
			changes = append(changes, code(fmt.Sprintf("%s %s → %s", flag, value, new.values[flag])))
		}
	}
	for _, flag := range old.order {
		if _, kept := new.values[flag]; !kept {
			changes = append(changes, "without "+code(flag))
		}
	}
	return changes
}

// commandLine returns the arguments of vLLM in a Deployment.
func commandLine(inputs map[string]any) []string {
	return stringsOf(inputs, append(slices.Clip(container), "args")...)
}

// flags has arguments by their flag, and the flags in order.
type flags struct {
	order  []string
	values map[string]string
}

func arguments(words []string) flags {
	f := flags{values: map[string]string{}}
	flag := "model" // the first argument has no flag
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		if strings.HasPrefix(word, "--") {
			flag = name
			f.order = append(f.order, flag)
			f.values[flag] = value
		} else {
			if len(f.order) == 0 {
				f.order = append(f.order, flag)
			}
			f.values[flag] = strings.TrimSpace(f.values[flag] + " " + word)
		}
	}
	return f
}
