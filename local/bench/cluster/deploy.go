package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/local/bench/kube"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
)

var (
	namespaceKind    = schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}
	serviceKind      = schema.GroupVersionKind{Version: "v1", Kind: "Service"}
	deploymentKind   = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	scaledObjectKind = schema.GroupVersionKind{Group: "keda.sh", Version: "v1alpha1", Kind: "ScaledObject"}
	autoscalerKind   = schema.GroupVersionKind{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"}
)

const (
	removalTimeout = 5 * time.Minute
	pollInterval   = 2 * time.Second
	scalerTimeout  = 3 * time.Minute
	scrapeTimeout  = 5 * time.Minute // of a new ServiceMonitor, on a busy node
)

// deployment deploys a comparison to the cluster.
type deployment struct {
	client   *kube.Client
	settings Settings
	policies []policy.Policy
	say      func(format string, args ...any)
}

// createNamespace creates the namespace, after it removed an old one. It admits restricted pods only.
func (d deployment) createNamespace(ctx context.Context) error {
	if err := d.remove(ctx); err != nil {
		return err
	}
	return d.apply(ctx, map[string]any{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": Namespace, "labels": map[string]any{
			"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": versions.PodSecurity,
		}},
	})
}

// remove removes the namespace and waits until it is gone.
func (d deployment) remove(ctx context.Context) error {
	resource, err := d.client.Resource(namespaceKind, "")
	if err != nil {
		return err
	}
	if err := resource.Delete(ctx, Namespace, metav1.DeleteOptions{}); apierrors.IsNotFound(err) {
		return nil
	} else if err != nil {
		return err
	}
	return await(ctx, "the removal of the namespace "+Namespace, removalTimeout, func(ctx context.Context) (string, error) {
		_, err := resource.Get(ctx, Namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return "", nil
		}
		return "it still exists", err
	})
}

func (d deployment) apply(ctx context.Context, object map[string]any) error {
	return d.client.Apply(ctx, object, manager)
}

// services applies the service of every policy and starts its replicas.
func (d deployment) services(ctx context.Context, mean int) error {
	for _, p := range d.policies {
		objects, err := d.settings.objects(p.Name)
		if err != nil {
			return err
		}
		for _, o := range objects {
			fields, err := unstructuredOf(o.Object)
			if err != nil {
				return err
			}
			if err := d.apply(ctx, fields); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		if err := d.start(ctx, p.Name, d.settings.Start(p, mean)); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	for _, p := range d.policies {
		want := int64(d.settings.Start(p, mean))
		timeout := 2*d.settings.ColdStart + 5*time.Minute
		if err := await(ctx, p.Name+" is ready", timeout, func(ctx context.Context) (string, error) {
			live, err := d.client.Get(ctx, deploymentKind, Namespace, p.Name)
			if err != nil {
				return "", err
			}
			if ready, _, _ := unstructured.NestedInt64(live.Object, "status", "readyReplicas"); ready != want {
				return fmt.Sprintf("%d of %d replicas are ready", ready, want), nil
			}
			return "", nil
		}); err != nil {
			return err
		}
		d.say("%s has %d replicas", p.Name, want)
	}
	return nil
}

// start sets the number of replicas, as a scaler does.
func (d deployment) start(ctx context.Context, name string, replicas int) error {
	resource, err := d.client.Resource(deploymentKind, Namespace)
	if err != nil {
		return err
	}
	scale := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
	return retry.OnError(retry.DefaultBackoff, apierrors.IsConflict, func() error {
		_, err := resource.Patch(ctx, name, types.MergePatchType, scale, metav1.PatchOptions{FieldManager: manager}, "scale")
		return err
	})
}

// scalers applies the scalers and waits until each can read its metrics.
func (d deployment) scalers(ctx context.Context) error {
	for _, p := range d.policies {
		if scaler := d.settings.scaler(p); scaler != nil {
			if err := d.apply(ctx, scaler.Object); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
		}
	}
	for _, p := range d.policies {
		if len(p.Triggers) == 0 {
			continue
		}
		if err := d.awaitCondition(ctx, scaledObjectKind, p.Name, "Ready"); err != nil {
			return err
		}
		if err := d.awaitCondition(ctx, autoscalerKind, "keda-hpa-"+p.Name, "ScalingActive"); err != nil {
			return err
		}
	}
	return nil
}

func (d deployment) awaitCondition(ctx context.Context, kind schema.GroupVersionKind, name, condition string) error {
	return await(ctx, fmt.Sprintf("%s %s: %s", kind.Kind, name, condition), scalerTimeout, func(ctx context.Context) (string, error) {
		live, err := d.client.Get(ctx, kind, Namespace, name)
		if apierrors.IsNotFound(err) {
			return "it does not exist yet", nil
		}
		if err != nil {
			return "", err
		}
		status, message := conditionOf(live, condition)
		if status != "True" {
			return message, nil
		}
		return "", nil
	})
}

func conditionOf(live *unstructured.Unstructured, name string) (status, message string) {
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		fields, _ := c.(map[string]any)
		if fields["type"] == name {
			status, _ = fields["status"].(string)
			message, _ = fields["message"].(string)
			return status, message
		}
	}
	return "", "it has no such condition yet"
}

// url returns the address of a service for this machine.
func url(ctx context.Context, client *kube.Client, namespace, name string, port int) (string, error) {
	live, err := client.Get(ctx, serviceKind, namespace, name)
	if err != nil {
		return "", err
	}
	address, _, err := unstructured.NestedString(live.Object, "spec", "clusterIP")
	return fmt.Sprintf("http://%s:%d", address, port), err
}

// await polls until nothing is missing. Errors of the server may be temporary: await returns the
// latest after the timeout.
func await(ctx context.Context, goal string, timeout time.Duration, poll func(context.Context) (missing string, err error)) error {
	var missing string
	var problem error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, timeout, true, func(ctx context.Context) (bool, error) {
		missing, problem = poll(ctx)
		return missing == "" && problem == nil, nil
	})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if problem == nil {
		problem = errors.New(missing)
	}
	return fmt.Errorf("%s: not within %s: %w", goal, timeout, problem)
}
