package conformance

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// longestScaled is KEDA's limit: the name of its autoscaler is keda-hpa-<name>.
const longestScaled = 54

// checkNames checks every name against Kubernetes' limits.
func checkNames(found *findings, r rendered) {
	holds := func(subject, value string, rule func(string) []string) {
		for _, problem := range rule(value) {
			found.addf("%s is %q: %s", subject, value, problem)
		}
	}
	for _, m := range r.metas {
		name := validation.IsDNS1123Subdomain
		switch m.Kind {
		case "Service":
			name = validation.IsDNS1035Label
		case "Deployment", "HorizontalPodAutoscaler":
			name = validation.IsDNS1123Label // labels and pods' names contain it
		case "ScaledObject":
			found.need(len(m.Name) <= longestScaled, "the ScaledObject's name has %d characters", len(m.Name))
		}
		holds("the name of the "+m.Kind, m.Name, name)
		holds("the namespace of the "+m.Kind, m.Namespace, validation.IsDNS1123Label)
		checkLabels(found, m.String(), m.Labels)
		checkAnnotations(found, m.String(), m.Annotations)
	}
	pod := r.pod()
	checkLabels(found, "the pods", pod.Labels)
	checkAnnotations(found, "the pods", pod.Annotations)
	checkLabels(found, "the nodeSelector", pod.Spec.NodeSelector)
	holds("serviceAccountName", pod.Spec.ServiceAccountName, validation.IsDNS1123Subdomain)
	if class := pod.Spec.PriorityClassName; class != "" {
		holds("priorityClassName", class, validation.IsDNS1123Subdomain)
	}
	for _, t := range pod.Spec.Tolerations {
		checkLabels(found, "a toleration", map[string]string{t.Key: t.Value})
	}
	for _, c := range r.claims {
		if class := c.Spec.StorageClassName; class != nil {
			holds("storageClassName", *class, validation.IsDNS1123Subdomain)
		}
	}
	for _, v := range pod.Spec.Volumes {
		holds("a volume's name", v.Name, validation.IsDNS1123Label)
		for _, name := range referred(v) {
			holds("what the volume "+v.Name+" refers to", name, validation.IsDNS1123Subdomain)
		}
	}
	checkContainers(found, pod.Spec, holds)
}

func checkContainers(found *findings, p corev1.PodSpec, holds func(string, string, func(string) []string)) {
	names, ports := map[string]bool{}, map[string]bool{}
	for _, c := range slices.Concat(p.InitContainers, p.Containers) {
		holds("a container's name", c.Name, validation.IsDNS1123Label)
		found.need(!names[c.Name], "the container %s is there twice", c.Name)
		names[c.Name] = true
		found.need(c.Image != "" && strings.TrimSpace(c.Image) == c.Image, "the container %s has the image %q", c.Name, c.Image)
		for _, port := range c.Ports {
			holds("a port's name", port.Name, validation.IsValidPortName)
			found.need(len(validation.IsValidPortNum(int(port.ContainerPort))) == 0 && port.HostPort == 0, "the container %s has the port %v", c.Name, port)
			found.need(!ports[port.Name], "the port %s is there twice", port.Name)
			ports[port.Name] = true
		}
		for _, v := range c.Env {
			holds("a variable's name", v.Name, validation.IsEnvVarName)
			if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
				holds("the Secret of "+v.Name, v.ValueFrom.SecretKeyRef.Name, validation.IsDNS1123Subdomain)
				holds("the Secret's key of "+v.Name, v.ValueFrom.SecretKeyRef.Key, validation.IsConfigMapKey)
			}
		}
	}
}

// referred returns the names of the objects that a volume refers to.
func referred(v corev1.Volume) []string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return []string{v.PersistentVolumeClaim.ClaimName}
	case v.ConfigMap != nil:
		return []string{v.ConfigMap.Name}
	case v.Secret != nil:
		return []string{v.Secret.SecretName}
	case v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil && v.Ephemeral.VolumeClaimTemplate.Spec.StorageClassName != nil:
		return []string{*v.Ephemeral.VolumeClaimTemplate.Spec.StorageClassName}
	}
	return nil
}

func checkLabels(found *findings, subject string, labels map[string]string) {
	for key, value := range labels {
		for _, problem := range slices.Concat(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)) {
			found.addf("%s: the label %s is %q: %s", subject, key, value, problem)
		}
	}
}

// maxAnnotations limits the size of all annotations in bytes.
const maxAnnotations = 256 << 10

func checkAnnotations(found *findings, subject string, annotations map[string]string) {
	size := 0
	for key, value := range annotations {
		size += len(key) + len(value)
		for _, problem := range validation.IsQualifiedName(strings.ToLower(key)) {
			found.addf("%s: the annotation %s: %s", subject, key, problem)
		}
	}
	found.need(size <= maxAnnotations, "%s: the annotations have %d bytes", subject, size)
}
