package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Types of the platform's resources.
const (
	nodesType     = "vllm-eks:nodes:Nodes"
	groupType     = "aws:eks/nodeGroup:NodeGroup"
	clusterType   = "aws:eks/cluster:Cluster"
	namespaceType = "kubernetes:core/v1:Namespace"
	releaseType   = "kubernetes:helm.sh/v3:Release"
	addonType     = "aws:eks/addon:Addon"
)

// lost states what the deletion of a resource loses, by its type. The deletion of another type
// loses nothing that an update cannot create again.
var lost = map[string]string{
	"aws:ec2/vpc:Vpc":                 "the VPC with everything in it",
	"aws:ec2/subnet:Subnet":           "a subnet, from which nodes and load balancers must leave first",
	clusterType:                       "the cluster with everything on it",
	logsType:                          "a log group with its logs",
	rulesType:                         "the alerts of all models",
	"aws:kms/key:Key":                 "a KMS key; what it encrypts cannot be read afterwards",
	"aws:s3/bucket:Bucket":            "a bucket",
	namespaceType:                     "the namespace with everything in it",
	claimType:                         "a volume with its data",
	"aws:ec2/natGateway:NatGateway":   "a NAT gateway: connections through it end",
	"aws:ec2/vpcEndpoint:VpcEndpoint": "a VPC endpoint: connections through it end",
}

// part has the steps of one component of the platform.
type part struct {
	name, typ string
	steps     []Step
}

// platform returns the consequences for everything except the models. Warnings are those of
// the program, which knows the running nodes.
func (b book) platform(warnings []string) []Consequence {
	parts := map[string]*part{}
	for _, s := range b.preview.Steps {
		box := b.component(s)
		if box.Type == modelType || !s.changes() || s.Type == stackType || s.Type == referenceType ||
			strings.HasPrefix(s.Type, "pulumi:providers:") && !s.is(apitype.OpReplace) {
			continue
		}
		p := parts[box.URN]
		if p == nil {
			p = &part{name: box.name(), typ: box.Type}
			parts[box.URN] = p
		}
		p.steps = append(p.steps, s)
	}
	found := unprotected(b.preview.Steps)
	for _, p := range slices.SortedFunc(maps.Values(parts), func(x, y *part) int { return cmp.Compare(x.name, y.name) }) {
		found = append(found, p.consequences(warnings)...)
	}
	return found
}

// referenceType is the type of the reference to the stack's last outputs.
const referenceType = "pulumi:pulumi:StackReference"

// consequences returns the effects of the component's steps.
func (p *part) consequences(warnings []string) []Consequence {
	var found []Consequence
	var rest []Step
	if p.typ == nodesType {
		found, rest = nodeGroups(p.steps, warnings)
	} else {
		rest = p.steps
	}
	var plain []Step
	for _, s := range withoutEntries(rest) {
		list := p.single(s)
		for _, c := range list {
			c.Subject = cmp.Or(c.Subject, p.name)
			found = append(found, c)
		}
		if len(list) == 0 {
			plain = append(plain, s)
		}
	}
	if len(plain) == 0 {
		return found
	}
	summary := p.summary(plain)
	if len(found) > 0 && summary.Kind == Creation && !slices.ContainsFunc(found, func(c Consequence) bool { return c.Kind != Creation }) {
		return found // such as the namespace of a new chart
	}
	return append(found, summary)
}

// single returns the effects of a step that deserves a sentence of its own.
func (p *part) single(s Step) []Consequence {
	what, durable := lost[s.Type]
	switch {
	case durable && s.Op == apitype.OpDelete:
		return one(Consequence{Subject: subject(s), Kind: Deletion, Text: "would be DELETED: " + what}, true)
	case durable && s.Op == apitype.OpReplace:
		return one(Consequence{Subject: subject(s), Kind: Deletion, Text: fmt.Sprintf("would be REPLACED, which deletes %s (%s)", what, strings.Join(s.Keys, ", "))}, true)
	case s.Type == releaseType:
		return chart(s)
	case s.Type == clusterType && s.Op == apitype.OpUpdate:
		return append(one(controlPlane(s)), endpoint(s)...)
	case s.Type == addonType:
		return one(addon(s))
	case s.Type == logsType && s.Op == apitype.OpUpdate:
		return one(retention(s))
	case s.Type == entryType, s.Type == policyOf:
		return one(access(s))
	}
	return nil
}

// one returns the only effect of a step; nothing if the step has none.
func one(c Consequence, said bool) []Consequence {
	if !said {
		return nil
	}
	return []Consequence{c}
}

// subject names a resource by its kind and its name in the program.
func subject(s Step) string {
	if s.Type == namespaceType {
		return "namespace " + cmp.Or(text(s.Old, "metadata", "name"), s.name())
	}
	return strings.ToLower(s.kind()) + " " + s.name()
}

// stops states what stops without a chart, by the name of its release. Without another
// sentence, its data is lost.
var stops = map[string]string{
	"keda":                         "models are no longer scaled by load, unless another KEDA runs",
	"cluster-autoscaler":           "no node starts for a waiting replica, unless another autoscaler runs",
	"nvidia-device-plugin":         "no further replica gets a GPU, unless another device plugin runs",
	"aws-load-balancer-controller": "load balancers do not follow their replicas, unless another controller runs",
	"kps":                          "metrics, alerts and scaling by load stop, unless another Prometheus runs",
}

// chart returns the effects of a step on a Helm release.
func chart(s Step) []Consequence {
	name := cmp.Or(text(s.New, "name"), text(s.Old, "name"), s.name())
	c := Consequence{Subject: name}
	before, after := text(s.Old, "version"), text(s.New, "version")
	switch s.Op {
	case apitype.OpCreate:
		c.Kind, c.Text = Creation, "is installed from chart "+code(after)
	case apitype.OpDelete:
		c.Kind, c.Text = Deletion, "would be UNINSTALLED with its data"
		if what, known := stops[name]; known {
			c.Text += ": " + what
		}
	case apitype.OpReplace:
		c.Kind, c.Text = Replacement, "is uninstalled and installed again"
	default:
		c.Kind, c.Text = Change, "changes its values; its own pods may restart, replicas of models keep running"
		if before != after {
			c.Text = fmt.Sprintf("goes from chart %s to %s; its own pods restart, replicas of models keep running", code(before), code(after))
		}
	}
	return append([]Consequence{c}, metrics(name, s)...)
}

// metrics returns the effect of a shorter retention of metrics.
func metrics(name string, s Step) []Consequence {
	days := func(inputs map[string]any) int {
		n, _ := strconv.Atoi(strings.TrimSuffix(text(inputs, "values", "prometheus", "prometheusSpec", "retention"), "d"))
		return n
	}
	before, after := days(s.Old), days(s.New)
	if after == 0 || after >= before {
		return nil
	}
	return []Consequence{{Subject: name, Kind: Deletion, Text: fmt.Sprintf("keeps metrics for %d days instead of %d: DELETES older ones", after, before)}}
}

// controlPlane returns the effect of an update of the EKS cluster.
func controlPlane(s Step) (Consequence, bool) {
	before, after := text(s.Old, "version"), text(s.New, "version")
	if before == after {
		return Consequence{}, false
	}
	return Consequence{Kind: Replacement, Text: fmt.Sprintf("goes from Kubernetes %s to %s, which EKS cannot undo; models serve meanwhile, and nodes follow", before, after),
		Safer: "update another environment first"}, true
}

// addon returns the effect of a step on an EKS add-on.
func addon(s Step) (Consequence, bool) {
	name := cmp.Or(text(s.New, "addonName"), text(s.Old, "addonName"), s.name())
	before, after := text(s.Old, "addonVersion"), text(s.New, "addonVersion")
	switch {
	case s.Op == apitype.OpDelete:
		return Consequence{Subject: name, Kind: Deletion, Text: "would be DELETED: pods that need this add-on fail, or do not start"}, true
	case s.Op == apitype.OpUpdate && before != after:
		return Consequence{Subject: name, Kind: Change, Text: fmt.Sprintf("goes from %s to %s", code(before), code(after))}, true
	}
	return Consequence{}, false
}

// summary returns one sentence about the other steps of a component.
func (p *part) summary(steps []Step) Consequence {
	verbs := []struct {
		op   apitype.OpType
		verb string
		kind Kind
	}{{apitype.OpDelete, "deletes", Change}, {apitype.OpReplace, "replaces", Change}, {apitype.OpUpdate, "updates", Change}, {apitype.OpCreate, "creates", Creation}}
	c := Consequence{Subject: p.name, Kind: Creation}
	var parts []string
	for _, v := range verbs {
		names := map[string]int{}
		for _, s := range steps {
			if s.Op == v.op {
				names[s.kind()]++
			}
		}
		if len(names) == 0 {
			continue
		}
		var list []string
		for _, name := range slices.Sorted(maps.Keys(names)) {
			list = append(list, several(names[name], name))
		}
		parts = append(parts, v.verb+" "+enumerate(list))
		if v.kind == Change {
			c.Kind = Change
		}
	}
	if len(parts) == 0 {
		parts, c.Kind = []string{fmt.Sprintf("has %d other operations", len(steps))}, Change
	}
	c.Text = strings.Join(parts, ", ")
	return c
}

func several(n int, name string) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%d %s", n, name)
}
