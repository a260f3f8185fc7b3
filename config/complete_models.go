package config

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/otlp"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// completeNamespaces sets the namespaces, and the namespace of each model if there is
// only one.
func (c *Config) completeNamespaces(found *findings) {
	if !found.typed(field.NewPath("namespaces")) {
		c.Namespaces = []serving.NamespaceSpec{{Name: "inference"}}
	}
	for i, n := range c.Namespaces {
		c.Namespaces[i] = c.recognize(n.WithDefaults())
	}
	names, complete := c.namespaceNames(found)
	for i := range c.Models {
		m := &c.Models[i]
		if complete && len(names) == 1 && m.Namespace == "" && !found.covers(field.NewPath("models").Index(i).Child("namespace")) {
			m.Namespace = names[0]
		}
	}
}

// namespaceNames returns the names of the namespaces, and whether the list is complete.
func (c *Config) namespaceNames(found *findings) (names []string, complete bool) {
	complete = !found.covers(field.NewPath("namespaces"))
	for _, n := range c.Namespaces {
		if n.Name == "" {
			complete = false // reported as missing; a model may refer to it
			continue
		}
		names = append(names, n.Name)
	}
	return names, complete
}

// completeModels sets the values that models need from the platform and from each other,
// and then their defaults.
func (c *Config) completeModels(found *findings) {
	c.placeLoadBalancers()
	for i := range c.Models {
		m := &c.Models[i]
		m.Storage.Region = c.Region
		m.Costs = c.Costs.Costs
		m.Monitoring = c.Monitoring
		c.completeTraces(m)
		found.redirect(field.NewPath("models").Index(i).Child("monitoring"), field.NewPath("monitoring"))
		m.Access.Guarded = c.APIKey != nil
		c.chooseNodeGroup(found, i)
	}
	c.share()
	c.gate()
	for i := range c.Models {
		c.Models[i] = c.Models[i].WithDefaults()
	}
}

// completeTraces sets the collector of a model that names none. A wrong URL is reported by
// the key of telemetry alone.
func (c *Config) completeTraces(m *serving.Spec) {
	var wrong field.ErrorList
	url := c.Platform.Telemetry.ModelsURL()
	otlp.Check(&wrong, nil, url, "")
	if m.Traces.CollectorURL == "" && !m.HasTracesFlag() && len(wrong) == 0 {
		m.Traces.CollectorURL = url
	}
}

// placeLoadBalancers sets the subnets of the models' load balancers if the program
// creates the subnets. Otherwise the controller would keep each load balancer in the
// subnets that it found at its creation, and a zone could not be removed from the
// network.
func (c *Config) placeLoadBalancers() {
	n, label := c.Platform.Network, c.Platform.Cluster.Name
	place := func(cidrs, names *[]string, internetFacing bool) {
		*cidrs, *names = n.InternalCIDRs(), n.InternalSubnetNames(label)
		if internetFacing {
			*cidrs, *names = n.PublicCIDRs(), n.PublicSubnetNames(label)
		}
	}
	for i := range c.Models {
		ingress, service := &c.Models[i].Ingress, &c.Models[i].Service
		if _, annotated := ingress.Annotations[subnetsAnnotation]; !annotated && ingress.Class == serving.ALBClass && len(ingress.ALB.SubnetCIDRs) == 0 {
			place(&ingress.ALB.SubnetCIDRs, &ingress.ALB.Subnets, ingress.ALB.InternetFacing)
		}
		if service.Type == serving.LoadBalancer && len(service.SubnetCIDRs) == 0 {
			place(&service.SubnetCIDRs, &service.Subnets, service.InternetFacing)
		}
	}
}

// subnetsAnnotation is the annotation with the subnets of a load balancer.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/v3.5/guide/ingress/annotations/#subnets
const subnetsAnnotation = "alb.ingress.kubernetes.io/subnets"

// gate sets readiness gates in the namespaces of models with an AWS load balancer.
func (c *Config) gate() {
	for _, m := range c.Models {
		for i := range c.Namespaces {
			if c.Namespaces[i].Name == m.Namespace && m.HasLoadBalancer() {
				c.Namespaces[i].ReadinessGates = true
			}
		}
	}
}

// chooseNodeGroup replaces the names of a model's node groups by the groups. Without
// names, it sets the cheapest group on which the model fits. Problems of a chosen group
// are reported by the group's own key.
func (c *Config) chooseNodeGroup(found *findings, i int) {
	m := &c.Models[i]
	path := field.NewPath("models").Index(i)
	list := path.Child("nodeGroup")
	if len(c.NodeGroups) == 0 && len(m.NodeGroupNames) == 0 || found.covers(list) || found.covers(field.NewPath("nodeGroups")) {
		return
	}
	if len(m.NodeGroupNames) > 0 {
		c.findNodeGroups(found, i)
		return
	}
	groups, names := c.groupsFor(*m)
	if len(groups) == 0 {
		if m.GPU.Type != "" { // without a GPU type, the problems of every group are reported
			problems.NotSupported(&c.unfilled, path.Child("gpu", "type"), "is %q, which no node group has; want the GPU of one of these groups: %s", m.GPU.Type, strings.Join(c.groupNames(), ", "))
		}
		return
	}
	choice, ok := m.Cheapest(groups)
	if !ok && len(groups) > 1 && m.UnknownShape() {
		problems.Required(&c.unfilled, list, "is missing, and the cheapest group is not known, because the shape of %s is not known; name one of %s", m.Model.ID, strings.Join(names, ", "))
		return
	}
	if !ok {
		choice.Group = groups[0] // the only group; problems are reported elsewhere
	}
	m.NodeGroup, m.NodeGroupNames = choice.Group, []string{choice.Group.Name}
	c.passedOver[i] = choice.PassedOver
	found.redirect(list, field.NewPath("nodeGroups").Index(slices.Index(c.groupNames(), choice.Group.Name)))
}

// findNodeGroups sets the groups that a model lists by name, unless a name is wrong.
func (c *Config) findNodeGroups(found *findings, i int) {
	m := &c.Models[i]
	if wrong := c.wrongName(m.NodeGroupNames); wrong >= 0 {
		return
	}
	var groups []serving.NodeGroup
	path, names := field.NewPath("models").Index(i), c.groupNames()
	for j, name := range m.NodeGroupNames {
		index := slices.Index(names, name)
		groups = append(groups, c.NodeGroups[index])
		origin := field.NewPath("nodeGroups").Index(index)
		found.redirect(itemPath(path.Child("nodeGroup"), m.NodeGroupNames, j), origin)
		found.redirect(path.Child("nodeGroups").Index(j), origin)
	}
	m.NodeGroup = serving.Compose(groups)
	if len(groups) > 1 {
		m.NodeGroups = groups
	}
}

// wrongName returns the index of the first name that is unknown or listed twice; -1 if
// there is none.
func (c *Config) wrongName(listed []string) int {
	names := c.groupNames()
	for i, name := range listed {
		if !slices.Contains(names, name) || slices.Contains(listed[:i], name) {
			return i
		}
	}
	return -1
}

// itemPath returns the key of an item of a list that may be typed as one string.
func itemPath(path *field.Path, list []string, i int) *field.Path {
	if len(list) == 1 {
		return path
	}
	return path.Index(i)
}

// share sets the requests of other models in the node groups of every model.
func (c *Config) share() {
	demands := make([]serving.Demand, len(c.Models))
	for i, m := range c.Models {
		full := m.WithDefaults()
		demands[i] = serving.Demand{GPUs: full.GPU.Count, Replicas: full.Replicas.Max}
	}
	for i := range c.Models {
		m := &c.Models[i]
		for j, peer := range c.Models {
			if i != j && overlap(m.GroupNames(), peer.GroupNames()) {
				m.NodeGroup.Others = append(m.NodeGroup.Others, demands[j])
			}
		}
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// groupsFor returns the groups with the GPU type of the model, or all groups without a
// GPU type, and their names.
func (c *Config) groupsFor(m serving.Spec) (groups []serving.NodeGroup, names []string) {
	for _, g := range c.NodeGroups {
		if len(g.InstanceTypes) == 0 || g.Name == "" {
			continue
		}
		instance, err := g.Own.Find(g.InstanceTypes[0])
		if m.GPU.Type != "" && err == nil && !strings.EqualFold(instance.GPU.Name, m.GPU.Type) {
			continue
		}
		groups = append(groups, g)
		names = append(names, g.Name)
	}
	return groups, names
}

func (c *Config) groupNames() []string {
	var names []string
	for _, g := range c.NodeGroups {
		names = append(names, g.Name)
	}
	return names
}
