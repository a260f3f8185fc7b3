package serving

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vllm-eks/vllm-eks/internal/connections"
)

const (
	// home is the home directory of the image's unprivileged user. Everything that vLLM
	// downloads and compiles is under cache.
	home  = "/home/vllm"
	cache = home + "/.cache"
	// models is the folder where a volume with weights is mounted.
	models = "/models"
)

// mount is a volume and its mount path.
type mount struct {
	Volume corev1.Volume
	Path   string
	// SubPath is the folder of the volume that is mounted. ReadOnly mounts it read-only.
	SubPath  string
	ReadOnly bool
}

// Mounts returns all volumes that a replica reads and writes in addition to its image.
func Mounts(s Spec) []mount {
	mounts := []mount{
		{Volume: corev1.Volume{Name: "home", VolumeSource: scratch(s)}, Path: home},
		{Volume: corev1.Volume{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}, Path: "/tmp"},
		{Volume: corev1.Volume{Name: "shm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
			Medium: corev1.StorageMediumMemory, SizeLimit: new(Quantity(s.Resources.ShmSize)),
		}}}, Path: "/dev/shm"},
		{Volume: middlewareVolume(), Path: middlewareFolder, ReadOnly: true},
	}
	if name := s.CacheClaim(); name != "" {
		// Each service has its own folder, because other services may use the same claim.
		mounts = append(mounts, mount{Volume: corev1.Volume{Name: "cache", VolumeSource: claimed(name, false)}, Path: cache, SubPath: s.ObjectName()})
	}
	if name := s.Storage.Weights.Claim; name != "" {
		mounts = append(mounts, mount{Volume: corev1.Volume{Name: "models", VolumeSource: claimed(name, true)}, Path: models, ReadOnly: true})
	}
	for _, v := range s.Volumes {
		volume, readOnly := source(v)
		mounts = append(mounts, mount{Volume: corev1.Volume{Name: v.Name, VolumeSource: volume}, Path: v.MountPath, ReadOnly: readOnly})
	}
	return mounts
}

// scratch returns the source of the volume with vLLM's home directory.
func scratch(s Spec) corev1.VolumeSource {
	size := Quantity(s.Resources.Disk)
	class := s.Storage.ScratchClass
	if class == "" {
		return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &size}}
	}
	return corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{
		ObjectMeta: metav1.ObjectMeta{Labels: s.PodLabels()},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			StorageClassName: &class,
			Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: size}},
		},
	}}}
}

func claimed(name string, readOnly bool) corev1.VolumeSource {
	return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name, ReadOnly: readOnly}}
}

// source returns the source of one of the user's volumes, and whether it is read-only.
func source(v Volume) (volume corev1.VolumeSource, readOnly bool) {
	switch {
	case v.ConfigMap != "":
		return corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: v.ConfigMap}}}, true
	case v.Secret != "":
		return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: v.Secret}}, true
	case v.Claim != "":
		return claimed(v.Claim, !v.ReadWrite), !v.ReadWrite
	}
	return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}, false
}

// DiskRequest returns the pod's request for the node's ephemeral storage.
func (s Spec) DiskRequest() string {
	if s.Storage.ScratchClass != "" {
		return "1Gi" // its log and /tmp
	}
	return s.Resources.Disk
}

// weights returns the id or the path of the weights that vLLM serves.
func (s Spec) weights() string {
	if s.Storage.Weights.Claim != "" {
		return path.Join(models, s.Storage.Weights.Path)
	}
	return s.Model.ID
}

// CacheClaim returns the name of the cache's claim, created or existing; "" without one.
func (s Spec) CacheClaim() string {
	if s.Storage.Cache.StorageClass != "" {
		return s.ObjectName() + "-cache"
	}
	return s.Storage.Cache.Claim
}

const (
	// MiddlewareAnnotation is the annotation with the source of vLLM's middleware. It is
	// part of the pod, so that a rollout replaces both together.
	MiddlewareAnnotation = "vllm-eks/" + connections.File
	// middlewareFolder is the folder where the pod has that annotation as a file.
	middlewareFolder = "/etc/vllm-eks"
)

// middlewareVolume returns the volume with the middleware's file.
func middlewareVolume() corev1.Volume {
	return corev1.Volume{Name: "middleware", VolumeSource: corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{
		Items: []corev1.DownwardAPIVolumeFile{{
			Path:     connections.File,
			FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.annotations['" + MiddlewareAnnotation + "']"},
		}},
	}}}
}
