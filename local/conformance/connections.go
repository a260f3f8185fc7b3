package conformance

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// checkConnections needs vLLM to find the middleware that its arguments name: a
// file in a folder of PYTHONPATH, which the engine cannot change, whose content
// comes from an annotation of the pod.
func checkConnections(found *findings, r rendered) {
	engine, pod := r.engine(), r.pod()
	at := slices.Index(engine.Args, "--middleware")
	if at < 0 || at+1 == len(engine.Args) {
		found.addf("the engine keeps connections open: it has no --middleware")
		return
	}
	module, class, _ := strings.Cut(engine.Args[at+1], ".")
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
	found.need(engine.VolumeMounts[mounted].ReadOnly, "the engine can write to %s, from which it imports", folder)
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
