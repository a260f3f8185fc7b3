// Package cluster talks to the Kubernetes API server: which cluster, which
// resource serves a kind, apply, read and delete.
package cluster

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Requests are spread like the real provider's: client-go's own default of 5 a
// second makes a stack of 50 models crawl.
const (
	defaultQPS   = 50
	defaultBurst = 120
)

// Settings select the cluster, as the provider's inputs of the same names do.
type Settings struct {
	// Kubeconfig is a path or the contents; empty means $KUBECONFIG or ~/.kube/config.
	Kubeconfig string
	Context    string
	Cluster    string
	Namespace  string
	// QPS and Burst limit the rate of requests, in requests per second; 0 means the default.
	QPS   float64
	Burst int
	// TimeoutSeconds bounds one request; 0 means none.
	TimeoutSeconds int
}

// Load resolves the settings to a client configuration and the namespace for
// objects that name none.
func Load(s Settings) (*rest.Config, string, error) {
	overrides := &clientcmd.ConfigOverrides{
		Context:        clientcmdapi.Context{Cluster: s.Cluster, Namespace: s.Namespace},
		CurrentContext: s.Context,
	}
	var loaded clientcmd.ClientConfig
	if s.Kubeconfig == "" {
		loaded = clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides)
	} else {
		parsed, err := Parse(s.Kubeconfig)
		if err != nil {
			return nil, "", err
		}
		loaded = clientcmd.NewDefaultClientConfig(*parsed, overrides)
	}
	namespace, _, err := loaded.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("kubeconfig: %w", err)
	}
	config, err := loaded.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("kubeconfig: %w", err)
	}
	config.QPS, config.Burst = defaultQPS, defaultBurst
	if s.QPS > 0 {
		config.QPS = float32(s.QPS)
	}
	if s.Burst > 0 {
		config.Burst = s.Burst
	}
	config.Timeout = time.Duration(s.TimeoutSeconds) * time.Second
	config.UserAgent = "vllm-eks-standin-kubernetes"
	config.WarningHandler = rest.NoWarnings{}
	return config, namespace, nil
}

// Parse reads a kubeconfig given as a path or as its contents. The contents
// hold credentials, so they never become part of an error. Relative paths in a
// file stay relative to the working directory, as with the real provider, which
// parses the contents without knowing where they are from.
func Parse(pathOrContents string) (*clientcmdapi.Config, error) {
	path := expandHome(pathOrContents)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		contents, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("kubeconfig: %w", err)
		}
		config, err := clientcmd.Load(contents)
		if err != nil {
			return nil, fmt.Errorf("kubeconfig %s: %w", path, err)
		}
		return config, nil
	}
	config, err := clientcmd.Load([]byte(pathOrContents))
	if err != nil || len(config.Clusters) == 0 {
		return nil, fmt.Errorf("kubeconfig is neither a file that exists nor the contents of one")
	}
	return config, nil
}

// expandHome replaces ~ at the beginning of a path, which no shell has done in
// a configuration value. The home directory is the one that the system knows
// for the user, whatever HOME says, as with the real provider.
func expandHome(path string) string {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path
	}
	current, err := user.Current()
	if err != nil {
		return path
	}
	return filepath.Join(current.HomeDir, path[1:])
}

// Endpoint identifies the cluster that a kubeconfig selects, as far as one can
// tell without asking it.
func Endpoint(kubeconfig, context, clusterName string) (clientcmdapi.Cluster, error) {
	config, err := Parse(kubeconfig)
	if err != nil {
		return clientcmdapi.Cluster{}, err
	}
	if context == "" {
		context = config.CurrentContext
	}
	if clusterName == "" {
		if selected, ok := config.Contexts[context]; ok {
			clusterName = selected.Cluster
		}
	}
	selected, ok := config.Clusters[clusterName]
	if !ok {
		return clientcmdapi.Cluster{}, fmt.Errorf("kubeconfig has no cluster %q (context %q)", clusterName, context)
	}
	endpoint := *selected
	endpoint.LocationOfOrigin = ""
	return endpoint, nil
}
