package serving

import (
	corev1 "k8s.io/api/core/v1"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func volumes(s Spec) []corev1.Volume {
	var all []corev1.Volume
	for _, m := range mounts(s) {
		all = append(all, m.volume)
	}
	return all
}

func volumeMounts(s Spec) []corev1.VolumeMount {
	var all []corev1.VolumeMount
	for _, m := range mounts(s) {
		all = append(all, corev1.VolumeMount{Name: m.volume.Name, MountPath: m.path, SubPath: m.subPath, ReadOnly: m.readOnly})
	}
	return all
}

// cacheVolumeClaim is the claim of a cache that is created.
func cacheVolumeClaim(s Spec, manager string) *corev1.PersistentVolumeClaim {
	metadata := objectMeta(s, manager)
	metadata.Name = s.cacheClaim()
	// A volume that waits for its first pod is bound by the Deployment's.
	metadata.Annotations["pulumi.com/skipAwait"] = "true"
	return &corev1.PersistentVolumeClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
		ObjectMeta: metadata,
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany},
			StorageClassName: &s.Storage.Cache.StorageClass,
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: quantity(s.Storage.Cache.Size)},
			},
		},
	}
}
