package main

import (
	"encoding/json"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

var testLayout = layout.Layout{Root: "/checkout"}

// TestListenAddresses holds that every program listens on the cluster's own loopback
// or link, which no other machine can reach.
func TestListenAddresses(t *testing.T) {
	address := regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+(/\d+)?`)
	texts := map[string]string{}
	for _, p := range processes(testLayout, node.Default) {
		texts[p.name] = strings.Join(p.args, "\n")
	}
	for path, content := range configFiles(testLayout, node.Default, "overlayfs") {
		texts[path] = content
	}
	allowed := map[string]bool{
		"127.0.0.1": true, layout.NodeIP: true, layout.DNSIP: true, layout.PodCIDR: true, layout.ServiceCIDR: true,
		"0.0.0.0/0": true, // the pods' default route
	}
	for name, text := range texts {
		for _, found := range address.FindAllString(text, -1) {
			if !allowed[found] {
				t.Errorf("%s: address %s", name, found)
			}
		}
	}
}

// TestServersHaveAnAddress holds that a program that would listen on every interface by
// default has a flag with another address.
func TestServersHaveAnAddress(t *testing.T) {
	want := map[string]string{
		"etcd":                    "--listen-client-urls=https://127.0.0.1:2379",
		"kube-apiserver":          "--bind-address=" + layout.NodeIP,
		"kube-controller-manager": "--bind-address=127.0.0.1",
		"kube-scheduler":          "--bind-address=127.0.0.1",
	}
	for _, p := range processes(testLayout, node.Default) {
		flag, needed := want[p.name]
		if needed && !strings.Contains(strings.Join(p.args, "\n")+"\n", flag+"\n") {
			t.Errorf("%s: %s is missing", p.name, flag)
		}
		delete(want, p.name)
	}
	if len(want) > 0 {
		t.Errorf("programs that do not start: %v", want)
	}
}

func TestStateFolder(t *testing.T) {
	path := regexp.MustCompile(`(?m)(?:^|[="' ])(/[A-Za-z][^"'\s]*)`)
	outside := map[string]bool{"/usr/lib/cni": true, "/vllm-eks": true} // Debian's plugins; a control group
	for name, content := range configFiles(testLayout, node.Default, "overlayfs") {
		for _, m := range path.FindAllStringSubmatch(content, -1) {
			if !strings.HasPrefix(m[1], testLayout.State()+"/") && !outside[m[1]] {
				t.Errorf("%s names %s", name, m[1])
			}
		}
	}
}

func TestAddressesDoNotOverlap(t *testing.T) {
	_, pods, err1 := net.ParseCIDR(layout.PodCIDR)
	_, services, err2 := net.ParseCIDR(layout.ServiceCIDR)
	_, benchmark, err3 := net.ParseCIDR("198.18.0.0/15")
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	if pods.Contains(services.IP) || services.Contains(pods.IP) {
		t.Errorf("pods %s and Services %s overlap", pods, services)
	}
	for _, ip := range []string{layout.NodeIP, layout.HostIP} {
		if parsed := net.ParseIP(ip); pods.Contains(parsed) || services.Contains(parsed) || !benchmark.Contains(parsed) {
			t.Errorf("%s must lie in %s, outside pods and Services", ip, benchmark)
		}
	}
	for _, ip := range []string{layout.DNSIP, layout.KubernetesIP} {
		if !services.Contains(net.ParseIP(ip)) {
			t.Errorf("%s is no Service address", ip)
		}
	}
	if !strings.Contains(clusterManifests, "clusterIP: "+layout.DNSIP) {
		t.Errorf("the DNS Service does not have the address %s that pods are told", layout.DNSIP)
	}
}

func TestCNIConfigIsJSON(t *testing.T) {
	var parsed struct{ Plugins []struct{ Type string } }
	if err := json.Unmarshal([]byte(cniConfig(testLayout)), &parsed); err != nil {
		t.Fatal(err)
	}
	if len(parsed.Plugins) != 2 || parsed.Plugins[0].Type != "ptp" {
		t.Errorf("plugins: %+v", parsed.Plugins)
	}
}

func TestAutoscalerPeriodFollowsTimeScale(t *testing.T) {
	for scale, want := range map[int]string{0: "15s", 1: "15s", 3: "5s", 5: "3s"} {
		found := false
		for _, p := range processes(testLayout, node.Options{TimeScale: scale}) {
			found = found || p.name == "kube-controller-manager" && strings.Contains(strings.Join(p.args, "\n")+"\n", "--horizontal-pod-autoscaler-sync-period="+want+"\n")
		}
		if !found {
			t.Errorf("%d times as fast: not every %s", scale, want)
		}
	}
}
