package explain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// zonal matches the zone at the end of the name of a zone's node group.
var zonal = regexp.MustCompile(`-([a-z]{2}(?:-[a-z]+)+-\d[a-z](?:-[a-z]+-\d[a-z])?)$`)

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
				c.Text, c.Nodes = text, running(text)
			}
			c.Subject = name
			found = append(found, c)
		}
	}
	return found, rest
}

// warned returns what the program warns of for the nodes of a group, by its kind.
func warned(group string, warnings []string) map[Kind]string {
	known := map[Kind]string{}
	for _, warning := range warnings {
		text, about := strings.CutPrefix(warning, group+": ")
		switch {
		case !about:
		case strings.HasPrefix(text, "removes "):
			known[Deletion] = text
		case strings.HasPrefix(text, "replaces "), strings.HasPrefix(text, "updates node groups "):
			known[Replacement] = text
		}
	}
	return known
}

// count matches the number of nodes in a warning of the program.
var count = regexp.MustCompile(`\b(\d+) nodes\b`)

// running returns the number of running nodes that a warning names; 0 if none runs.
func running(warning string) int {
	found := count.FindStringSubmatch(warning)
	if found == nil || strings.Contains(warning, "without nodes") {
		return 0
	}
	n, _ := strconv.Atoi(found[1]) // digits
	return n
}

// moved returns the consequences for models whose nodes are replaced. Their replicas stop
// when a node is drained, and others start on new nodes: each waits until the one before has
// loaded, and only a single replica is missed.
func moved(p Preview, platform []Consequence) []Consequence {
	if p.After == nil {
		return nil
	}
	var found []Consequence
	for _, name := range slices.Sorted(maps.Keys(p.After.Models)) {
		m := p.After.Models[name]
		i := slices.IndexFunc(platform, func(c Consequence) bool {
			return c.Nodes > 0 && c.Kind.Risky() && slices.Contains(m.Groups, c.Subject)
		})
		if _, runs := p.Before.Models[name]; i < 0 || !runs {
			continue
		}
		took := fmt.Sprintf("about %s, or %s with a new node", duration(m.LoadSeconds), duration(m.LoadSeconds+m.ProvisionSeconds))
		c := Consequence{Subject: name, Kind: Restart, Restarts: &Range{0, m.Max},
			Text: fmt.Sprintf("moves the replicas that run on nodes of %s, one after the other: no outage; each takes %s", platform[i].Subject, took)}
		if m.Min < 2 {
			c.Kind, c.OutageSeconds = Outage, m.LoadSeconds
			c.Text = fmt.Sprintf("moves its replica if it runs on a node of %s: OUTAGE of %s", platform[i].Subject, took)
			c.Safer = "`replicas: {min: 2}` first"
		}
		found = append(found, c)
	}
	return found
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
		return Consequence{Kind: Deletion, Nodes: nodes, Text: fmt.Sprintf("removes its node groups%s, with %d nodes at the last update", in, nodes)}
	case op == apitype.OpReplace:
		return Consequence{Kind: Replacement, Nodes: nodes, Text: fmt.Sprintf("replaces its node groups%s, with %d nodes at the last update", in, nodes)}
	case op == apitype.OpCreate:
		low, _ := integer(steps[0].New, "scalingConfig", "minSize")
		high, _ := integer(steps[0].New, "scalingConfig", "maxSize")
		return Consequence{Kind: Creation, Text: fmt.Sprintf("gets node groups%s, with %d to %d nodes in each zone", in, low, high)}
	case slices.ContainsFunc(steps, replacesNodes):
		return Consequence{Kind: Replacement, Nodes: nodes, Text: fmt.Sprintf("replaces its nodes%s, one after the other: %d ran at the last update", in, nodes)}
	}
	return bounds(steps[0])
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
func bounds(s Step) Consequence {
	values := func(inputs map[string]any) (low, high int) {
		low, _ = integer(inputs, "scalingConfig", "minSize")
		high, _ = integer(inputs, "scalingConfig", "maxSize")
		return low, high
	}
	oldLow, oldHigh := values(s.Old)
	low, high := values(s.New)
	if oldLow == low && oldHigh == high {
		return Consequence{Kind: Change, Text: "changes its settings; running nodes stay"}
	}
	return Consequence{Kind: Change, Text: fmt.Sprintf("has %d to %d nodes in each zone instead of %d to %d; running nodes within these bounds stay", low, high, oldLow, oldHigh)}
}
