package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// instance is the label with the name of a pod's service.
const instance = "app.kubernetes.io/instance"

// observer watches the pods and the numbers of replicas of all services.
type observer struct {
	mu     sync.Mutex
	pods   map[string]*lifetime // by uid
	scales map[string]scale     // by service, the present numbers
}

// lifetime holds when a pod was first seen and when it was gone.
type lifetime struct {
	service       string
	created, gone time.Time
}

// scale holds numbers of replicas.
type scale struct{ desired, ready int64 }

// observe watches until the context ends. It returns after the first list of the objects.
func observe(ctx context.Context, client dynamic.Interface) (*observer, error) {
	o := &observer{pods: map[string]*lifetime{}, scales: map[string]scale{}}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, Namespace, nil)
	for resource, handle := range map[schema.GroupVersionResource]cache.ResourceEventHandlerFuncs{
		{Version: "v1", Resource: "pods"}:                       {AddFunc: o.podCreated, DeleteFunc: o.podGone},
		{Group: "apps", Version: "v1", Resource: "deployments"}: {AddFunc: o.deployment, UpdateFunc: func(_, x any) { o.deployment(x) }},
	} {
		if _, err := factory.ForResource(resource).Informer().AddEventHandler(handle); err != nil {
			return nil, err
		}
	}
	factory.Start(ctx.Done())
	for resource, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return nil, fmt.Errorf("watching %s: %w", resource.Resource, context.Cause(ctx))
		}
	}
	return o, nil
}

func (o *observer) podCreated(x any) {
	u, ok := x.(*unstructured.Unstructured)
	if !ok {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pods[string(u.GetUID())] = &lifetime{service: u.GetLabels()[instance], created: time.Now()}
}

func (o *observer) podGone(x any) {
	if tombstone, ok := x.(cache.DeletedFinalStateUnknown); ok {
		x = tombstone.Obj
	}
	u, ok := x.(*unstructured.Unstructured)
	if !ok {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if l := o.pods[string(u.GetUID())]; l != nil {
		l.gone = time.Now()
	}
}

func (o *observer) deployment(x any) {
	u, ok := x.(*unstructured.Unstructured)
	if !ok {
		return
	}
	var s scale
	s.desired, _, _ = unstructured.NestedInt64(u.Object, "spec", "replicas")
	s.ready, _, _ = unstructured.NestedInt64(u.Object, "status", "readyReplicas")
	o.mu.Lock()
	defer o.mu.Unlock()
	o.scales[u.GetName()] = s
}

// scale returns the present numbers of a service.
func (o *observer) scale(service string) scale {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.scales[service]
}

// lifetimes returns the pods of a service within a run, in its time.
func (o *observer) lifetimes(service string, start time.Time, length, factor time.Duration) []result.Pod {
	o.mu.Lock()
	defer o.mu.Unlock()
	var pods []result.Pod
	for _, l := range o.pods {
		p := result.Pod{Created: l.created.Sub(start) * factor, Gone: length}
		if !l.gone.IsZero() {
			p.Gone = l.gone.Sub(start) * factor
		}
		if l.service == service && p.Gone > 0 && p.Created < length {
			pods = append(pods, p)
		}
	}
	return pods
}
