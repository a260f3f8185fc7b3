package explain

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// policyType is the type of the rules about who may call a model.
const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

// Annotations of the AWS Load Balancer Controller. The Ingresses of a group share a load balancer,
// and another scheme replaces it: pkg/deploy/elbv2/load_balancer_synthesizer.go of
// kubernetes-sigs/aws-load-balancer-controller (read 2026-11-30)
const (
	ingressScheme = "alb.ingress.kubernetes.io/scheme"
	ingressGroup  = "alb.ingress.kubernetes.io/group.name"
	ingressCidrs  = "alb.ingress.kubernetes.io/inbound-cidrs"
	serviceScheme = "service.beta.kubernetes.io/aws-load-balancer-scheme"
)

// clients returns the effects of an update on the clients of a model: the names, keys and
// addresses with which they can no longer call it.
func clients(s Step) []Consequence {
	switch {
	case s.Type == deploymentType && s.Op == apitype.OpUpdate:
		return slices.Concat(unnamed(s), apiKey(s))
	case s.Type == ingressType && s.Op == apitype.OpUpdate:
		return outside(s)
	case s.Type == serviceType && s.Op == apitype.OpUpdate:
		return balancer(s)
	case s.Type == policyType:
		return callers(s)
	}
	return nil
}

// unnamed returns the names that clients can no longer request from a model: its own, and
// those of its adapters.
func unnamed(s Step) []Consequence {
	served := func(inputs map[string]any) []string {
		return strings.Fields(arguments(commandLine(inputs)).values["--served-model-name"])
	}
	adapters := func(inputs map[string]any) []string {
		var names []string
		for _, module := range strings.Fields(arguments(commandLine(inputs)).values["--lora-modules"]) {
			name, _, _ := strings.Cut(module, "=")
			names = append(names, name)
		}
		return names
	}
	kept := served(s.New)
	if len(kept) == 0 {
		return nil
	}
	var found []Consequence
	answers := slices.Concat(kept, adapters(s.New))
	if gone := without(served(s.Old), answers); len(gone) > 0 {
		found = append(found, Consequence{Kind: Deletion, Text: fmt.Sprintf("no longer answers to the model name %s: requests with it get 404; the new name is %s", code(strings.Join(gone, " ")), code(kept[0])),
			Safer: fmt.Sprintf("%s keeps the name", code("servedModelName: "+gone[0]))})
	}
	if gone := without(adapters(s.Old), answers); len(gone) > 0 {
		found = append(found, Consequence{Kind: Deletion, Text: fmt.Sprintf("no longer answers to the name of the adapter %s: requests with it get 404", code(strings.Join(gone, " ")))})
	}
	return found
}

// apiKey returns the effect of another API key.
func apiKey(s Step) []Consequence {
	before, after := keyOf(s.Old), keyOf(s.New)
	switch {
	case reflect.DeepEqual(before, after):
		return nil
	case before == nil:
		return []Consequence{{Kind: Deletion, Text: "requires an API key: requests without it get 401", Safer: "give the key to all clients first; vLLM ignores it until then"}}
	case after == nil:
		return []Consequence{{Kind: Deletion, Text: "loses its API key: everybody who reaches the model can use it"}}
	}
	return []Consequence{{Kind: Deletion, Text: "reads its API key from another Secret: if the key differs, requests with the old one get 401", Safer: "merge it when all clients can change their key"}}
}

// keyOf returns the reference to the API key of a Deployment; nil without one.
func keyOf(inputs map[string]any) map[string]any {
	ref, _ := trees.Value(variables(inputs)["VLLM_API_KEY"], trees.Path{"valueFrom", "secretKeyRef"})
	key, _ := ref.(map[string]any)
	return key
}

// outside returns the effect of another Ingress on clients outside the cluster.
func outside(s Step) []Consequence {
	var found []Consequence
	before, after := text(s.Old, "spec", "rules", 0, "host"), text(s.New, "spec", "rules", 0, "host")
	if before != after && before != "" {
		found = append(found, Consequence{Kind: Deletion, Text: fmt.Sprintf("no longer answers at the host %s: its clients get errors; the new host is %s", code(before), code(after))})
	}
	changed := func(path ...any) bool { return text(s.Old, path...) != text(s.New, path...) }
	if changed("spec", "ingressClassName") || changed("metadata", "annotations", ingressScheme) || changed("metadata", "annotations", ingressGroup) {
		found = append(found, Consequence{Kind: Outage, Text: "moves to another load balancer: clients outside the cluster get errors until the DNS record of its host has the new address"})
	}
	return append(found, refused(split(s.Old), split(s.New))...)
}

func split(ingress map[string]any) []string {
	return strings.FieldsFunc(text(ingress, "metadata", "annotations", ingressCidrs), func(r rune) bool { return r == ',' || r == ' ' })
}

// balancer returns the effect of another Service on clients outside the cluster.
func balancer(s Step) []Consequence {
	const external = "LoadBalancer"
	before, after := text(s.Old, "spec", "type"), text(s.New, "spec", "type")
	switch {
	case before == external && after != external:
		return []Consequence{{Kind: Deletion, Text: "loses its load balancer: clients outside the cluster get errors"}}
	case before != external && after == external:
		return []Consequence{{Kind: Creation, Text: "gets a load balancer"}}
	}
	var found []Consequence
	if text(s.Old, "metadata", "annotations", serviceScheme) != text(s.New, "metadata", "annotations", serviceScheme) {
		found = append(found, Consequence{Kind: Outage, Text: "moves to another load balancer: clients outside the cluster get errors until they use the new address"})
	}
	ranges := func(inputs map[string]any) []string { return stringsOf(inputs, "spec", "loadBalancerSourceRanges") }
	return append(found, refused(ranges(s.Old), ranges(s.New))...)
}

// refused returns the addresses that a load balancer no longer accepts. A load balancer without
// a list accepts all.
func refused(before, after []string) []Consequence {
	if len(after) == 0 {
		return nil
	}
	lost := outsideOf(before, after)
	if len(before) == 0 {
		return []Consequence{{Kind: Deletion, Text: fmt.Sprintf("accepts only clients from %s: others get no answer", code(strings.Join(after, " ")))}}
	}
	if len(lost) == 0 {
		return nil
	}
	return []Consequence{{Kind: Deletion, Text: fmt.Sprintf("no longer accepts clients from %s, except from %s: they get no answer", code(strings.Join(lost, " ")), code(strings.Join(after, " ")))}}
}

// callers returns the clients that a NetworkPolicy no longer admits.
func callers(s Step) []Consequence {
	const enforced = "where a controller enforces NetworkPolicies"
	switch s.Op {
	case apitype.OpCreate:
		return []Consequence{{Kind: Deletion, Text: "admits only the clients in `network.clients`: connections of others fail, " + enforced}}
	case apitype.OpDelete:
		return []Consequence{{Kind: Change, Text: "loses its NetworkPolicy: every pod of the cluster can call it"}}
	case apitype.OpUpdate:
		before, after := peers(s.Old), peers(s.New)
		lost := outsideOf(before, after)
		switch {
		case len(lost) == 0 || slices.Contains(after, everybody):
			return nil
		case slices.Contains(before, everybody):
			return []Consequence{{Kind: Deletion, Text: fmt.Sprintf("admits only %s: connections of others fail, %s", enumerate(append(quoted(after), "the pods of its namespace")), enforced)}}
		}
		return []Consequence{{Kind: Deletion, Text: fmt.Sprintf("no longer admits %s: connections from there fail, %s", code(strings.Join(lost, ", ")), enforced)}}
	}
	return nil
}

// everybody stands for all callers.
const everybody = "everybody"

func quoted(list []string) []string {
	var all []string
	for _, item := range list {
		all = append(all, code(item))
	}
	return all
}

// peers returns the namespaces and addresses that a NetworkPolicy admits.
func peers(policy map[string]any) []string {
	var found []string
	value, _ := trees.Value(policy, trees.Path{"spec", "ingress"})
	rules, _ := value.([]any)
	for _, rule := range rules {
		value, _ := trees.Value(rule, trees.Path{"from"})
		list, _ := value.([]any)
		if len(list) == 0 {
			found = append(found, everybody)
		}
		for _, item := range list {
			peer, _ := item.(map[string]any)
			if space := text(peer, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"); space != "" {
				found = append(found, "namespace "+space)
			} else if cidr := text(peer, "ipBlock", "cidr"); cidr != "" {
				found = append(found, cidr)
			}
		}
	}
	return found
}

// outsideOf returns the items of a list that no item of another list equals or, for ranges of
// addresses, contains.
func outsideOf(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(item string) bool {
		return slices.ContainsFunc(others, func(other string) bool {
			narrow, errNarrow := netip.ParsePrefix(item)
			wide, errWide := netip.ParsePrefix(other)
			if cmp.Or(errNarrow, errWide) != nil {
				return item == other
			}
			return wide.Bits() <= narrow.Bits() && wide.Contains(narrow.Addr())
		})
	})
}

// without returns the items of a list that are not in another.
func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(item string) bool { return slices.Contains(others, item) })
}

// stringsOf returns a list of strings below a tree.
func stringsOf(tree map[string]any, path ...any) []string {
	value, _ := trees.Value(tree, path)
	items, _ := value.([]any)
	var list []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			list = append(list, s)
		}
	}
	return list
}
