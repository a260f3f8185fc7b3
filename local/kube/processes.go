package main

import (
	"path/filepath"
	"strconv"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

// process is one program of the cluster.
type process struct {
	name  string
	path  string
	args  []string
	ready func() error // returns nil once the next program may start; nil if no program waits for this one
}

// processes returns the cluster's programs in the order in which they start.
func processes(l layout.Layout, o node.Options) []process {
	pki := func(name string) string { return l.Kube("pki", name) }
	kubernetes := func(name string, ready func() error, args ...string) process {
		return process{name: name, path: l.Bin(name), args: args, ready: ready}
	}
	return []process{
		kubernetes("etcd", func() error { return listening("tcp", "127.0.0.1:2379") },
			"--name=local", "--data-dir="+l.Kube("etcd"), "--logger=zap", "--log-level=warn",
			"--listen-client-urls=https://127.0.0.1:2379", "--advertise-client-urls=https://127.0.0.1:2379",
			"--listen-peer-urls=http://127.0.0.1:0", "--initial-cluster=local=http://127.0.0.1:0", "--initial-advertise-peer-urls=http://127.0.0.1:0",
			"--client-cert-auth", "--trusted-ca-file="+pki("etcd-ca.crt"),
			"--cert-file="+pki("etcd.crt"), "--key-file="+pki("etcd.key"),
		),
		{
			name: "containerd", path: "containerd",
			args: []string{"--config", l.Kube("containerd.toml")}, ready: func() error { return listening("unix", l.ContainerdSocket()) },
		},
		kubernetes("kube-apiserver", func() error { return apiServerReady(l) },
			"--bind-address="+layout.NodeIP, "--advertise-address="+layout.NodeIP, "--secure-port=6443",
			"--etcd-servers=https://127.0.0.1:2379", "--etcd-cafile="+pki("etcd-ca.crt"),
			"--etcd-certfile="+pki("apiserver-etcd-client.crt"), "--etcd-keyfile="+pki("apiserver-etcd-client.key"),
			"--encryption-provider-config="+pki("encryption.yaml"),
			"--tls-cert-file="+pki("apiserver.crt"), "--tls-private-key-file="+pki("apiserver.key"),
			"--client-ca-file="+pki("ca.crt"), "--anonymous-auth=false", "--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction", "--allow-privileged=true", "--profiling=false",
			"--kubelet-certificate-authority="+pki("ca.crt"), "--kubelet-preferred-address-types=InternalIP",
			"--kubelet-client-certificate="+pki("apiserver-kubelet-client.crt"), "--kubelet-client-key="+pki("apiserver-kubelet-client.key"),
			"--service-cluster-ip-range="+layout.ServiceCIDR,
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file="+pki("service-account.pub"), "--service-account-signing-key-file="+pki("service-account.key"),
			"--requestheader-client-ca-file="+pki("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
			"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--proxy-client-cert-file="+pki("front-proxy-client.crt"), "--proxy-client-key-file="+pki("front-proxy-client.key"),
			"--enable-aggregator-routing=true", // extension API servers are called by pod address, as this process is not a pod
		),
		kubernetes("kube-controller-manager", nil,
			"--kubeconfig="+l.Kube("controller-manager.kubeconfig"),
			"--authentication-kubeconfig="+l.Kube("controller-manager.kubeconfig"),
			"--authorization-kubeconfig="+l.Kube("controller-manager.kubeconfig"),
			"--bind-address=127.0.0.1", "--leader-elect=false", "--use-service-account-credentials=true",
			"--cluster-cidr="+layout.PodCIDR, "--allocate-node-cidrs=false", "--service-cluster-ip-range="+layout.ServiceCIDR,
			"--root-ca-file="+pki("ca.crt"), "--service-account-private-key-file="+pki("service-account.key"), "--profiling=false",
			"--flex-volume-plugin-dir="+l.Kube("volume-plugins"),
			"--horizontal-pod-autoscaler-sync-period="+autoscalerPeriod(o).String(),
		),
		kubernetes("kube-scheduler", nil,
			"--kubeconfig="+l.Kube("scheduler.kubeconfig"),
			"--authentication-kubeconfig="+l.Kube("scheduler.kubeconfig"),
			"--authorization-kubeconfig="+l.Kube("scheduler.kubeconfig"),
			"--bind-address=127.0.0.1", "--leader-elect=false", "--profiling=false",
		),
		kubernetes("kubelet", nil,
			"--config="+l.Kube("kubelet.yaml"), "--kubeconfig="+l.Kube("kubelet.kubeconfig"),
			"--hostname-override="+layout.NodeName, "--node-ip="+layout.NodeIP,
			"--node-labels=nvidia.com/gpu.present=true,k8s.amazonaws.com/accelerator=simulated",
		),
		kubernetes("kube-proxy", nil, "--config="+l.Kube("kube-proxy.yaml"), "--hostname-override="+layout.NodeName),
	}
}

// autoscalerPeriod returns the time between two syncs of the autoscaler: Kubernetes' default of
// 15 s, divided by the time scale.
func autoscalerPeriod(o node.Options) time.Duration {
	return 15 * time.Second / time.Duration(max(1, o.TimeScale))
}

// kubernetesPrograms are the names of the links to the one Kubernetes binary.
var kubernetesPrograms = []string{
	"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl",
}

// configFiles returns the configuration file of every program that needs one.
func configFiles(l layout.Layout, o node.Options, snapshotter string) map[string]string {
	return map[string]string{
		l.Kube("containerd.toml"):                 containerdConfig(l, snapshotter),
		l.Kube("kubelet.yaml"):                    kubeletConfig(l, o),
		l.Kube("kube-proxy.yaml"):                 kubeProxyConfig(l),
		l.Kube("cni", "conf", "10-pods.conflist"): cniConfig(l),
	}
}

func quoted(path ...string) string { return strconv.Quote(filepath.Join(path...)) }

// containerdConfig returns containerd's configuration. The names of pods' network namespaces
// lie in containerd's own folder too, because names in /run/netns would remain after `make
// down`.
func containerdConfig(l layout.Layout, snapshotter string) string {
	return `version = 2
root = ` + quoted(l.Kube("containerd")) + `
state = ` + quoted(l.Kube("run", "containerd")) + `
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = ` + quoted(l.ContainerdSocket()) + `
[plugins."io.containerd.internal.v1.opt"]
  path = ` + quoted(l.Kube("containerd-opt")) + `
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "` + pauseImage + `"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "` + snapshotter + `"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = ` + quoted(l.Kube("cni", "conf")) + `
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = ` + quoted(l.Kube("no-registries")) + `
`
}

// kubeletConfig returns the kubelet's configuration. The kubelet never removes images, because
// no registry has them, and does not evict for disk pressure, because other programs share the
// disk. It syncs pods often: Prometheus reads new services from a Secret that its pod mounts,
// which is updated with each sync.
func kubeletConfig(l layout.Layout, o node.Options) string {
	return `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: ` + layout.NodeIP + `
healthzBindAddress: 127.0.0.1
readOnlyPort: 0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: ` + quoted(l.Kube("pki", "ca.crt")) + `}
authorization: {mode: Webhook}
tlsCertFile: ` + quoted(l.Kube("pki", "kubelet-server.crt")) + `
tlsPrivateKeyFile: ` + quoted(l.Kube("pki", "kubelet-server.key")) + `
containerRuntimeEndpoint: unix://` + l.ContainerdSocket() + `
podLogsDir: ` + quoted(l.Kube("logs", "pods")) + `
cgroupDriver: cgroupfs
cgroupRoot: /` + cgroupName + `
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
maxPods: ` + strconv.Itoa(o.MaxPods) + `
clusterDNS: [` + layout.DNSIP + `]
clusterDomain: cluster.local
resolvConf: ""
serializeImagePulls: false
nodeStatusUpdateFrequency: 2s
syncFrequency: 10s
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%}
volumePluginDir: ` + quoted(l.Kube("volume-plugins")) + `
`
}

// kubeProxyConfig returns kube-proxy's configuration. It leaves the limits of connection
// tracking unchanged, because a network namespace cannot set them.
func kubeProxyConfig(l layout.Layout) string {
	return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: ` + layout.PodCIDR + `
bindAddress: ` + layout.NodeIP + `
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
clientConnection: {kubeconfig: ` + quoted(l.Kube("kube-proxy.kubeconfig")) + `}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
`
}

// cniConfig returns the CNI configuration. Each pod has a point-to-point link to the node. All
// traffic is then routed and passes the rules of Services, also without br_netfilter in the
// kernel.
func cniConfig(l layout.Layout) string {
	return `{
  "cniVersion": "0.4.0",
  "name": "pods",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": ` + quoted(l.Kube("cni", "addresses")) + `,
        "ranges": [[{"subnet": "` + layout.PodCIDR + `"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`
}
