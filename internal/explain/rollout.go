package explain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// deployment returns the effect of a step on the model's Deployment; a text of "" if the
// Deployment has none.
func (m *model) deployment(s Step) Consequence {
	switch {
	case s.Op == apitype.OpReplace:
		return m.replaced(s)
	case s.Op == apitype.OpDelete:
		return m.deleted()
	case s.Op == apitype.OpCreate:
		return m.created()
	case m.restarts(s):
		return m.restarted(s)
	}
	return m.resized(s)
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

// replicas returns the number of replicas that run before the update.
func (m *model) replicas(s Step) *Range {
	if n, fixed := integer(s.Old, "spec", "replicas"); fixed {
		return &Range{n, n}
	}
	if m.before != nil {
		return &Range{m.before.Min, m.before.Max}
	}
	return nil
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
	if c.Kind == Outage {
		c.Text += ", no GPU is free for a replica beside the old one"
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

// resized returns the effect of a Deployment's update that keeps its pods.
func (m *model) resized(s Step) Consequence {
	before, fixed := integer(s.Old, "spec", "replicas")
	after, fixes := integer(s.New, "spec", "replicas")
	switch {
	case fixed && fixes && after > before:
		return Consequence{Kind: Change, Text: fmt.Sprintf("starts %s more; running ones stay", counted(after-before, after-before))}
	case fixed && fixes && after < before:
		return Consequence{Kind: Change, Text: fmt.Sprintf("stops %s; the others serve", counted(before-after, before-after))}
	case fixed && !fixes && before > 1:
		return Consequence{Kind: Change, Text: fmt.Sprintf("is scaled by load: its %d replicas become one until the scaler acts", before),
			Safer: "merge it while one replica can serve the load"}
	case !fixed && fixes:
		return Consequence{Kind: Change, Text: fmt.Sprintf("gets the fixed number of %s; Kubernetes refuses it while the scaler owns the number", counted(after, after)),
			Safer: "in two steps: first `scaling.policy: external`, then the number"}
	}
	return Consequence{Kind: Change, Text: "changes its Deployment; its replicas keep running"}
}

// replaced returns the effect of a new Deployment instead of the old one.
func (m *model) replaced(s Step) Consequence {
	c := Consequence{Kind: Replacement, Restarts: m.replicas(s), Text: fmt.Sprintf("replaces its Deployment (%s): the old replicas stop after the new ones serve", strings.Join(s.Keys, ", "))}
	if s.DeletedFirst {
		c.Kind, c.Text = Outage, fmt.Sprintf("replaces its Deployment (%s): OUTAGE until the new replicas have loaded", strings.Join(s.Keys, ", "))
		if m.after != nil {
			c.OutageSeconds = m.after.LoadSeconds
		}
	}
	return c
}

// podChanges returns what changes in the container of vLLM: the image, arguments and other
// fields of the pod.
func podChanges(s Step) []string {
	var changes []string
	field := func(inputs map[string]any, name string) any {
		value, _ := trees.Value(inputs, trees.Path{"spec", "template", "spec", "containers", 0, name})
		return value
	}
	if before, after := field(s.Old, "image"), field(s.New, "image"); before != after {
		changes = append(changes, code(fmt.Sprintf("%v → %v", before, after)))
	}
	changes = append(changes, argumentChanges(commandLine(s.Old), commandLine(s.New))...)
	for _, name := range []string{"env", "resources", "volumeMounts"} {
		if !reflect.DeepEqual(field(s.Old, name), field(s.New, name)) {
			changes = append(changes, name)
		}
	}
	for _, path := range []trees.Path{{"metadata", "labels"}, {"metadata", "annotations"}, {"spec", "nodeSelector"}, {"spec", "affinity"}, {"spec", "tolerations"}, {"spec", "volumes"}} {
		full := append(trees.Path{"spec", "template"}, path...)
		before, _ := trees.Value(s.Old, full)
		after, _ := trees.Value(s.New, full)
		if !reflect.DeepEqual(before, after) {
			changes = append(changes, fmt.Sprint(path[len(path)-1]))
		}
	}
	if len(changes) > mostChanges {
		changes = append(changes[:mostChanges], fmt.Sprintf("%d more changes", len(changes)-mostChanges))
	}
	return changes
}

// mostChanges is the number of changes of a pod that a sentence lists.
const mostChanges = 3

// argumentChanges returns the arguments of vLLM that differ.
func argumentChanges(before, after []any) []string {
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
func commandLine(inputs map[string]any) []any {
	value, _ := trees.Value(inputs, trees.Path{"spec", "template", "spec", "containers", 0, "args"})
	list, _ := value.([]any)
	return list
}

// unnamed returns the names that clients can no longer request from a model; said is false if
// it keeps all.
func unnamed(s Step) (c Consequence, said bool) {
	if s.Op != apitype.OpUpdate {
		return c, false
	}
	names := func(inputs map[string]any) []string {
		return strings.Fields(arguments(commandLine(inputs)).values["--served-model-name"])
	}
	kept := names(s.New)
	lost := slices.DeleteFunc(names(s.Old), func(name string) bool { return slices.Contains(kept, name) })
	if len(lost) == 0 || len(kept) == 0 {
		return c, false
	}
	return Consequence{Kind: Deletion, Text: fmt.Sprintf("no longer answers to the model name %s: requests with it get 404; the new name is %s", code(strings.Join(lost, " ")), code(kept[0])),
		Safer: fmt.Sprintf("%s keeps the name", code("servedModelName: "+lost[0]))}, true
}

// flags has arguments by their flag, and the flags in order.
type flags struct {
	order  []string
	values map[string]string
}

func arguments(items []any) flags {
	f := flags{values: map[string]string{}}
	flag := "model" // the first argument has no flag
	for _, item := range items {
		word, _ := item.(string)
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
