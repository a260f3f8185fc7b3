package serving

import (
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

func (s Spec) validateStorage(found *field.ErrorList, fieldPath *field.Path) {
	st := s.Storage
	named := func(key, name, kind string) {
		if name != "" && !isObjectName(name) {
			problems.Invalid(found, fieldPath.Child(key), "is %q, want the name of a %s", name, kind)
		}
	}
	named("storage.weights.claim", st.Weights.Claim, "PersistentVolumeClaim")
	named("storage.cache.claim", st.Cache.Claim, "PersistentVolumeClaim")
	named("storage.cache.storageClass", st.Cache.StorageClass, "StorageClass")
	named("storage.scratchClass", st.ScratchClass, "StorageClass")
	switch {
	case st.Weights.Claim == "" && st.Weights.Path != "":
		problems.Required(found, fieldPath.Child("storage", "weights", "claim"), "is missing; name the PersistentVolumeClaim that has %s", st.Weights.Path)
	case st.Weights.Claim != "" && s.Model.InS3():
		problems.NotSupported(found, fieldPath.Child("storage", "weights", "claim"), "is %q, and model is in S3; want one of them: with a claim, model is the id of the model on its volume", st.Weights.Claim)
	case st.Weights.Claim != "" && s.Model.Revision != "":
		problems.Invalid(found, fieldPath.Child("revision"), "is %q, and the weights are on the volume %s, which has no revisions; name them in its path", s.Model.Revision, st.Weights.Claim)
	case st.Weights.Claim != "" && !isWithin(st.Weights.Path):
		problems.Invalid(found, fieldPath.Child("storage", "weights", "path"), "is %q, want a folder within the volume, such as mistral-7b", st.Weights.Path)
	}
	switch {
	case st.Cache.Claim != "" && st.Cache.StorageClass != "":
		problems.Duplicate(found, fieldPath.Child("storage", "cache", "storageClass"), "is %q, and the claim %s exists already; want one of them", st.Cache.StorageClass, st.Cache.Claim)
	case st.Cache.StorageClass == "" && st.Cache.Size != "":
		problems.Forbidden(found, fieldPath.Child("storage", "cache", "size"), "is ignored without storage.cache.storageClass; remove it")
	case st.Cache.StorageClass != "":
		if _, ok := amountOf(st.Cache.Size, byteAmount, "1Gi"); !ok {
			problems.Invalid(found, fieldPath.Child("storage", "cache", "size"), "is %q, want an amount such as %q", st.Cache.Size, "50Gi")
		}
	}
	s.validateS3(found, fieldPath)
	if s.Offline() && s.needsHub() && st.Cache.Claim == "" {
		problems.Invalid(found, fieldPath.Child("storage", "offline"), "is true, and vLLM must download from Hugging Face; put the weights on a volume (storage.weights.claim) or into S3, "+
			"or name a cache that has them (storage.cache.claim)")
	}
}

// isWithin reports whether a relative path stays within its folder.
func isWithin(p string) bool {
	return p != "" && !path.IsAbs(p) && path.Clean(p) == p && p != "." && !strings.HasPrefix(p, "..") && !strings.ContainsAny(p, " \t\r\n")
}

// validateVolumes refuses volumes with the name or the mount path of another volume.
func (s Spec) validateVolumes(found *field.ErrorList, fieldPath *field.Path) {
	owners := map[string]string{}
	for _, m := range Mounts(s)[:len(Mounts(s))-len(s.Volumes)] {
		owners[m.Volume.Name], owners[m.Path] = "the replica's own volume", "the replica's own volume"
	}
	for i, v := range s.Volumes {
		key := fieldPath.Child("volumes").Index(i)
		switch {
		case v.Name == "": // reported as missing
		case !isLabel(v.Name):
			problems.Invalid(found, key.Child("name"), "is %q, want lower-case letters, digits and '-'", v.Name)
		case owners[v.Name] != "":
			problems.Duplicate(found, key.Child("name"), "is %q, which is the name of %s already", v.Name, owners[v.Name])
		}
		switch {
		case v.MountPath == "": // reported as missing
		case !path.IsAbs(v.MountPath) || path.Clean(v.MountPath) != v.MountPath || v.MountPath == "/" || strings.ContainsAny(v.MountPath, ": \t\r\n"):
			problems.Invalid(found, key.Child("mountPath"), "is %q, want an absolute path such as %q", v.MountPath, "/templates")
		case owners[v.MountPath] != "":
			problems.Duplicate(found, key.Child("mountPath"), "is %q, which is the mount path of %s already", v.MountPath, owners[v.MountPath])
		}
		owners[v.Name], owners[v.MountPath] = key.String(), key.String()
		sources := slices.DeleteFunc([]string{v.ConfigMap, v.Secret, v.Claim}, func(name string) bool { return name == "" })
		if len(sources) > 1 {
			problems.Invalid(found, key, "has several of configMap, secret and claim, want one")
		}
		for _, name := range sources {
			if !isObjectName(name) {
				problems.Invalid(found, key, "refers to %q, want the name of a ConfigMap, Secret or PersistentVolumeClaim", name)
			}
		}
		if v.ReadWrite && v.Claim == "" {
			problems.Forbidden(found, key.Child("readWrite"), "is ignored without a claim; remove it")
		}
	}
}
