package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// home is the home directory of the image's unprivileged user. Everything that
// the engine downloads and caches is under it.
const home = "/home/vllm"

// volumes are the places that the engine writes to.
func volumes(r Resources) corev1.VolumeArray {
	return corev1.VolumeArray{
		&corev1.VolumeArgs{Name: pulumi.String("home"), EmptyDir: &corev1.EmptyDirVolumeSourceArgs{
			SizeLimit: pulumi.String(r.Disk),
		}},
		&corev1.VolumeArgs{Name: pulumi.String("tmp"), EmptyDir: &corev1.EmptyDirVolumeSourceArgs{}},
		&corev1.VolumeArgs{Name: pulumi.String("shm"), EmptyDir: &corev1.EmptyDirVolumeSourceArgs{
			Medium:    pulumi.String("Memory"),
			SizeLimit: pulumi.String(r.ShmSize),
		}},
	}
}

// volumeMounts say where each of the volumes is.
func volumeMounts() corev1.VolumeMountArray {
	return corev1.VolumeMountArray{
		&corev1.VolumeMountArgs{Name: pulumi.String("home"), MountPath: pulumi.String(home)},
		&corev1.VolumeMountArgs{Name: pulumi.String("tmp"), MountPath: pulumi.String("/tmp")},
		&corev1.VolumeMountArgs{Name: pulumi.String("shm"), MountPath: pulumi.String("/dev/shm")},
	}
}
