package conformance

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// checkConnections requires that vLLM finds the middleware of its arguments: a file in a read-only
// folder of PYTHONPATH with the content of an annotation of the pod.
func checkConnections(found *findings, r rendered) {
	engine, pod := r.engine(), r.pod()
	index := slices.Index(engine.Args, "--middleware")
	if index < 0 || index+1 == len(engine.Args) {
		found.addf("vLLM has no --middleware, so it keeps connections open")
		return
	}
	module, class, _ := strings.Cut(engine.Args[index+1], ".")
	folder := ""
	for _, v := range engine.Env {
		if v.Name == "PYTHONPATH" {
			folder = v.Value
		}
	}
	mounted := slices.IndexFunc(engine.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == folder })
	if folder == "" || mounted < 0 {
		found.addf("nothing is mounted at PYTHONPATH (%q)", folder)
		return
	}
	found.need(engine.VolumeMounts[mounted].ReadOnly, "vLLM can write to %s, from which it imports", folder)
	source := ""
	for _, v := range pod.Spec.Volumes {
		if v.Name != engine.VolumeMounts[mounted].Name || v.DownwardAPI == nil {
			continue
		}
		for _, item := range v.DownwardAPI.Items {
			if path.Clean(item.Path) == module+".py" && item.FieldRef != nil {
				key, _ := strings.CutPrefix(item.FieldRef.FieldPath, "metadata.annotations['")
				source = pod.Annotations[strings.TrimSuffix(key, "']")]
			}
		}
	}
	found.need(strings.Contains(source, "class "+class+":"), "%s has no module %s with a class %s", folder, module, class)
}
