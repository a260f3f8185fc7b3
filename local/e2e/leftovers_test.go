//go:build lifecycle

package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// clusterLink is this machine's only link to the cluster.
const clusterLink = "vllm-eks0"

// fixedFolders are folders that programs of a Kubernetes node use outside their own folders.
var fixedFolders = []string{
	"/var/log/containers", "/var/log/pods", "/usr/libexec/kubernetes", "/var/lib/kubelet", "/var/lib/cni",
	"/opt/containerd", "/run/containerd", "/run/netns",
}

// machineInventory is the state of this machine that must not change.
type machineInventory struct {
	folders    []string // existing fixedFolders
	namespaces []string // names of network namespaces
	listeners  []string
}

// takeInventory returns the state before the tests. If earlier tests have run the cluster, the
// test command passes the folders that existed before those.
func takeInventory(t *testing.T) machineInventory {
	t.Helper()
	m := machineInventory{namespaces: namespaces(t), listeners: listeners(t)}
	earlier, told := os.LookupEnv("E2E_FOLDERS_BEFORE")
	for _, dir := range fixedFolders {
		_, err := os.Stat(dir)
		if err == nil && (!told || slices.Contains(strings.Fields(earlier), dir)) {
			m.folders = append(m.folders, dir)
		}
	}
	return m
}

// expectNoListeners fails if a new port of this machine is open, because the cluster listens in
// its own network namespace. Other programs may open a port for a moment, so only a port that
// stays is reported.
func (m machineInventory) expectNoListeners(t *testing.T) {
	t.Helper()
	var added []string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		if added = without(listeners(t), m.listeners); len(added) == 0 {
			return
		}
	}
	t.Errorf("new listeners: %v", added)
}

// listeners returns the machine's open ports: protocol and local address, in the kernel's
// hexadecimal form.
func listeners(t *testing.T) []string {
	t.Helper()
	const listening, unconnected = "0A", "07"
	var found []string
	for protocol, state := range map[string]string{"tcp": listening, "tcp6": listening, "udp": unconnected, "udp6": unconnected} {
		for _, fields := range table(t, "/proc/net/"+protocol) {
			if len(fields) > 3 && fields[3] == state {
				found = append(found, protocol+" "+fields[1])
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// namespaces returns the names of this machine's network namespaces, including those without a
// namespace.
func namespaces(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("/run/netns/*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// table returns the fields of each line of a file in /proc. If the file does not exist, the
// machine does not have the protocol.
func table(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) && strings.HasSuffix(path, "6") {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines [][]string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		lines = append(lines, strings.Fields(scanner.Text()))
	}
	if err := scanner.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%s: %d lines, %v", path, len(lines), err)
	}
	return lines
}

// clusterRoutes returns this machine's routes into the cluster, without counters.
func clusterRoutes(t *testing.T) []string {
	t.Helper()
	var routes []string
	for path, columns := range map[string][]int{
		"/proc/net/route":      {1, 7}, // destination and mask
		"/proc/net/ipv6_route": {0, 1}, // destination and length of the prefix
	} {
		content, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) { // not every machine has IPv6
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) > 7 && slices.Contains(fields, clusterLink) {
				routes = append(routes, fields[columns[0]]+"/"+fields[columns[1]])
			}
		}
	}
	slices.Sort(routes)
	return routes
}

// expectNothingLeft fails if the cluster has left anything on the machine.
func (m machineInventory) expectNothingLeft(t *testing.T, l layout.Layout) {
	t.Helper()
	if _, err := os.Lstat(l.State()); !os.IsNotExist(err) {
		t.Errorf("%s: %v", l.State(), err)
	}
	for _, p := range ownProcesses(t, l) {
		t.Errorf("process left: %d %s %v", p.pid, p.executable, p.arguments)
	}
	for _, pid := range podProcesses(t) {
		t.Errorf("process of a pod left: %d", pid)
	}
	for _, fields := range table(t, "/proc/self/mounts") {
		if strings.Contains(strings.Join(fields, " "), l.State()) {
			t.Errorf("mount left: %v", fields)
		}
	}
	for _, fields := range table(t, "/proc/net/dev") {
		if strings.HasPrefix(fields[0], clusterLink) {
			t.Errorf("link left: %v", fields)
		}
	}
	if rest := clusterRoutes(t); len(rest) > 0 {
		t.Errorf("routes left: %v", rest)
	}
	if rest := podGroups(t); len(rest) > 0 {
		t.Errorf("control groups left: %v", rest)
	}
	if rest := without(namespaces(t), m.namespaces); len(rest) > 0 {
		t.Errorf("names of network namespaces left: %v", rest)
	}
	m.expectNoListeners(t)
	m.expectFoldersAsBefore(t, l)
}

func (m machineInventory) expectFoldersAsBefore(t *testing.T, l layout.Layout) {
	t.Helper()
	_, err := os.Stat("/run/systemd/system")
	systemd := err == nil
	for _, dir := range fixedFolders {
		if systemd && strings.HasSuffix(dir, "/containerd") {
			continue // the service of Debian's package creates these before `make up` stops it
		}
		if _, err := os.Stat(dir); err == nil && !slices.Contains(m.folders, dir) {
			t.Errorf("folder left: %s", dir)
		}
	}
	// A folder that existed before may have new content.
	links, err := filepath.Glob("/var/log/containers/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, l.State()) {
			t.Errorf("link left: %s to %s", link, target)
		}
	}
}
