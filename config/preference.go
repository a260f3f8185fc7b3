package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// edge is one step of a list: the group before is preferred, as the key says.
type edge struct {
	before, after string
	key           *field.Path
}

// contradiction is a list that orders two groups as no list before it does.
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

// fillPriorities gives the cluster autoscaler the order that all lists together make.
// The autoscaler's priority expander has one order for the whole cluster.
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
		found.add(field.ErrorTypeForbidden, field.NewPath("autoscaler", "expander"), "is %q, and %s lists several groups, which the autoscaler takes in that order with the expander priority; remove one of the two",
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

// order returns the groups of the lists, each after all that are preferred to
// it, and otherwise in the order of nodeGroups.
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
	// unlisted is the priority of every group that is in no list. The expander
	// drops a group without a priority where another group has one.
	unlisted = 1
	// priorityStep is the distance of two priorities of groups in lists.
	priorityStep = 10
)

// priorities returns the configuration of the autoscaler's priority expander:
// regular expressions that match names of Auto Scaling groups, by priority, the
// highest for the group that is preferred most. It takes the highest priority of
// which an expression is found anywhere in the name, so all are anchored.
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

// scalingGroups returns the expression that matches the Auto Scaling groups of a
// node group in one zone, and no others. EKS calls them eks-<node group>-<UUID>,
// which AWS does not document; the node group is called <entry>-<zone>- and a
// number that AWS' provider appends. No zone consists of hexadecimal digits
// alone, so an entry whose name begins alike does not match. A name of another
// form has the priority of groups in no list.
func scalingGroups(entry, zone string) string {
	return fmt.Sprintf("^eks-%s-%s-[0-9a-f-]+$", regexp.QuoteMeta(entry), regexp.QuoteMeta(zone))
}
