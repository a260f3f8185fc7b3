package conformance

import (
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubejson "sigs.k8s.io/json"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
)

// containerName is the name of vLLM's container; a patch may add others.
const containerName = "vllm"

// rendered holds a service's objects as the API server reads them.
type rendered struct {
	metas       []meta
	deployments []*appsv1.Deployment
	accounts    []*corev1.ServiceAccount
	claims      []*corev1.PersistentVolumeClaim
	services    []*corev1.Service
	budgets     []*policyv1.PodDisruptionBudget
	policies    []*networkingv1.NetworkPolicy
	ingresses   []*networkingv1.Ingress
	autoscalers []*autoscalingv2.HorizontalPodAutoscaler
	scaled      []*unstructured.Unstructured
	monitors    []*unstructured.Unstructured
	texts       []string
}

// meta holds the kind and the metadata of an object.
type meta struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
}

func (m meta) String() string { return m.Kind + " " + m.Name }

// decode reads every object strictly: it refuses unknown and duplicate fields, and fields in another
// case.
func decode(found *findings, objects []manifest.Object) rendered {
	var r rendered
	for _, o := range objects {
		text, err := json.Marshal(o.Object)
		if err != nil {
			found.addf("%T cannot be marshalled: %w", o.Object, err)
			continue
		}
		r.texts = append(r.texts, string(text))
		var m meta
		if err := json.Unmarshal(text, &m); err != nil {
			found.addf("%T has no metadata: %w", o.Object, err)
			continue
		}
		r.metas = append(r.metas, m)
		switch m.APIVersion + " " + m.Kind {
		case "apps/v1 Deployment":
			r.deployments = append(r.deployments, strictly[appsv1.Deployment](found, m, text))
		case "v1 ServiceAccount":
			r.accounts = append(r.accounts, strictly[corev1.ServiceAccount](found, m, text))
		case "v1 PersistentVolumeClaim":
			r.claims = append(r.claims, strictly[corev1.PersistentVolumeClaim](found, m, text))
		case "v1 Service":
			r.services = append(r.services, strictly[corev1.Service](found, m, text))
		case "policy/v1 PodDisruptionBudget":
			r.budgets = append(r.budgets, strictly[policyv1.PodDisruptionBudget](found, m, text))
		case "networking.k8s.io/v1 NetworkPolicy":
			r.policies = append(r.policies, strictly[networkingv1.NetworkPolicy](found, m, text))
		case "networking.k8s.io/v1 Ingress":
			r.ingresses = append(r.ingresses, strictly[networkingv1.Ingress](found, m, text))
		case "autoscaling/v2 HorizontalPodAutoscaler":
			r.autoscalers = append(r.autoscalers, strictly[autoscalingv2.HorizontalPodAutoscaler](found, m, text))
		case "keda.sh/v1alpha1 ScaledObject":
			r.scaled = append(r.scaled, custom(found, m, text))
		case "monitoring.coreos.com/v1 ServiceMonitor":
			r.monitors = append(r.monitors, custom(found, m, text))
		default:
			found.addf("%s is of the kind %s of %s, which no service has", m.Name, m.Kind, m.APIVersion)
		}
	}
	return r
}

// strictly decodes an object of a built-in kind.
func strictly[T any](found *findings, m meta, text []byte) *T {
	into := new(T)
	strict, err := kubejson.UnmarshalStrict(text, into)
	if err != nil {
		found.addf("%s: %w", m, err)
	}
	for _, problem := range strict {
		found.addf("%s: %w", m, problem)
	}
	return into
}

// custom decodes an object of a custom kind and checks it against its CustomResourceDefinition.
func custom(found *findings, m meta, text []byte) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	strict, err := kubejson.UnmarshalStrict(text, &o.Object)
	if err != nil {
		found.addf("%s: %w", m, err)
		return o
	}
	for _, problem := range strict {
		found.addf("%s: %w", m, problem)
	}
	for _, problem := range conforms(o) {
		found.addf("%s: %w", m, problem)
	}
	return o
}

// pod returns the template of the pods.
func (r rendered) pod() *corev1.PodTemplateSpec { return &r.deployments[0].Spec.Template }

// engine returns vLLM's container in the template.
func (r rendered) engine() *corev1.Container {
	for i, c := range r.pod().Spec.Containers {
		if c.Name == containerName {
			return &r.pod().Spec.Containers[i]
		}
	}
	return nil
}

// identities returns kind, namespace and name of each object, also of those that KEDA creates.
func (r rendered) identities() []string {
	var identities []string
	add := func(kind, namespace, name string) { identities = append(identities, kind+" "+namespace+"/"+name) }
	for _, m := range r.metas {
		add(m.Kind, m.Namespace, m.Name)
		if m.Kind == "ScaledObject" {
			add("HorizontalPodAutoscaler", m.Namespace, "keda-hpa-"+m.Name)
		}
	}
	return identities
}
