package specs

import "fmt"

// sidecar returns a patch that adds a container that meets the restricted standard and has more
// fields.
func sidecar(kind, fields string) string {
	return fmt.Sprintf(`{"spec":{%q:[{"name":"side","image":"busybox:1.37","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}%s}]}}`, kind, fields)
}

// engine returns a patch of vLLM's container.
func engine(fields string) string {
	return fmt.Sprintf(`{"spec":{"containers":[{"name":"vllm",%s}]}}`, fields)
}

// GoodPatches are patches that users need. BadPatches remove what replicas rely on, or are invalid.
var (
	GoodPatches = []string{
		`{}`,
		`{"spec":{"hostAliases":[{"ip":"10.3.0.1","hostnames":["proxy.internal"]}]}}`,
		`{"metadata":{"annotations":{"example.com/a":"b"},"labels":{"tier":"gold"}}}`,
		`{"spec":{"dnsConfig":{"options":[{"name":"ndots","value":"1"}]}}}`,
		sidecar("containers", ""),
		sidecar("initContainers", `,"restartPolicy":"Always"`),
		sidecar("containers", `,"ports":[{"name":"side","containerPort":9000}],"volumeMounts":[{"name":"tmp","mountPath":"/tmp"}]`),
		engine(`"env":[{"name":"NCCL_DEBUG","value":"INFO"}]`),
		engine(`"volumeMounts":[{"name":"home","mountPath":"/also"}]`),
		`{"spec":{"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{"matchExpressions":[{"key":"zone","operator":"Exists"}]}}]}}}}`,
	}
	BadPatches = []string{
		`{"spec":{"tolerations":null}}`,
		`no JSON`, `[]`, `{"spec":{"noSuchField":1}}`, `{"Spec":{}}`, `{"spec":{"$patch":"delete"}}`, `{"spec":{"containers":"x"}}`,
		`{"spec":{"hostNetwork":true}}`, `{"spec":{"hostPID":true}}`, `{"spec":{"volumes":[{"name":"h","hostPath":{"path":"/"}}]}}`,
		`{"spec":{"securityContext":null}}`, `{"spec":{"securityContext":{"runAsNonRoot":false}}}`, `{"spec":{"securityContext":{"runAsUser":0}}}`,
		`{"spec":{"securityContext":{"runAsUser":null}}}`, `{"spec":{"securityContext":{"fsGroup":null}}}`,
		`{"spec":{"automountServiceAccountToken":true}}`, `{"spec":{"enableServiceLinks":null}}`, `{"spec":{"serviceAccountName":"other"}}`,
		`{"spec":{"restartPolicy":"Never"}}`, `{"spec":{"activeDeadlineSeconds":60}}`,
		`{"spec":{"terminationGracePeriodSeconds":1}}`, `{"spec":{"terminationGracePeriodSeconds":100000}}`,
		`{"spec":{"nodeSelector":null}}`, `{"spec":{"nodeSelector":{"node.kubernetes.io/instance-type":"m5.large"}}}`,
		`{"spec":{"priorityClassName":"system-node-critical"}}`, `{"spec":{"topologySpreadConstraints":null}}`,
		`{"spec":{"tolerations":[{"operator":"Exists"}]}}`,
		`{"spec":{"volumes":[{"name":"unused","emptyDir":{}}]}}`, `{"spec":{"containers":null}}`,
		`{"metadata":{"labels":{"app.kubernetes.io/instance":"other"}}}`, `{"metadata":{"annotations":{"karpenter.sh/do-not-disrupt":null}}}`,
		`{"metadata":{"labels":{"a b":"c"}}}`,
		`{"spec":{"ephemeralContainers":[{"name":"debug","image":"busybox:1.37"}]}}`,
		sidecar("containers", `,"securityContext":{"privileged":true}`),
		`{"spec":{"containers":[{"name":"side","image":"busybox:1.37"}]}}`,
		sidecar("containers", `,"ports":[{"name":"http","containerPort":9000}]`),
		sidecar("containers", `,"env":[{"name":"DB_PASSWORD","value":"x"}]`),
		sidecar("containers", `,"volumeMounts":[{"name":"none","mountPath":"/x"}]`),
		engine(`"env":[{"name":"VLLM_SERVER_DEV_MODE","value":"1"}]`), engine(`"env":[{"name":"GITHUB_TOKEN","value":"` + Canary + `"}]`),
		engine(`"env":[{"name":"HOME","value":"/root"}]`), engine(`"args":["x"]`), engine(`"image":"x:1"`), engine(`"ports":null`),
		engine(`"lifecycle":null`), engine(`"startupProbe":null`), engine(`"livenessProbe":{"timeoutSeconds":1}`), engine(`"readinessProbe":null`),
		engine(`"resources":{"limits":{"cpu":"1"}}`), engine(`"command":["sh"]`),
		engine(`"securityContext":null`), engine(`"securityContext":{"privileged":true}`), engine(`"securityContext":{"capabilities":{"add":["SYS_NICE"]}}`),
		engine(`"volumeMounts":[{"mountPath":"/home/vllm","name":"home","readOnly":true}]`), engine(`"volumeMounts":[{"mountPath":"/tmp","name":"home"}]`),
		engine(`"volumeMounts":[{"mountPath":"/home/vllm/.cache","name":"cache","subPath":"others"}]`), engine(`"volumeMounts":null`),
	}
)

func (g generator) patch() string { return pick(g, "podPatch", GoodPatches, BadPatches...) }
