package explain

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// book has the steps of a preview by URN.
type book struct {
	preview Preview
	steps   map[string]Step
}

// Types of the program's components, and of objects.
const (
	modelType      = "vllm-eks:serving:VLLMService"
	deploymentType = "kubernetes:apps/v1:Deployment"
	serviceType    = "kubernetes:core/v1:Service"
	claimType      = "kubernetes:core/v1:PersistentVolumeClaim"
	secretType     = "kubernetes:core/v1:Secret"
	ingressType    = "kubernetes:networking.k8s.io/v1:Ingress"
	scaledType     = "kubernetes:keda.sh/v1alpha1:ScaledObject"
	monitorType    = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
	scalerType     = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
)

// component returns the component directly below the stack to which a step belongs. A digest has
// no steps of components that stay the same: then their URN has their type and name.
func (b book) component(s Step) Step {
	for range len(b.steps) + 1 { // a preview with a circle of parents is not the engine's
		parent, found := b.steps[s.Parent]
		if !found {
			parent = Step{Op: apitype.OpSame, URN: s.Parent, Type: typeOf(s.Parent)}
		}
		if parent.Type == stackType || parent.Type == "" {
			break
		}
		s = parent
	}
	return s
}

// typeOf returns the type in the URN of a resource, without those of its parents; "" without a
// URN.
func typeOf(urn string) string {
	parts := strings.Split(urn, "::")
	if len(parts) < 4 {
		return ""
	}
	return parts[2][strings.LastIndex(parts[2], "$")+1:]
}

// model has the steps of one model's objects.
type model struct {
	name          string
	component     Step
	steps         []Step
	before, after *plans.Model
	// successor is a model that the update creates with the weights of this deleted one.
	successor string
}

// models returns the consequences of the update for each model.
func (b book) models() []Consequence {
	models := map[string]*model{}
	for _, s := range b.preview.Steps {
		box := b.component(s)
		if box.Type != modelType {
			continue
		}
		m := models[box.URN]
		if m == nil {
			m = &model{name: box.name(), component: box}
			models[box.URN] = m
		}
		if s.changes() {
			m.steps = append(m.steps, s)
		}
	}
	list := slices.SortedFunc(maps.Values(models), func(x, y *model) int { return cmp.Compare(x.name, y.name) })
	for _, m := range list {
		b.record(m)
	}
	var found []Consequence
	for _, m := range list {
		m.succeeded(list)
		found = append(found, m.consequences()...)
	}
	return found
}

// record sets the model's name and its records, by the Deployment's name and namespace. The
// component of a model without a step of its Deployment has the same name as the Deployment.
func (b book) record(m *model) {
	for name, record := range b.preview.Before.Models {
		if record.Deployment == m.component.name() {
			m.name = name
		}
	}
	for _, s := range b.preview.Steps {
		if s.Type != deploymentType || b.component(s).URN != m.component.URN {
			continue
		}
		find := func(inputs map[string]any, models map[string]plans.Model) *plans.Model {
			for name, record := range models {
				if record.Deployment == text(inputs, "metadata", "name") && record.Namespace == text(inputs, "metadata", "namespace") {
					m.name = name
					return &record
				}
			}
			return nil
		}
		m.before = find(s.Old, b.preview.Before.Models)
		if b.preview.After != nil {
			m.after = find(s.New, b.preview.After.Models)
		}
	}
}

// succeeded finds the model that the update creates with the weights of a deleted one.
func (m *model) succeeded(list []*model) {
	if m.component.Op != apitype.OpDelete || m.before == nil {
		return
	}
	for _, other := range list {
		if other.component.Op == apitype.OpCreate && other.after != nil && other.after.ID == m.before.ID {
			m.successor = other.name
		}
	}
}

// consequences returns the effects of the model's steps.
func (m *model) consequences() []Consequence {
	switch m.component.Op {
	case apitype.OpCreate:
		return []Consequence{m.created()}
	case apitype.OpDelete:
		return []Consequence{m.deleted()}
	}
	var found []Consequence
	quiet := map[string]bool{} // kinds of objects that change without an effect on replicas
	for _, s := range m.steps {
		list := clients(s)
		if len(list) == 0 || s.Type == deploymentType {
			list = append(list, m.step(s)...)
		}
		if len(list) == 0 && s.Type != secretType { // a new Secret restarts the Deployment that reads it
			quiet[s.kind()] = true
		}
		for _, c := range list {
			c.Subject = m.name
			found = append(found, c)
		}
	}
	if len(found) == 0 && len(quiet) > 0 {
		found = append(found, Consequence{Subject: m.name, Kind: Change,
			Text: "changes " + enumerate(slices.Sorted(maps.Keys(quiet))) + "; its replicas keep running"})
	}
	return found
}

// step returns the effects of one step on the model itself; nothing for an object without one.
func (m *model) step(s Step) []Consequence {
	switch s.Type {
	case deploymentType:
		return m.deployment(s)
	case serviceType:
		return one(m.address(s))
	case ingressType:
		return one(host(s), true)
	case claimType:
		return one(Consequence{Kind: Deletion, Text: "DELETES the volume of its cache; the next start downloads the weights again"}, s.is(apitype.OpDelete, apitype.OpReplace))
	case scaledType:
		return one(m.scaled(s))
	case scalerType:
		return one(scaler(s))
	case monitorType:
		return one(Consequence{Kind: Change, Text: "is no longer scraped: it has no metrics and no alerts"}, s.Op == apitype.OpDelete)
	}
	return nil
}

// address returns the effect of a step on a Service.
func (m *model) address(s Step) (Consequence, bool) {
	name := func(inputs map[string]any) string {
		return code(text(inputs, "metadata", "name") + "." + text(inputs, "metadata", "namespace"))
	}
	switch s.Op {
	case apitype.OpCreate:
		return Consequence{Kind: Creation, Text: "gets the address " + name(s.New)}, true
	case apitype.OpDelete:
		c := Consequence{Kind: Deletion, Text: "loses the address " + name(s.Old) + ": its clients get errors", Safer: "keep the name in `previousNames`"}
		if m.before != nil && m.after != nil && m.before.Namespace != m.after.Namespace {
			c.Safer = fmt.Sprintf("add a model with another name in %s, and remove %s when its clients call that", code(m.after.Namespace), m.name)
		}
		return c, true
	case apitype.OpReplace:
		return Consequence{Kind: Outage, Text: "replaces the Service " + name(s.New) + ": its address in the cluster changes"}, true
	}
	return Consequence{}, false
}

// host returns the effect of a step on an Ingress.
func host(s Step) Consequence {
	switch s.Op {
	case apitype.OpCreate:
		return Consequence{Kind: Creation, Text: "becomes reachable through the ingress controller"}
	case apitype.OpDelete:
		return Consequence{Kind: Deletion, Text: "loses its Ingress: clients outside the cluster get errors"}
	case apitype.OpReplace:
		return Consequence{Kind: Outage, Text: "replaces its Ingress: the load balancer and its address may change"}
	}
	return Consequence{Kind: Change, Text: "changes its Ingress; its replicas keep running"}
}

// scaled returns the effect of a step on a ScaledObject.
func (m *model) scaled(s Step) (Consequence, bool) {
	switch {
	case s.Op == apitype.OpDelete:
		return Consequence{Kind: Change, Text: "is no longer scaled by KEDA; its replicas stay until another scaler changes their number"}, true
	case s.Op != apitype.OpUpdate || m.before == nil || m.after == nil:
		return Consequence{}, false
	case m.before.Min == m.after.Min && m.before.Max == m.after.Max && reflect.DeepEqual(s.Old["spec"], s.New["spec"]):
		return Consequence{}, false
	case m.before.Min == m.after.Min && m.before.Max == m.after.Max:
		return Consequence{Kind: Change, Text: "scales by other targets; its replicas keep running"}, true
	}
	if m.after.Min == 0 && m.before.Min > 0 {
		first := m.after.LoadSeconds + m.after.ProvisionSeconds
		return Consequence{Kind: Outage, Text: fmt.Sprintf("scales from 0 to %d replicas instead of %d to %d: without load it has none, and requests get errors until one has loaded, about %s, or %s with a new node",
			m.after.Max, m.before.Min, m.before.Max, duration(m.after.LoadSeconds), duration(first))}, true
	}
	return Consequence{Kind: Change, Text: fmt.Sprintf("scales from %d to %d replicas instead of %d to %d; running replicas within these bounds stay",
		m.after.Min, m.after.Max, m.before.Min, m.before.Max)}, true
}

// scaler returns the effect of a step on a HorizontalPodAutoscaler.
func scaler(s Step) (Consequence, bool) {
	switch s.Op {
	case apitype.OpCreate:
		return Consequence{Kind: Change, Text: "is scaled by a HorizontalPodAutoscaler"}, true
	case apitype.OpDelete:
		return Consequence{Kind: Change, Text: "is no longer scaled by a HorizontalPodAutoscaler; its replicas stay until another scaler changes their number"}, true
	}
	return Consequence{}, false
}

// created returns the effect of a new model.
func (m *model) created() Consequence {
	c := Consequence{Subject: m.name, Kind: Creation, Text: "is created"}
	if r := m.after; r != nil {
		c.Text += " with " + counted(r.Min, r.Max)
		if len(r.Groups) > 0 {
			c.Text += " on " + strings.Join(r.Groups, " or ")
		}
		c.Text += fmt.Sprintf("; its first answer comes after about %s on a running node, %s on a new one", duration(r.LoadSeconds), duration(r.LoadSeconds+r.ProvisionSeconds))
	}
	return c
}

// deleted returns the effect of a model that the update deletes.
func (m *model) deleted() Consequence {
	c := Consequence{Subject: m.name, Kind: Deletion, Text: "would be DELETED: its replicas stop, and its clients get errors"}
	if slices.ContainsFunc(m.steps, func(s Step) bool { return s.Type == claimType && s.Op == apitype.OpDelete }) {
		c.Text += "; the volume of its cache is deleted"
	}
	switch {
	case m.successor != "":
		c.Safer = fmt.Sprintf("if %s replaces it: `previousNames: [%s]` on %[1]s keeps its replicas and its address", m.successor, m.name)
	default:
		c.Safer = "`replicas: {min: 0}` frees its GPUs without load, and keeps its address"
	}
	return c
}

// text returns a string below a tree; "" without it.
func text(tree map[string]any, path ...any) string {
	value, _ := trees.Value(tree, path)
	s, _ := value.(string)
	return s
}

// integer returns a number below a tree.
func integer(tree map[string]any, path ...any) (int, bool) {
	value, _ := trees.Value(tree, path)
	n, ok := value.(float64)
	return int(n), ok
}
