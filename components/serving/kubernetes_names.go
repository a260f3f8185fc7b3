package serving

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

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
