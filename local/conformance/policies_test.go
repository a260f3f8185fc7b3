package conformance

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/np-guard/netpol-analyzer/pkg/netpol/eval"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// world is a cluster with the service's policy and the default-deny policy of its namespace.
type world struct {
	t      *testing.T
	engine *eval.PolicyEngine
	pods   int
}

// newWorld returns a world with a service in the namespace chat, whose default-deny policy is that of
// stack/testdata/everything.
func newWorld(t *testing.T, spec serving.Spec) *world {
	t.Helper()
	spec.Namespace = "chat"
	spec = spec.WithDefaults()
	if err := problems.Err(manifest.Validate(spec, field.NewPath(modelPath))); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, engine: eval.NewPolicyEngine()}
	for _, name := range []string{"chat", "foreign", "apps", "monitoring", "nginx", "kube-system"} {
		w.add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{namespaceLabel: name}}})
	}
	var found findings
	r := decode(&found, manifest.Objects(spec, manager))
	if len(found) > 0 {
		t.Fatal(found)
	}
	for _, p := range append(slices.Clone(r.policies), recordedDenial(t)) {
		w.add(withoutIPv6(p))
	}
	pod := r.pod()
	w.addPod("chat", "replica", pod.Labels, pod.Spec)
	w.addPod("chat", "neighbour", nil, corev1.PodSpec{})
	w.addPod("foreign", "pod", nil, corev1.PodSpec{})
	w.addPod("foreign", "lookalike", pod.Labels, pod.Spec)
	w.addPod("apps", "client", nil, corev1.PodSpec{})
	w.addPod("monitoring", "prometheus", nil, corev1.PodSpec{})
	w.addPod("nginx", "controller", nil, corev1.PodSpec{})
	w.addPod("kube-system", "coredns", nil, corev1.PodSpec{})
	return w
}

// recordedDenial returns the default-deny policy of a stack.
func recordedDenial(t *testing.T) *networkingv1.NetworkPolicy {
	t.Helper()
	for _, o := range recordedObjects(t, "../../stack/testdata/everything") {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var p networkingv1.NetworkPolicy
		if err := json.Unmarshal(text, &p); err != nil {
			continue
		}
		if p.Kind == "NetworkPolicy" && p.Namespace == "chat" && p.Name == "vllm-eks.default-deny" {
			return &p
		}
	}
	t.Fatal("no default-deny policy in the stack")
	return nil
}

// withoutIPv6 returns a policy without ::/0: the evaluator reads it as every address of IPv4.
// checkPublic checks these.
func withoutIPv6(p *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	p = p.DeepCopy()
	for i := range p.Spec.Egress {
		p.Spec.Egress[i].To = slices.DeleteFunc(p.Spec.Egress[i].To, func(peer networkingv1.NetworkPolicyPeer) bool {
			return peer.IPBlock != nil && peer.IPBlock.CIDR == "::/0"
		})
	}
	return p
}

func (w *world) add(o runtime.Object) {
	w.t.Helper()
	if err := w.engine.UpsertObject(o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) addPod(namespace, name string, labels map[string]string, spec corev1.PodSpec) {
	w.t.Helper()
	w.pods++
	w.add(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels}, Spec: spec,
		Status: corev1.PodStatus{HostIP: "10.9.9.9", PodIPs: []corev1.PodIP{{IP: "10.8.0." + string(rune('0'+w.pods))}}},
	})
}

// allows reports whether the policies allow a flow.
func (w *world) allows(source, destination, protocol, port string) bool {
	w.t.Helper()
	ok, err := w.engine.CheckIfAllowed(source, destination, protocol, port)
	if err != nil {
		w.t.Fatalf("%s to %s: %v", source, destination, err)
	}
	return ok
}

// flow is a connection that is allowed or not. The default protocol is TCP.
type flow struct {
	name, source, destination, protocol, port string
	want                                      bool
}

func (w *world) expect(flows []flow) {
	w.t.Helper()
	for _, f := range flows {
		if f.protocol == "" {
			f.protocol = "TCP"
		}
		if got := w.allows(f.source, f.destination, f.protocol, f.port); got != f.want {
			w.t.Errorf("%s (%s to %s, %s %s): allowed is %t, want %t", f.name, f.source, f.destination, f.protocol, f.port, got, f.want)
		}
	}
}

const replica = "chat/replica"

// withClients returns a service with every kind of client.
func withClients() serving.Spec {
	s := full()
	s.PreviousNames = nil
	return s
}

func TestIngressOfAReplica(t *testing.T) {
	w := newWorld(t, withClients())
	w.expect([]flow{
		{"a pod of the same namespace, which has no egress", "chat/neighbour", replica, "", "8000", false},
		{"a pod of a foreign namespace", "foreign/pod", replica, "", "8000", false},
		{"a foreign pod with the labels of a replica", "foreign/lookalike", replica, "", "8000", false},
		{"a pod of a client namespace", "apps/client", replica, "", "8000", true},
		{"the same, to another port", "apps/client", replica, "", "8001", false},
		{"the same, by UDP", "apps/client", replica, "UDP", "8000", false},
		{"an address of a client", "10.1.2.3", replica, "", "8000", true},
		{"an address next to it", "10.3.2.3", replica, "", "8000", false},
		{"the load balancer", "10.0.0.77", replica, "", "8000", true},
		{"the load balancer, to another port", "10.0.0.77", replica, "", "22", false},
		{"an address next to its subnets", "10.0.1.1", replica, "", "8000", false},
		{"the internet", "203.0.113.5", replica, "", "8000", false},
		{"Prometheus", "monitoring/prometheus", replica, "", "8000", true},
		{"Prometheus, to another port", "monitoring/prometheus", replica, "", "9090", false},
		{"the ingress controller of another service", "nginx/controller", replica, "", "8000", false},
		{"a pod that is not a replica", "apps/client", "chat/neighbour", "", "8000", false},
		{"the same, from its own namespace", replica, "chat/neighbour", "", "8000", false},
	})
}

// An existing namespace may have no default-deny policy.
func TestIngressFromTheSameNamespace(t *testing.T) {
	w := newWorld(t, withClients())
	if err := w.engine.DeleteObject(recordedDenial(t)); err != nil {
		t.Fatal(err)
	}
	w.expect([]flow{
		{"a pod of the same namespace", "chat/neighbour", replica, "", "8000", true},
		{"the same, to another port", "chat/neighbour", replica, "", "8001", false},
		{"a pod of a foreign namespace", "foreign/pod", replica, "", "8000", false},
	})
}

func TestIngressFromAnotherController(t *testing.T) {
	s := withClients()
	s.Ingress = serving.Ingress{Class: "nginx", Host: "chat.example.com", ControllerNamespace: "nginx"}
	newWorld(t, s).expect([]flow{
		{"the controller", "nginx/controller", replica, "", "8000", true},
		{"the former load balancer", "10.0.0.77", replica, "", "8000", false},
	})
}

func TestEgressOfAReplica(t *testing.T) {
	online := []flow{
		{"DNS", replica, "kube-system/coredns", "UDP", "53", true},
		{"DNS by TCP", replica, "kube-system/coredns", "TCP", "53", true},
		{"the node's DNS cache", replica, "169.254.20.10", "UDP", "53", true},
		{"another port of the same", replica, "169.254.20.10", "TCP", "80", false},
		{"another DNS server", replica, "8.8.8.8", "UDP", "53", false},
		{"a public address", replica, "3.5.7.9", "", "443", true},
		{"the same by HTTP", replica, "3.5.7.9", "", "80", false},
		{"the same by SSH", replica, "3.5.7.9", "", "22", false},
		{"the metadata of the instance", replica, "169.254.169.254", "", "80", false},
		{"the same by HTTPS", replica, "169.254.169.254", "", "443", false},
		{"a private address", replica, "10.4.0.1", "", "443", false},
		{"another private address", replica, "172.31.0.1", "", "443", false},
		{"a private address of egressCidrs", replica, "10.2.0.9", "", "443", true},
		{"the same by HTTP", replica, "10.2.0.9", "", "80", false},
		{"a pod of a foreign namespace", replica, "foreign/pod", "", "443", false},
	}
	w := newWorld(t, withClients())
	w.expect(online)
	w.expect([]flow{{"the Pod Identity agent, without a role", replica, "169.254.170.23", "", "80", false}})

	withRole := withClients()
	withRole.Access.ServiceAccountName = "engines"
	w = newWorld(t, withRole)
	w.expect(online)
	w.expect([]flow{
		{"the Pod Identity agent", replica, "169.254.170.23", "", "80", true},
		{"another port of the same", replica, "169.254.170.23", "", "443", false},
	})
}

func TestAReplicaWithItsWeightsOnAVolumeHasNoEgress(t *testing.T) {
	s := withClients()
	s.Storage, s.Network.EgressCIDRs = serving.Storage{Weights: serving.Weights{Claim: "weights"}}, nil
	newWorld(t, s).expect([]flow{
		{"DNS", replica, "kube-system/coredns", "UDP", "53", false},
		{"a public address", replica, "3.5.7.9", "", "443", false},
		{"a private address", replica, "10.2.0.9", "", "443", false},
		{"the metadata of the instance", replica, "169.254.169.254", "", "80", false},
		{"the Pod Identity agent", replica, "169.254.170.23", "", "80", false},
		{"the node's DNS cache", replica, "169.254.20.10", "UDP", "53", false},
		{"a client, by ingress", "apps/client", replica, "", "8000", true},
	})
}
