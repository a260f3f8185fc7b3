package helmchart

// helpers holds the named templates.
const helpers = `{{- /* ` + generated + ` */ -}}

{{- /* The name of the Deployment, the Service and the metrics. */ -}}
{{- define "vllm.name" -}}
{{- .Values.name | default .Release.Name | trunc 54 | trimSuffix "-" -}}
{{- end -}}

{{- /* Labels that select the pods. They never change. */ -}}
{{- define "vllm.selectorLabels" -}}
app.kubernetes.io/instance: {{ include "vllm.name" . | quote }}
app.kubernetes.io/name: vllm
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "vllm.labels" -}}
{{- with .Values.labels }}
{{- toYaml . }}
{{ end -}}
{{ include "vllm.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: vllm-eks
{{- end -}}

{{- /* Labels of the pods: the same from Helm, kubectl and Pulumi. */ -}}
{{- define "vllm.podLabels" -}}
{{- toYaml (merge (deepCopy .Values.labels) (dict "app" "vllm" "app.kubernetes.io/part-of" "vllm-eks") (fromYaml (include "vllm.selectorLabels" .))) }}
{{- end -}}

{{- /* Labels of a Service for a previous name, which no ServiceMonitor selects. */ -}}
{{- define "vllm.previousLabels" -}}
{{ include "vllm.labels" . }}
app.kubernetes.io/component: alias
{{- end -}}

{{- define "vllm.monitorLabels" -}}
{{- toYaml (merge (deepCopy .Values.serviceMonitor.labels) (fromYaml (include "vllm.labels" .))) }}
{{- end -}}

{{- define "vllm.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ include "vllm.name" . }}{{ else }}{{ required "serviceAccount.name: is missing; name a ServiceAccount, or set serviceAccount.create" .Values.serviceAccount.name }}{{ end -}}
{{- end -}}

{{- /* Variables, in a fixed order, so that unchanged values never restart a pod. */ -}}
{{- define "vllm.env" -}}
{{- range $name, $path := .Values.fieldEnv }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: {{ $path | quote }}
{{- end }}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $ref := .Values.secretEnv }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $ref.secret | quote }}
      key: {{ $ref.key | quote }}
{{- end }}
{{- end -}}

{{- /* Later releases of vLLM require the API key for /metrics as well. */ -}}
{{- define "vllm.authorization" -}}
type: Bearer
credentials:
  name: {{ .Values.secretEnv.VLLM_API_KEY.secret | quote }}
  key: {{ .Values.secretEnv.VLLM_API_KEY.key | quote }}
{{- end -}}

{{- define "vllm.tls" -}}
- hosts:
    - {{ .Values.ingress.host | quote }}
  secretName: {{ .Values.ingress.tlsSecret | quote }}
{{- end -}}

{{- /* Triggers of KEDA, with the names of the release in their queries. */ -}}
{{- define "vllm.triggers" -}}
{{- $series := printf "namespace=%q,service=%q" .Release.Namespace (include "vllm.name" .) }}
{{- range .Values.scaling.triggers }}
- type: prometheus
  name: {{ .name | quote }}
  metricType: AverageValue
  metadata:
    serverAddress: {{ $.Values.scaling.prometheusUrl | quote }}
    query: {{ .query | replace ` + "`" + selected + "`" + ` $series | quote }}
    threshold: {{ .threshold | quote }}
    ignoreNullValues: "false"
{{- end }}
{{- end -}}
`

// notes is the text that helm shows after an installation.
const notes = `{{- $name := include "vllm.name" . -}}
{{ $name }} serves {{ first .Values.args }} when its weights are loaded, some minutes after the node exists:

  kubectl -n {{ .Release.Namespace }} rollout status deployment/{{ $name }} --timeout={{ int64 .Values.progressDeadlineSeconds }}s
  kubectl -n {{ .Release.Namespace }} port-forward svc/{{ $name }} 8000:8000
  curl http://localhost:8000/v1/models
{{- if .Values.secretEnv.VLLM_API_KEY }} -H "Authorization: Bearer $KEY"
{{- end }}

In the cluster, its address is http://{{ $name }}.{{ .Release.Namespace }}.svc.cluster.local:8000/v1
{{- if .Values.ingress.className }}
Outside the cluster, clients call /v1 of {{ .Values.ingress.host }}.
{{- end }}
{{- if gt (int64 .Values.replicas.min) (int64 .Values.replicas.max) }}
{{- fail (printf "replicas.min: is %d, want at most replicas.max, which is %d" (int64 .Values.replicas.min) (int64 .Values.replicas.max)) }}
{{- end }}
`
