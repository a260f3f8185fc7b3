package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// edge is one step of a list: the key prefers the group before to the next one.
type edge struct {
	before, after string
	key           *field.Path
}

// contradiction is a step that contradicts earlier lists.
type contradiction struct {
	step edge
	// steps lead from the second group to the first.
	steps []edge
}

// preferences returns the steps of all lists of node groups; none if a list names a
// group twice or contradicts another.
func (c *Config) preferences(found *findings) ([]edge, *contradiction) {
	var edges []edge
	for i, m := range c.Models {
		key := found.typedAt(field.NewPath("models").Index(i).Child("nodeGroup"))
		for j := 1; j < len(m.NodeGroupNames); j++ {
			step := edge{before: m.NodeGroupNames[j-1], after: m.NodeGroupNames[j], key: key}
			if step.before == step.after {
				return nil, nil // reported as listed twice
			}
			if back := path(edges, step.after, step.before, nil); back != nil {
				return nil, &contradiction{step, back}
			}
			edges = append(edges, step)
		}
	}
	return edges, nil
}

// fillPriorities sets the priorities of the cluster autoscaler from all lists together,
// because its priority expander has one order for the whole cluster.
func (c *Config) fillPriorities(found *findings) {
	p := &c.Platform
	if edges, _ := c.preferences(found); len(edges) > 0 && p.Autoscaler.Install && p.Made() {
		p.Autoscaler.Priorities = c.priorities(order(edges, c.groupNames()))
	}
}

// checkPreferences refuses lists of node groups that contradict each other, or the
// autoscaler's expander.
func (c *Config) checkPreferences(found *findings) {
	edges, wrong := c.preferences(found)
	if wrong != nil {
		found.add(field.ErrorTypeInvalid, wrong.step.key, "prefers %s to %s, and %s; the cluster autoscaler has one order for the whole cluster, so list the groups in the same order",
			wrong.step.before, wrong.step.after, describeSteps(wrong.steps))
	}
	p := &c.Platform
	if typed := c.typed.Autoscaler.Expander; len(edges) > 0 && p.Autoscaler.Install && p.Made() && typed != "" {
		found.add(field.ErrorTypeForbidden, field.NewPath("autoscaler", "expander"), "is %q, but %s lists several groups, for which the autoscaler uses the expander priority; remove one of the two",
			typed, edges[0].key)
	}
}

// path returns steps that lead from one group to another; nil if none do.
func path(edges []edge, source, target string, passed []string) []edge {
	for _, e := range edges {
		if e.before != source || slices.Contains(passed, e.after) {
			continue
		}
		if e.after == target {
			return []edge{e}
		}
		if rest := path(edges, e.after, target, append(passed, source)); rest != nil {
			return append([]edge{e}, rest...)
		}
	}
	return nil
}

func describeSteps(steps []edge) string {
	var parts []string
	for _, e := range steps {
		parts = append(parts, fmt.Sprintf("%s prefers %s to %s", e.key, e.before, e.after))
	}
	return strings.Join(parts, ", ")
}

// order returns the groups of the lists, each after all groups that are preferred to it,
// and otherwise in the order of nodeGroups.
func order(edges []edge, names []string) []string {
	var groups []string
	waits := func(name string) bool {
		return slices.ContainsFunc(edges, func(e edge) bool { return e.after == name && !slices.Contains(groups, e.before) })
	}
	listed := func(name string) bool {
		return slices.ContainsFunc(edges, func(e edge) bool { return e.before == name || e.after == name })
	}
	for range names {
		for _, name := range names {
			if listed(name) && !slices.Contains(groups, name) && !waits(name) {
				groups = append(groups, name)
				break
			}
		}
	}
	return groups
}

const (
	// unlisted is the priority of every group that is in no list. The expander ignores a
	// group without a priority if another group has one.
	unlisted = 1
	// priorityStep is the difference between the priorities of two groups in lists.
	priorityStep = 10
)

// priorities returns the configuration of the autoscaler's priority expander: regular
// expressions that match names of Auto Scaling groups, by priority. The most preferred
// group has the highest priority. The expander searches each expression anywhere in the
// name, so all expressions are anchored.
// https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.2/cluster-autoscaler/expander/priority/priority.go
func (c *Config) priorities(preferred []string) map[int][]string {
	expressions := map[int][]string{unlisted: {".*"}}
	for i, name := range preferred {
		index := slices.Index(c.groupNames(), name)
		if index < 0 {
			continue // reported as unknown
		}
		priority := priorityStep * (len(preferred) - i)
		for _, zone := range c.Platform.Nodes.Groups[index].Zones {
			expressions[priority] = append(expressions[priority], scalingGroups(name, zone))
		}
	}
	return expressions
}

// scalingGroups returns the expression that matches the Auto Scaling groups of a node
// group in one zone, and no others. EKS names them eks-<node group>-<UUID>, which AWS
// does not document. The name of the node group is <entry>-<zone>- and a number from AWS'
// provider. No zone has only hexadecimal digits, so an entry with the same prefix does
// not match. A group with a name of another form has the priority unlisted.
func scalingGroups(entry, zone string) string {
	return fmt.Sprintf("^eks-%s-%s-[0-9a-f-]+$", regexp.QuoteMeta(entry), regexp.QuoteMeta(zone))
}
