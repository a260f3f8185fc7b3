package conformance

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkVolumes requires that every mount has its volume, every volume is mounted, and no two mounts
// have the same path.
func checkVolumes(found *findings, s serving.Spec, r rendered) {
	p := r.pod().Spec
	mounted, volumes := map[string]bool{}, map[string]corev1.Volume{}
	for _, v := range p.Volumes {
		_, twice := volumes[v.Name]
		found.need(!twice, "the volume %s is there twice", v.Name)
		volumes[v.Name] = v
		checkVolume(found, v)
	}
	for _, c := range slices.Concat(p.InitContainers, p.Containers) {
		byPath := map[string]string{}
		for _, m := range c.VolumeMounts {
			_, ok := volumes[m.Name]
			found.need(ok, "the container %s mounts %s, which does not exist", c.Name, m.Name)
			found.need(path.IsAbs(m.MountPath) && path.Clean(m.MountPath) == m.MountPath, "%s is mounted at %q", m.Name, m.MountPath)
			found.need(byPath[m.MountPath] == "", "%s and %s are mounted at %s", byPath[m.MountPath], m.Name, m.MountPath)
			found.need(!path.IsAbs(m.SubPath) && !slices.Contains(splitPath(m.SubPath), ".."), "%s is mounted from %q", m.Name, m.SubPath)
			byPath[m.MountPath], mounted[m.Name] = m.Name, true
		}
	}
	for _, v := range p.Volumes {
		found.need(mounted[v.Name] || s.PodPatch != "", "the volume %s is not mounted", v.Name)
	}
	checkPlaces(found, s, r.engine(), volumes)
	for _, c := range r.claims {
		size := c.Spec.Resources.Requests[corev1.ResourceStorage]
		whole(found, "the size of the claim "+c.Name, size)
		found.need(slices.Equal(c.Spec.AccessModes, []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}),
			"the claim %s has the access modes %v, want ReadWriteMany", c.Name, c.Spec.AccessModes)
		found.need(slices.ContainsFunc(p.Volumes, func(v corev1.Volume) bool {
			return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == c.Name
		}), "no volume has the claim %s", c.Name)
		found.need(c.Spec.StorageClassName != nil && *c.Spec.StorageClassName == s.Storage.Cache.StorageClass, "the claim %s has another class", c.Name)
	}
}

// checkPlaces requires that vLLM can write only to what it has to write.
func checkPlaces(found *findings, s serving.Spec, engine *corev1.Container, volumes map[string]corev1.Volume) {
	mounts := map[string]corev1.VolumeMount{}
	for _, m := range engine.VolumeMounts {
		mounts[m.MountPath] = m
	}
	writable := []string{"/home/vllm", "/tmp", "/dev/shm"}
	if s.Storage.Cache != (serving.Cache{}) {
		writable = append(writable, "/home/vllm/.cache")
		same(found, "the folder of the cache", mounts["/home/vllm/.cache"].SubPath, firstName(s))
	}
	for _, place := range writable {
		m, ok := mounts[place]
		found.need(ok && !m.ReadOnly, "vLLM cannot write to %s", place)
	}
	if s.Storage.Weights.Claim != "" {
		m, ok := mounts["/models"]
		found.need(ok && m.ReadOnly, "vLLM can write to the weights")
	}
	if v := volumes[mounts["/dev/shm"].Name]; v.EmptyDir == nil || v.EmptyDir.Medium != corev1.StorageMediumMemory || v.EmptyDir.SizeLimit == nil {
		found.addf("/dev/shm is not a memory volume with a size")
	} else if limit := engine.Resources.Limits.Memory(); v.EmptyDir.SizeLimit.Cmp(*limit) >= 0 {
		found.addf("/dev/shm has %s, all of vLLM's %s", v.EmptyDir.SizeLimit, limit)
	}
	if v := volumes[mounts["/home/vllm"].Name]; v.Ephemeral == nil {
		found.need(v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil, "the home directory has no limit")
	}
	for _, v := range s.Volumes {
		m, ok := mounts[v.MountPath]
		found.need(ok && m.Name == v.Name, "the volume %s is not at %s", v.Name, v.MountPath)
		wantReadOnly := v.ConfigMap != "" || v.Secret != "" || v.Claim != "" && !v.ReadWrite
		same(found, "readOnly of the volume "+v.Name, m.ReadOnly, wantReadOnly)
	}
}

func checkVolume(found *findings, v corev1.Volume) {
	switch {
	case v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil:
		whole(found, "the size of the volume "+v.Name, *v.EmptyDir.SizeLimit)
	case v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil:
		whole(found, "the size of the volume "+v.Name, v.Ephemeral.VolumeClaimTemplate.Spec.Resources.Requests[corev1.ResourceStorage])
	}
}

// whole requires a quantity of bytes that Kubernetes can count.
func whole(found *findings, subject string, q resource.Quantity) {
	found.need(q.Sign() > 0, "%s is %s", subject, q.String())
	_, exact := q.AsInt64()
	found.need(exact, "%s is %s, want a whole number of bytes", subject, q.String())
}

func splitPath(p string) []string {
	var parts []string
	for p != "" && p != "." && p != "/" {
		parts = append(parts, path.Base(p))
		p = path.Dir(p)
	}
	return parts
}
