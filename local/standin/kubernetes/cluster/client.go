package cluster

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

const (
	// reachableTimeout bounds the first question to the server.
	reachableTimeout = 10 * time.Second
	// rediscoverAfter limits how often an unknown kind makes the client read
	// the server's list of kinds again.
	rediscoverAfter = time.Second
)

// Mapper tells which resource serves a kind.
type Mapper interface {
	meta.RESTMapper
	Reset()
}

// Client is one cluster.
type Client struct {
	Dynamic dynamic.Interface
	Mapper  Mapper
	// Kinds lists what the server offers; nil in tests.
	Kinds discovery.ServerResourcesInterface
	// Raw reads what is not an object: the logs of a container.
	Raw rest.Interface

	mu         sync.Mutex
	discovered time.Time
}

// Connect makes a client and checks that the server answers.
func Connect(ctx context.Context, config *rest.Config) (*Client, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	finder, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, reachableTimeout)
	defer cancel()
	if err := finder.RESTClient().Get().AbsPath("/version").Do(ctx).Error(); err != nil {
		return nil, fmt.Errorf("the API server at %s does not answer: %w", config.Host, err)
	}
	cached := memory.NewMemCacheClient(finder)
	return &Client{
		Dynamic: client,
		Mapper:  restmapper.NewDeferredDiscoveryRESTMapper(cached),
		Kinds:   cached,
		Raw:     finder.RESTClient(),
	}, nil
}

// Mapping finds the resource for a kind. A kind that is unknown may have been
// defined a moment ago in this very update, so the list is read once more.
func (c *Client) Mapping(gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := c.Mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err == nil || !meta.IsNoMatchError(err) {
		return mapping, err
	}
	if !c.rediscover() {
		return nil, err
	}
	return c.Mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
}

func (c *Client) rediscover() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.discovered) < rediscoverAfter {
		return false
	}
	c.discovered = time.Now()
	c.Mapper.Reset()
	return true
}

// ServesGroup reports whether the server offers any kind of a group version,
// so that a kind missing from it is a mistake rather than a late definition.
func (c *Client) ServesGroup(gv schema.GroupVersion) bool {
	if c.Kinds == nil {
		return false
	}
	list, err := c.Kinds.ServerResourcesForGroupVersion(gv.String())
	return err == nil && len(list.APIResources) > 0
}

// Resource returns the client for a kind's objects in a namespace, which is
// ignored for cluster-wide kinds.
func (c *Client) Resource(gvk schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.Mapping(gvk)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return c.Dynamic.Resource(mapping.Resource), nil
	}
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return c.Dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

// Get reads one object.
func (c *Client) Get(ctx context.Context, gvk schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	resource, err := c.Resource(gvk, namespace)
	if err != nil {
		return nil, err
	}
	return resource.Get(ctx, name, metav1.GetOptions{})
}

// List reads the objects of a kind that match a selector.
func (c *Client) List(ctx context.Context, gvk schema.GroupVersionKind, namespace string, opts metav1.ListOptions) ([]unstructured.Unstructured, error) {
	resource, err := c.Resource(gvk, namespace)
	if err != nil {
		return nil, err
	}
	list, err := resource.List(ctx, opts)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// Logs returns the last lines that a container wrote, of its previous run if
// asked for. A container without logs has none; that is not an error.
func (c *Client) Logs(ctx context.Context, namespace, pod, container string, previous bool, lines int) string {
	if c.Raw == nil {
		return ""
	}
	text, err := c.Raw.Get().
		AbsPath("/api/v1/namespaces", namespace, "pods", pod, "log").
		Param("container", container).
		Param("tailLines", strconv.Itoa(lines)).
		Param("limitBytes", "4096").
		Param("previous", strconv.FormatBool(previous)).
		DoRaw(ctx)
	if err != nil {
		return ""
	}
	return string(text)
}
