package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

func volumes(s serving.Spec) []corev1.Volume {
	var list []corev1.Volume
	for _, m := range serving.Mounts(s) {
		list = append(list, m.Volume)
	}
	return list
}

func volumeMounts(s serving.Spec) []corev1.VolumeMount {
	var list []corev1.VolumeMount
	for _, m := range serving.Mounts(s) {
		list = append(list, corev1.VolumeMount{Name: m.Volume.Name, MountPath: m.Path, SubPath: m.SubPath, ReadOnly: m.ReadOnly})
	}
	return list
}

// cacheVolumeClaim returns the claim of a created cache.
func cacheVolumeClaim(s serving.Spec, manager string) *corev1.PersistentVolumeClaim {
	metadata := objectMeta(s, manager)
	metadata.Name = s.CacheClaim()
	// A volume that waits for its first consumer is bound when the Deployment starts.
	metadata.Annotations["pulumi.com/skipAwait"] = "true"
	return &corev1.PersistentVolumeClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
		ObjectMeta: metadata,
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany},
			StorageClassName: &s.Storage.Cache.StorageClass,
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: serving.Quantity(s.Storage.Cache.Size)},
			},
		},
	}
}
