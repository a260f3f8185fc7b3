package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// The cluster has its own network namespace and mount namespace. They hold its
// firewall rules, loopback, links of pods and mounts, apart from the machine's.
// One veth pair connects the two; nothing is routed further. Removing the
// namespaces removes everything.
const (
	hostLink = "vllm-eks0" // the machine's end of the pair
	nodeLink = "node0"     // the cluster's end
)

func namespaceFile(l layout.Layout, kind string) string { return l.Kube("ns", kind) }

// isNamespace reports whether a file holds a live namespace. After a reboot it is an empty
// regular file.
func isNamespace(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Type == unix.NSFS_MAGIC
}

// ensureNamespaces creates the namespaces and reports whether they were missing.
func ensureNamespaces(l layout.Layout) (created bool, err error) {
	if isNamespace(namespaceFile(l, "net")) && isNamespace(namespaceFile(l, "mnt")) {
		return false, nil
	}
	if err := refuseForeignLink(l); err != nil {
		return false, err
	}
	if err := removeNamespaces(l); err != nil {
		return false, err
	}
	dir := l.Kube("ns")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	// A mount namespace can be pinned only below a private mount.
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return false, fmt.Errorf("bind %s: %w", dir, err)
	}
	if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
		return false, fmt.Errorf("make %s private: %w", dir, err)
	}
	for _, kind := range []string{"net", "mnt"} {
		if err := os.WriteFile(namespaceFile(l, kind), nil, 0o600); err != nil {
			return false, err
		}
	}
	out, err := exec.Command("unshare", "--net="+namespaceFile(l, "net"), "--mount="+namespaceFile(l, "mnt"),
		"--propagation=slave", "true").CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("create the cluster's namespaces (unshare): %w\n%s", err, out)
	}
	return true, nil
}

// exists reports whether this checkout's cluster may have processes, pods or the link on the
// machine. All of them belong to the namespaces.
func exists(l layout.Layout) bool {
	return isNamespace(namespaceFile(l, "net")) || isNamespace(namespaceFile(l, "mnt"))
}

// refuseForeignLink returns an error if the cluster of another checkout exists, because it has
// the same addresses.
func refuseForeignLink(l layout.Layout) error {
	if isNamespace(namespaceFile(l, "net")) {
		return nil
	}
	link, err := netlink.LinkByName(hostLink)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("network: %s: %w", hostLink, err)
	}
	owner := cmp.Or(link.Attrs().Alias, "THAT-CHECKOUT")
	return fmt.Errorf("network: %s exists already: the cluster of another checkout is on this machine; run make -C %s down (if that checkout is gone, restart the machine)", hostLink, owner)
}

// removeNamespaces unmounts the namespaces. The kernel removes each with its last process.
func removeNamespaces(l layout.Layout) error {
	if link, err := netlink.LinkByName(hostLink); err == nil && isNamespace(namespaceFile(l, "net")) {
		if err := netlink.LinkDel(link); err != nil {
			return fmt.Errorf("remove %s: %w", hostLink, err)
		}
	}
	for _, path := range []string{namespaceFile(l, "net"), namespaceFile(l, "mnt"), l.Kube("ns")} {
		for { // an interrupted start may have mounted it twice
			err := unix.Unmount(path, unix.MNT_DETACH)
			if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
				break
			}
			if err != nil {
				return fmt.Errorf("unmount %s: %w", path, err)
			}
		}
	}
	return os.RemoveAll(l.Kube("ns"))
}

// connectHost creates the machine's end of the link, and routes to pods and Services.
func connectHost(l layout.Layout) error {
	link, err := netlink.LinkByName(hostLink)
	if err != nil {
		if link, err = createLink(l); err != nil {
			return err
		}
	}
	if err := addAddress(link, layout.HostIP+"/30"); err != nil {
		return err
	}
	for _, cidr := range []string{layout.PodCIDR, layout.ServiceCIDR} {
		_, dst, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst, Gw: net.ParseIP(layout.NodeIP)}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %s: %w", cidr, err)
		}
	}
	return nil
}

func createLink(l layout.Layout) (netlink.Link, error) {
	ns, err := os.Open(namespaceFile(l, "net"))
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	veth := &netlink.Veth{
		LinkAttrs:     netlink.LinkAttrs{Name: hostLink},
		PeerName:      nodeLink,
		PeerNamespace: netlink.NsFd(int(ns.Fd())),
	}
	if err := netlink.LinkAdd(veth); err != nil {
		return nil, fmt.Errorf("create %s: %w", hostLink, err)
	}
	link, err := netlink.LinkByName(hostLink)
	if err != nil {
		return nil, err
	}
	// Another checkout reads the owner from it. A path of more than 255 bytes does
	// not fit.
	_ = netlink.LinkSetAlias(link, l.Root)
	return link, nil
}

// refuseForeignRoutes returns an error if the machine already has a route into 198.18.0.0/15.
// The cluster's own routes exist only while its link does.
func refuseForeignRoutes() error {
	if _, err := netlink.LinkByName(hostLink); err == nil {
		return nil
	}
	_, reserved, err := net.ParseCIDR("198.18.0.0/15")
	if err != nil {
		return err
	}
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	for _, r := range routes {
		if r.Dst != nil && reserved.Contains(r.Dst.IP) {
			return fmt.Errorf("network: this machine already has a route to %s, and the embedded cluster uses 198.18.0.0/15; remove it, or use a cluster of your own: TARGET_KUBECONFIG=… make up", r.Dst)
		}
	}
	return nil
}

// connectNode configures the cluster's end of the link. It runs inside the namespace.
func connectNode() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	link, err := netlink.LinkByName(nodeLink)
	if err != nil {
		return fmt.Errorf("%s: %w", nodeLink, err)
	}
	if err := addAddress(link, layout.NodeIP+"/30"); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600)
}

func addAddress(link netlink.Link, cidr string) error {
	addr, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	if err := netlink.AddrReplace(link, addr); err != nil {
		return fmt.Errorf("address %s: %w", cidr, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("link %s: %w", link.Attrs().Name, err)
	}
	return nil
}

// mountPoint is a path that a program of the cluster cannot change, and the folder of .local
// that is mounted there inside the cluster's mount namespace.
type mountPoint struct{ fixed, source string }

func mountPoints(l layout.Layout) []mountPoint {
	return []mountPoint{
		{"/var/lib/kubelet", l.Kube("kubelet")},               // the socket of device plugins
		{"/run/containerd", l.Kube("run", "containerd-run")},  // the sockets of shims
		{"/var/lib/cni", l.Kube("cni", "results")},            // the cache of CNI results
		{"/var/log/containers", l.Kube("logs", "containers")}, // the kubelet's links to logs
	}
}

// mountInside mounts these folders. It runs inside the namespace.
func mountInside(l layout.Layout) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share mounts inside the namespace: %w", err)
	}
	for _, m := range mountPoints(l) {
		var a, b unix.Stat_t
		if err := errors.Join(unix.Stat(m.fixed, &a), unix.Stat(m.source, &b)); err != nil {
			return fmt.Errorf("%s: %w", m.fixed, err)
		}
		if a.Ino == b.Ino && a.Dev == b.Dev {
			continue // mounted by an earlier supervisor
		}
		if err := unix.Mount(m.source, m.fixed, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.fixed, err)
		}
	}
	return nil
}
