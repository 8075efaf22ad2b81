{{- define "labels" -}}
app.kubernetes.io/name: tetcore-analytics
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "metadata" -}}
name: {{ .Release.Name | quote }}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "labels" . | nindent 2 }}
{{- end -}}
