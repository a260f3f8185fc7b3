package serving

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vllm-eks/vllm-eks/internal/connections"
)

const (
	// longestName is the length of the longest name of a service. KEDA allows 54
	// characters, because its HorizontalPodAutoscaler is called keda-hpa-<name> and
	// Kubernetes allows 63.
	longestName      = 54
	kedaPrefix       = "keda-hpa-"
	longestNamespace = 63

	// ContainerName is the name of the container of vLLM.
	ContainerName = "vllm"
	// PortName is the name of the port of vLLM.
	PortName = "http"
	// Port is the port of vLLM, and of the Service.
	Port = 8000

	// TokenKey is the key of the Hugging Face token within a Secret.
	TokenKey = "token"
	// APIKeyKey is the key of the API key within a Secret.
	APIKeyKey = "api-key"

	// ComponentLabel is a label of the Services for previous names. A ServiceMonitor
	// excludes them, so that each replica is scraped once.
	ComponentLabel = "app.kubernetes.io/component"
	// AliasComponent is the value of that label.
	AliasComponent = "alias"

	// AppLabel is a label of the replicas. No selector has it.
	AppLabel = "app"
	// ManagerLabel is the label of objects with the tool that manages them.
	ManagerLabel = "app.kubernetes.io/managed-by"
)

// ResourceName returns the name of the service's component: the name of its objects. So
// Pulumi's resources keep their names when the service is renamed, also when it gets an
// earlier name again.
func (s Spec) ResourceName() string { return s.ObjectName() }

// ObjectName returns the name of the service's objects and metrics: its first name, so
// that a rename replaces no object.
func (s Spec) ObjectName() string {
	if n := len(s.PreviousNames); n > 0 {
		return s.PreviousNames[n-1]
	}
	return s.Name
}

// SelectorLabels find the pods of one service. They never change, because the selector of
// a Deployment cannot change.
func (s Spec) SelectorLabels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":     "vllm",
		"app.kubernetes.io/instance": s.ObjectName(),
	}
}

// AllLabels returns the labels of every object that belongs to one service.
func (s Spec) AllLabels() map[string]string {
	l := map[string]string{}
	maps.Copy(l, s.Labels)
	maps.Copy(l, s.SelectorLabels())
	l["app.kubernetes.io/part-of"] = "vllm-eks"
	l[ManagerLabel] = "pulumi"
	return l
}

// PodLabels returns the labels of the replicas: those of every object of the service except
// the tool that manages it, so that kubectl, Helm and Pulumi give the same pods, and
// app=vllm, by which `kubectl logs -l app=vllm` finds the replicas of all models of a
// namespace. Labels replaces the value of app.
func (s Spec) PodLabels() map[string]string {
	l := map[string]string{AppLabel: "vllm"}
	maps.Copy(l, s.AllLabels())
	delete(l, ManagerLabel)
	return l
}

// PodAnnotations returns the user's annotations, the annotations that stop node
// autoscalers from evicting a replica (it loads for minutes), and the middleware's
// source.
func (s Spec) PodAnnotations() map[string]string {
	a := map[string]string{}
	maps.Copy(a, s.Annotations)
	maps.Copy(a, Undisturbed)
	a[MiddlewareAnnotation] = connections.Source
	return a
}

// Undisturbed holds the annotations that stop node autoscalers from evicting a pod.
var Undisturbed = map[string]string{
	"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
	"karpenter.sh/do-not-disrupt":                    "true",
}

// Aliases returns the further names under which the service answers, without the first.
func (s Spec) Aliases() []string {
	return slices.DeleteFunc(s.AllNames(), func(name string) bool { return name == s.ObjectName() })
}

// AllNames returns the name and the previous names, each once. The previous names include
// the current name if the service got an earlier name again.
func (s Spec) AllNames() []string {
	names := []string{s.Name}
	for _, name := range s.PreviousNames {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ServiceAccount returns the name of the ServiceAccount of the replicas.
func (s Spec) ServiceAccount() string { return cmp.Or(s.Access.ServiceAccountName, s.ObjectName()) }

// ScrapeJob is the value of the label job in every series of a replica.
const ScrapeJob = "vllm"

// Monitored reports whether Prometheus' operator scrapes the replicas.
func (s Spec) Monitored() bool { return s.Monitoring.Scrapes() }

// Scrapes reports whether a ServiceMonitor is created. Without defaults, it is created
// only if the spec sets serviceMonitor.
func (m Monitoring) Scrapes() bool { return m.ServiceMonitor != nil && *m.ServiceMonitor }

// Kubernetes' own functions check names and labels.

func isLabel(name string) bool { return len(validation.IsDNS1123Label(name)) == 0 }

func isObjectName(name string) bool { return len(validation.IsDNS1123Subdomain(name)) == 0 }

func isSecretKey(key string) bool { return len(validation.IsConfigMapKey(key)) == 0 }

// IsLabelKey reports whether Kubernetes accepts the key of a label.
func IsLabelKey(key string) bool { return len(validation.IsQualifiedName(key)) == 0 }

// IsLabelValue reports whether Kubernetes accepts the value of a label.
func IsLabelValue(value string) bool { return len(validation.IsValidLabelValue(value)) == 0 }

// isHost reports whether a name can be the host of an Ingress. Addresses cannot.
func isHost(name string) bool {
	if strings.HasPrefix(name, "*.") {
		return len(validation.IsWildcardDNS1123Subdomain(name)) == 0
	}
	return isObjectName(name) && len(validation.IsValidIP(nil, name)) > 0
}
