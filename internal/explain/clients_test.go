package explain

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// TestClients holds that a consequence names the clients that can no longer call a model.
func TestClients(t *testing.T) {
	raw := func(text string) map[string]any { return tree(t, "%s", text) }
	key := func(name string) map[string]any {
		return raw(`{"spec": {"template": {"spec": {"containers": [{"image": "vllm:v1", "env": [{"name": "VLLM_API_KEY", "valueFrom": {"secretKeyRef": {"name": "` + name + `", "key": "api-key"}}}]}]}}}}`)
	}
	open := raw(`{"spec": {"template": {"spec": {"containers": [{"image": "vllm:v1"}]}}}}`)
	ingress := func(host, class, group, cidrs string) map[string]any {
		return raw(`{"metadata": {"annotations": {"alb.ingress.kubernetes.io/group.name": "` + group + `", "alb.ingress.kubernetes.io/inbound-cidrs": "` + cidrs + `"}}, "spec": {"ingressClassName": "` + class + `", "rules": [{"host": "` + host + `"}]}}`)
	}
	service := func(kind, ranges string) map[string]any {
		return raw(`{"spec": {"type": "` + kind + `", "loadBalancerSourceRanges": [` + ranges + `]}}`)
	}
	policy := func(peers string) map[string]any {
		return raw(`{"spec": {"ingress": [{"from": [{"podSelector": {}}` + peers + `]}]}}`)
	}
	web := `, {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}`
	range16 := `, {"ipBlock": {"cidr": "10.9.0.0/16"}}`
	const refused = "connections from there fail, where a controller enforces NetworkPolicies"
	adapters := []string{"org/model", "--served-model-name", "org/model", "--enable-lora", "--lora-modules", "sql=acme/sql", "law=acme/law"}
	tests := []struct {
		name, kind    string
		before, after map[string]any
		want          []string
	}{
		{"an API key", deploymentType, open, key("a"), []string{"deletion chat: requires an API key: requests without it get 401. Safer: give the key to all clients first; vLLM ignores it until then"}},
		{"no API key", deploymentType, key("a"), open, []string{"deletion chat: loses its API key: everybody who reaches the model can use it"}},
		{"another API key", deploymentType, key("a"), key("b"), []string{"deletion chat: reads its API key from another Secret: if the key differs, requests with the old one get 401. Safer: merge it when all clients can change their key"}},
		{"an adapter less", deploymentType, deployment(t, "chat", "2", 1, adapters...), deployment(t, "chat", "2", 1, adapters[:6]...), []string{"deletion chat: no longer answers to the name of the adapter `law`: requests with it get 404"}},
		{"no adapter", deploymentType, deployment(t, "chat", "2", 1, adapters...), deployment(t, "chat", "2", 1, adapters[:3]...), []string{"deletion chat: no longer answers to the name of the adapter `sql law`: requests with it get 404"}},
		{"another host", ingressType, ingress("a.example.com", "alb", "g", ""), ingress("b.example.com", "alb", "g", ""), []string{"deletion chat: no longer answers at the host `a.example.com`: its clients get errors; the new host is `b.example.com`"}},
		{"another class", ingressType, ingress("a", "alb", "g", ""), ingress("a", "nginx", "g", ""), []string{"outage chat: moves to another load balancer: clients outside the cluster get errors until the DNS record of its host has the new address"}},
		{"another group", ingressType, ingress("a", "alb", "g", ""), ingress("a", "alb", "h", ""), []string{"outage chat: moves to another load balancer: clients outside the cluster get errors until the DNS record of its host has the new address"}},
		{"fewer addresses", ingressType, ingress("a", "alb", "g", "10.0.0.0/8,192.0.2.0/24"), ingress("a", "alb", "g", "10.1.0.0/16,192.0.2.0/24"), []string{"deletion chat: no longer accepts clients from `10.0.0.0/8`, except from `10.1.0.0/16 192.0.2.0/24`: they get no answer"}},
		{"more addresses", ingressType, ingress("a", "alb", "g", "10.1.0.0/16"), ingress("a", "alb", "g", "10.0.0.0/8"), []string{"change chat: changes its Ingress; its replicas keep running"}},
		{"no load balancer", serviceType, service("LoadBalancer", ""), service("ClusterIP", ""), []string{"deletion chat: loses its load balancer: clients outside the cluster get errors"}},
		{"a load balancer", serviceType, service("ClusterIP", ""), service("LoadBalancer", ""), []string{"creation chat: gets a load balancer"}},
		{"fewer addresses of a Service", serviceType, service("LoadBalancer", ""), service("LoadBalancer", `"10.0.0.0/8"`), []string{"deletion chat: accepts only clients from `10.0.0.0/8`: others get no answer"}},
		{"a client less", policyType, policy(web + range16), policy(range16), []string{"deletion chat: no longer admits `namespace web`: " + refused}},
		{"two clients less", policyType, policy(web + range16), policy(""), []string{"deletion chat: no longer admits `namespace web, 10.9.0.0/16`: " + refused}},
		{"a client more", policyType, policy(web), policy(web + range16), []string{"change chat: changes NetworkPolicy; its replicas keep running"}},
		{"everybody", policyType, policy(web), raw(`{"spec": {"ingress": [{}]}}`), []string{"change chat: changes NetworkPolicy; its replicas keep running"}},
		{"not everybody", policyType, raw(`{"spec": {"ingress": [{}]}}`), policy(web), []string{"deletion chat: admits only `namespace web` and the pods of its namespace: connections of others fail, where a controller enforces NetworkPolicies"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := record(2, 2)
			got := lines(Explain(preview(&m, &m, box(apitype.OpSame, chat), object(apitype.OpUpdate, test.kind, "chat", chat, test.before, test.after))))
			got = slices.DeleteFunc(got, func(line string) bool { return strings.Contains(line, "chat: restarts ") })
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
