package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

var (
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	eventsOf    = schema.GroupVersionResource{Version: "v1", Resource: "events"}
)

// instance is the label that says whose pod it is.
const instance = "app.kubernetes.io/instance"

// observer watches engines and their wanted numbers come and go.
type observer struct {
	mu     sync.Mutex
	pods   map[string]*life    // by uid
	scale  map[string][]change // by service
	events map[string][]string // by service, of its scaler
	now    func() time.Time
}

// life is that of a pod, as it was seen.
type life struct {
	service              string
	created, ready, gone time.Time
}

// change is one of the numbers of engines.
type change struct {
	at            time.Time
	wanted, ready int
}

// observe watches until the context ends; it returns once it knows what is
// there already.
func observe(ctx context.Context, client dynamic.Interface) (*observer, error) {
	o := &observer{pods: map[string]*life{}, scale: map[string][]change{}, events: map[string][]string{}, now: time.Now}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, Namespace, nil)
	for resource, handle := range map[schema.GroupVersionResource]cache.ResourceEventHandlerFuncs{
		pods: {
			AddFunc: func(x any) { o.pod(x) }, UpdateFunc: func(_, x any) { o.pod(x) }, DeleteFunc: func(x any) { o.podGone(x) },
		},
		deployments: {AddFunc: func(x any) { o.deployment(x) }, UpdateFunc: func(_, x any) { o.deployment(x) }},
		eventsOf:    {AddFunc: func(x any) { o.event(x) }},
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

func (o *observer) pod(x any) {
	var p corev1.Pod
	if !convert(x, &p) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.pods[string(p.UID)]
	if l == nil {
		l = &life{service: p.Labels[instance], created: o.now()}
		o.pods[string(p.UID)] = l
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && l.ready.IsZero() {
			l.ready = o.now()
		}
	}
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
	if l := o.pods[string(u.GetUID())]; l != nil && l.gone.IsZero() {
		l.gone = o.now()
	}
}

func (o *observer) deployment(x any) {
	u, ok := x.(*unstructured.Unstructured)
	if !ok {
		return
	}
	wanted, found, err := unstructured.NestedInt64(u.Object, "spec", "replicas")
	if err != nil || !found {
		return
	}
	ready, _, _ := unstructured.NestedInt64(u.Object, "status", "readyReplicas")
	o.mu.Lock()
	defer o.mu.Unlock()
	o.scale[u.GetName()] = append(o.scale[u.GetName()], change{at: o.now(), wanted: int(wanted), ready: int(ready)})
}

// event keeps what autoscalers and KEDA say.
func (o *observer) event(x any) {
	var e corev1.Event
	if !convert(x, &e) {
		return
	}
	name := e.InvolvedObject.Name
	switch e.InvolvedObject.Kind {
	case "HorizontalPodAutoscaler":
		name = name[min(len(name), len(hpaPrefix)):]
	case "ScaledObject":
	default:
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events[name] = append(o.events[name], fmt.Sprintf("%s %s: %s", o.now().UTC().Format(time.TimeOnly), e.Reason, e.Message))
}

const hpaPrefix = "keda-hpa-" // KEDA's names of the autoscalers that it makes

func convert(x any, into any) bool {
	u, ok := x.(*unstructured.Unstructured)
	return ok && runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, into) == nil
}

// lives are the engines of a service within a run, in its time.
func (o *observer) lives(service string, began time.Time, length time.Duration, scale int) []result.Pod {
	o.mu.Lock()
	defer o.mu.Unlock()
	since := func(t time.Time) time.Duration { return t.Sub(began) * time.Duration(scale) }
	var all []result.Pod
	for _, l := range o.pods {
		if l.service != service {
			continue
		}
		p := result.Pod{Created: since(l.created), Gone: length}
		if !l.ready.IsZero() {
			p.Ready = max(0, since(l.ready))
		}
		if !l.gone.IsZero() {
			p.Gone = since(l.gone)
		}
		if p.Gone > 0 && p.Created < length {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b result.Pod) int { return int(a.Created - b.Created) })
	return all
}

// at are the numbers at a moment; 0 before there were some.
func (o *observer) at(service string, when time.Time) change {
	o.mu.Lock()
	defer o.mu.Unlock()
	var last change
	for _, c := range o.scale[service] {
		if c.at.After(when) {
			break
		}
		last = c
	}
	return last
}

func (o *observer) said(service string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.events[service])
}

// existing is the number of a service's pods at a moment, loading and leaving
// ones too.
func (o *observer) existing(service string, when time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, l := range o.pods {
		if l.service == service && !l.created.After(when) && (l.gone.IsZero() || l.gone.After(when)) {
			n++
		}
	}
	return n
}
