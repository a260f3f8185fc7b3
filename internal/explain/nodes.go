package explain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// zonal matches the zone at the end of the name of a zone's node group. Its directions are those
// of the regions of AWS, so that a group can have a name such as g5-on-demand:
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (read 2026-11-30)
var zonal = regexp.MustCompile(`-((?:[a-z]{2}(?:-gov|-iso[a-z]?)?|eusc-de)-(?:central|north|south|(?:north|south)?(?:east|west))-\d(?:-[a-z]+-\d)?[a-z])$`)

// nodeGroups returns the consequences for node groups, and the steps of other resources. The
// program knows the running nodes and warns of what happens to them; without access to AWS,
// the number of nodes is not known.
func nodeGroups(steps []Step, warnings []string) (found []Consequence, rest []Step) {
	groups := map[string][]Step{}
	for _, s := range steps {
		switch s.Type {
		case groupType:
			name := zonal.ReplaceAllString(strings.TrimPrefix(s.name(), "nodes-"), "")
			groups[name] = append(groups[name], s)
		case "aws:ec2/launchTemplate:LaunchTemplate": // its node groups change with it
		default:
			rest = append(rest, s)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		known := warned(name, warnings)
		for _, op := range []apitype.OpType{apitype.OpDelete, apitype.OpReplace, apitype.OpUpdate, apitype.OpCreate} {
			same := slices.DeleteFunc(slices.Clone(groups[name]), func(s Step) bool { return s.Op != op })
			if len(same) == 0 {
				continue
			}
			c := groupChange(op, same)
			if text, found := known[c.Kind]; found && op != apitype.OpCreate {
				c.Text, c.Nodes = strings.Join(text, "; "), 0
				for _, one := range text {
					c.Nodes += running(one)
				}
			}
			c.Subject = name
			found = append(found, c)
		}
	}
	return found, rest
}

// warned returns what the program warns of for the nodes of a group, by its kind: one warning
// for each zone that goes.
func warned(group string, warnings []string) map[Kind][]string {
	known := map[Kind][]string{}
	for _, warning := range warnings {
		text, about := strings.CutPrefix(warning, group+": ")
		switch {
		case !about:
		case strings.HasPrefix(text, "removes "):
			known[Deletion] = append(known[Deletion], text)
		case strings.HasPrefix(text, "replaces "), strings.HasPrefix(text, "updates node groups "):
			known[Replacement] = append(known[Replacement], text)
		}
	}
	return known
}

// count matches the number of nodes in a warning of the program.
var count = regexp.MustCompile(`\b(\d+) nodes?\b`)

// running returns the number of running nodes that a warning names; 0 if none runs.
func running(warning string) int {
	found := count.FindStringSubmatch(warning)
	if found == nil || strings.Contains(warning, "without nodes") {
		return 0
	}
	n, _ := strconv.Atoi(found[1]) // digits
	return n
}

// drainSeconds is the longest time for which EKS drains a node of a deleted node group, before it
// ends the node: https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html
// (read 2026-11-30)
const drainSeconds = 300

// moved returns the consequences for models whose nodes are replaced. Their replicas stop
// when a node is drained, and others start on new nodes. While EKS replaces nodes, each replica
// waits until the one before has loaded, and only a single replica is missed. EKS does not wait
// as long for the nodes of a group that it deletes.
func moved(p Preview, platform []Consequence) []Consequence {
	models := p.Before.Models
	if p.After != nil {
		models = p.After.Models
	}
	var found []Consequence
	for _, name := range slices.Sorted(maps.Keys(models)) {
		m := models[name]
		_, runs := p.Before.Models[name]
		if op := deployed(p.Steps, m); op == apitype.OpDelete || !runs && op == "" {
			continue
		}
		if c, moves := moving(m, platform); moves {
			c.Subject = name
			found = append(found, c)
		}
	}
	return found
}

// moving returns the consequence for a model of its nodes' replacement.
func moving(m plans.Model, platform []Consequence) (c Consequence, moves bool) {
	var group *Consequence
	for _, change := range platform {
		if change.Nodes > 0 && change.Kind.Risky() && slices.Contains(m.Groups, change.Subject) && (group == nil || change.ends) {
			group = &change
		}
	}
	if group == nil {
		return c, false
	}
	took := fmt.Sprintf("about %s, or %s with a new node", duration(m.LoadSeconds), duration(m.LoadSeconds+m.ProvisionSeconds))
	switch {
	case m.Min < 2:
		return Consequence{Kind: Outage, Restarts: &Range{0, m.Max}, OutageSeconds: m.LoadSeconds, Safer: "`replicas: {min: 2}` first",
			Text: fmt.Sprintf("moves its replica if it runs on a node of %s: OUTAGE of %s", group.Subject, took)}, true
	case group.ends && m.LoadSeconds >= drainSeconds:
		return Consequence{Kind: Outage, Restarts: &Range{0, m.Max}, OutageSeconds: m.LoadSeconds, Safer: "add a node group with another name, let the model move to it, and then remove this one",
			Text: fmt.Sprintf("moves the replicas that run on nodes of %s: EKS ends a node after %s, before a new replica has loaded: OUTAGE of %s if all run there", group.Subject, duration(drainSeconds), took)}, true
	}
	return Consequence{Kind: Restart, Restarts: &Range{0, m.Max},
		Text: fmt.Sprintf("moves the replicas that run on nodes of %s, one after the other: no outage; each takes %s", group.Subject, took)}, true
}

// deployed returns the operation on the Deployment that a model has before the update; "" without
// one. The record of a release without the output of the models has none of them.
func deployed(steps []Step, m plans.Model) apitype.OpType {
	for _, s := range steps {
		if s.Type == deploymentType && text(s.Old, "metadata", "name") == m.Deployment && text(s.Old, "metadata", "namespace") == m.Namespace {
			return s.Op
		}
	}
	return ""
}

// groupChange returns the effect of an operation on the node groups of some zones.
func groupChange(op apitype.OpType, steps []Step) Consequence {
	var zones []string
	nodes := 0
	for _, s := range steps {
		if found := zonal.FindStringSubmatch(s.name()); found != nil {
			zones = append(zones, found[1])
		}
		desired, _ := integer(s.OldOutputs, "scalingConfig", "desiredSize")
		nodes += desired
	}
	in := " in " + enumerate(zones)
	switch {
	case op == apitype.OpDelete:
		return Consequence{Kind: Deletion, Nodes: nodes, ends: true, Text: fmt.Sprintf("removes its node groups%s, with %s at the last update", in, number(nodes, "node"))}
	case op == apitype.OpReplace:
		return Consequence{Kind: Replacement, Nodes: nodes, ends: true, Text: fmt.Sprintf("replaces its node groups%s, with %s at the last update", in, number(nodes, "node"))}
	case op == apitype.OpCreate:
		return Consequence{Kind: Creation, Text: "gets node groups with " + perZone(steps, func(s Step) string { return nodesOf(s.New) })}
	case slices.ContainsFunc(steps, replacesNodes):
		return Consequence{Kind: Replacement, Nodes: nodes, Text: fmt.Sprintf("replaces its nodes%s, one after the other: %d ran at the last update", in, nodes)}
	}
	return bounds(steps)
}

// replacesNodes reports whether EKS replaces the nodes of an updated group.
func replacesNodes(s Step) bool {
	if text(s.Old, "version") != text(s.New, "version") || text(s.Old, "releaseVersion") != text(s.New, "releaseVersion") {
		return true
	}
	return slices.ContainsFunc(s.Changed, func(path string) bool { return strings.HasPrefix(path, "launchTemplate") }) ||
		text(s.Old, "launchTemplate", "version") != text(s.New, "launchTemplate", "version")
}

// bounds returns the effect of other bounds of a group.
func bounds(steps []Step) Consequence {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return nodesOf(s.Old) == nodesOf(s.New) })
	if len(steps) == 0 {
		return Consequence{Kind: Change, Text: "changes its settings; running nodes stay"}
	}
	return Consequence{Kind: Change, Text: fmt.Sprintf("has %s; running nodes within these bounds stay",
		perZone(steps, func(s Step) string { return nodesOf(s.New) + " instead of " + nodesOf(s.Old) }))}
}

// nodesOf returns the bounds of a node group: "0 to 3 nodes".
func nodesOf(inputs map[string]any) string {
	low, _ := integer(inputs, "scalingConfig", "minSize")
	high, _ := integer(inputs, "scalingConfig", "maxSize")
	return fmt.Sprintf("%d to %d nodes", low, high)
}

// perZone returns a phrase for each node group, once for the zones with the same.
func perZone(steps []Step, phrase func(Step) string) string {
	zones := map[string][]string{}
	var phrases []string
	for _, s := range steps {
		p := phrase(s)
		if zones[p] == nil {
			phrases, zones[p] = append(phrases, p), []string{}
		}
		if found := zonal.FindStringSubmatch(s.name()); found != nil {
			zones[p] = append(zones[p], found[1])
		}
	}
	for i, p := range phrases {
		switch list := zones[p]; len(list) {
		case 0:
		case 1:
			phrases[i] += " in " + list[0]
		default:
			phrases[i] += " in each of " + enumerate(list)
		}
	}
	return strings.Join(phrases, ", and ")
}
