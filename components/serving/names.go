package serving

import (
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/connections"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// longestName leaves room for what is derived from a service's name: KEDA
	// allows 54 characters, because its HorizontalPodAutoscaler is called
	// keda-hpa-<name> and 63 is Kubernetes' limit.
	longestName      = 54
	kedaPrefix       = "keda-hpa-"
	longestNamespace = 63

	containerName = "vllm"
	portName      = "http"
	port          = 8000

	// tokenKey and apiKeyKey are the keys within the Secrets.
	tokenKey  = "token"
	apiKeyKey = "api-key"

	// componentLabel tells the Services of other names from that by which a
	// ServiceMonitor finds each engine once.
	componentLabel = "app.kubernetes.io/component"
	aliasComponent = "alias"
)

// ResourceName is the name for the service's component: that of its objects, so
// that the Pulumi resources of an object are called the same whatever the service
// is called, and also when a new name is taken back.
func (s Spec) ResourceName() string { return s.objectName() }

// objectName is what the service's objects are called, and its metrics: its
// first name, so that a new one replaces nothing.
func (s Spec) objectName() string {
	if n := len(s.PreviousNames); n > 0 {
		return s.PreviousNames[n-1]
	}
	return s.Name
}

// selectorLabels find the pods of one service. They never change: a Deployment
// with another selector is another Deployment.
func (s Spec) selectorLabels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":     "vllm",
		"app.kubernetes.io/instance": s.objectName(),
	}
}

// allLabels are on everything that belongs to one service.
func (s Spec) allLabels() map[string]string {
	l := map[string]string{}
	maps.Copy(l, s.Labels)
	maps.Copy(l, s.selectorLabels())
	l["app.kubernetes.io/part-of"] = "vllm-eks"
	l["app.kubernetes.io/managed-by"] = "pulumi"
	return l
}

// podAnnotations returns the user's annotations, those by which node autoscalers
// leave a replica alone, because it loads for minutes, and the middleware's source.
func (s Spec) podAnnotations() map[string]string {
	a := map[string]string{}
	maps.Copy(a, s.Annotations)
	maps.Copy(a, undisturbed)
	a[middlewareAnnotation] = connections.Source
	return a
}

// undisturbed are the annotations by which node autoscalers leave a pod alone.
var undisturbed = map[string]string{
	"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
	"karpenter.sh/do-not-disrupt":                    "true",
}

// usesKEDA tells whether KEDA sets the number of engines.
func (s Spec) usesKEDA() bool { return s.Scaling.Policy == Load || s.Scaling.Policy == Queue }

// aliases are the names beside the first at which the service answers.
func (s Spec) aliases() []string {
	return slices.DeleteFunc(s.allNames(), func(name string) bool { return name == s.objectName() })
}

// allNames are the name and the previous ones, each once: a model that was named
// back has its own name among the previous ones.
func (s Spec) allNames() []string {
	names := []string{s.Name}
	for _, name := range s.PreviousNames {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// serviceAccount is the name of the engines' identity.
func (s Spec) serviceAccount() string { return or(s.Access.ServiceAccountName, s.objectName()) }

// scrapeJob is the label job of every series of an engine.
const scrapeJob = "vllm"

// monitored tells whether Prometheus' operator is asked to scrape the engines.
func (s Spec) monitored() bool {
	return s.Monitoring.ServiceMonitor != nil && *s.Monitoring.ServiceMonitor
}

// What Kubernetes takes for names and labels is decided by its own functions.

func isLabel(name string) bool { return len(validation.IsDNS1123Label(name)) == 0 }

func isObjectName(name string) bool { return len(validation.IsDNS1123Subdomain(name)) == 0 }

func isSecretKey(key string) bool { return len(validation.IsConfigMapKey(key)) == 0 }

func isLabelKey(key string) bool { return len(validation.IsQualifiedName(key)) == 0 }

func isLabelValue(value string) bool { return len(validation.IsValidLabelValue(value)) == 0 }

// isHost tells whether a name can be an Ingress' host, which addresses cannot.
func isHost(name string) bool {
	if strings.HasPrefix(name, "*.") {
		return len(validation.IsWildcardDNS1123Subdomain(name)) == 0
	}
	return isObjectName(name) && len(validation.IsValidIP(nil, name)) > 0
}
