package cluster

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Location identifies the cluster of a context.
type Location struct {
	// Server is the address of the API server.
	Server string
	// CA is a part of the SHA-256 of the API server's certificate authority. Each cluster
	// creates its own authority. "" if the kubeconfig has none.
	CA string
	// Unreachable is the reason why the API server cannot be reached from here; "" if it
	// can be reached, or if a proxy is in between.
	Unreachable string
}

// SameCluster reports whether two locations are the same cluster. It compares the
// certificate authorities, because an address may be that of a tunnel; without an
// authority, it compares the addresses.
func (l Location) SameCluster(location Location) bool {
	if l.CA != "" && location.CA != "" {
		return l.CA == location.CA
	}
	return l.Server == location.Server
}

// kubeconfig holds the clusters and contexts of a kubeconfig file.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
type kubeconfig struct {
	Clusters []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server   string `json:"server"`
			CAFile   string `json:"certificate-authority"`
			CAData   string `json:"certificate-authority-data"`
			ProxyURL string `json:"proxy-url"`
		} `json:"cluster"`
	} `json:"clusters"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
		} `json:"context"`
	} `json:"contexts"`
}

// Locate reads the kubeconfig and returns the cluster of the context. Its error holds
// problems, each beginning with its key under path. The Kubernetes provider reports a
// missing file or context as an unreachable cluster, and continues the preview.
func Locate(e Existing, path *field.Path) (Location, error) {
	var found field.ErrorList
	files, configs := e.read(&found, path)
	if len(found) > 0 {
		return Location{}, problems.Err(found)
	}
	// As with kubectl, the first file that has a name is used.
	var contexts []string
	for _, config := range configs {
		for _, c := range config.Contexts {
			if c.Name == e.Context {
				return locateCluster(&found, path, files, configs, c.Context.Cluster)
			}
			contexts = append(contexts, c.Name)
		}
	}
	slices.Sort(contexts)
	problems.NotSupported(&found, path.Child("context"), "is %q, which is not in %s; want one of its contexts: %s", e.Context, strings.Join(files, ", "), listed(contexts))
	return Location{}, problems.Err(found)
}

// read returns the kubeconfig files that exist, and their contents.
func (e Existing) read(found *field.ErrorList, path *field.Path) (files []string, configs []kubeconfig) {
	candidates, key, origin := e.candidates(path)
	for _, file := range candidates {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			problems.Invalid(found, key, "the kubeconfig cannot be read: %v", err)
			continue
		}
		var config kubeconfig
		if yaml.Unmarshal(text, &config) != nil { // the YAML error may repeat credentials
			problems.Invalid(found, key, "%s is not the YAML of a kubeconfig", file)
			continue
		}
		files, configs = append(files, file), append(configs, config)
	}
	if len(files) == 0 && len(*found) == 0 {
		problems.Invalid(found, key, "there is no kubeconfig at %s%s; want the path of a file that has the context %q", listed(candidates), origin, e.Context)
	}
	return files, configs
}

// candidates returns the paths at which the provider and kubectl look for the kubeconfig,
// the key that determines them, and their origin as text.
func (e Existing) candidates(path *field.Path) (files []string, key *field.Path, origin string) {
	key = path.Child("kubeconfig")
	home, _ := os.UserHomeDir()
	if file := e.Kubeconfig; file != "" {
		if rest, ok := strings.CutPrefix(file, "~/"); ok {
			file = filepath.Join(home, rest)
		}
		return []string{file}, key, ""
	}
	if list := os.Getenv("KUBECONFIG"); list != "" {
		files = slices.DeleteFunc(filepath.SplitList(list), func(file string) bool { return file == "" })
		return files, key, " (environment variable KUBECONFIG)"
	}
	return []string{filepath.Join(home, ".kube", "config")}, key, " (the default, as KUBECONFIG is not set)"
}

func locateCluster(found *field.ErrorList, path *field.Path, files []string, configs []kubeconfig, name string) (Location, error) {
	for i, config := range configs {
		for _, c := range config.Clusters {
			if c.Name != name {
				continue
			}
			location := Location{Server: c.Cluster.Server}
			ca, err := base64.StdEncoding.DecodeString(c.Cluster.CAData)
			if file := c.Cluster.CAFile; file != "" && len(ca) == 0 && err == nil {
				if !filepath.IsAbs(file) {
					file = filepath.Join(filepath.Dir(files[i]), file)
				}
				ca, err = os.ReadFile(file)
			}
			if err != nil {
				problems.Invalid(found, path.Child("context"), "names the cluster %q, whose certificate authority in %s cannot be read", name, files[i])
				return location, problems.Err(*found)
			}
			if len(ca) > 0 {
				sum := sha256.Sum256(ca)
				location.CA = hex.EncodeToString(sum[:8])
			}
			if c.Cluster.ProxyURL == "" {
				location.Unreachable = unreachable(c.Cluster.Server)
			}
			return location, nil
		}
	}
	problems.Invalid(found, path.Child("context"), "names the cluster %q, which is not in %s; repair the kubeconfig", name, strings.Join(files, ", "))
	return Location{}, problems.Err(*found)
}

// answerWait is how long a preview waits for the API server to accept a
// connection.
const answerWait = 3 * time.Second

// unreachable returns the reason why the API server accepts no connection; "" if it
// accepts one, or if connections go through a proxy, which only the provider can use.
func unreachable(server string) string {
	parsed, err := url.Parse(server)
	if err != nil || parsed.Host == "" {
		return fmt.Sprintf("%q is no URL", server)
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: parsed}); err != nil || proxy != nil {
		return ""
	}
	address := parsed.Host
	if parsed.Port() == "" {
		port := "443"
		if parsed.Scheme == "http" {
			port = "80"
		}
		address = net.JoinHostPort(parsed.Hostname(), port)
	}
	connection, err := net.DialTimeout("tcp", address, answerWait)
	if err != nil {
		return err.Error()
	}
	_ = connection.Close()
	return ""
}

func listed(names []string) string {
	if len(names) == 0 {
		return "it has none"
	}
	return strings.Join(names, ", ")
}
