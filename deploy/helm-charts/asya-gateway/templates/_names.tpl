{{/* The prefix of every name. Short enough for the longest suffix within a label's 63 characters. */}}
{{- define "asya-gateway.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 38 | trimSuffix "-" -}}
{{- end -}}

{{- define "asya-gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of every object. The caller adds app.kubernetes.io/component. */}}
{{- define "asya-gateway.labels" -}}
{{ include "asya-gateway.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: asya
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of pods that a new version of the chart alone is no reason to replace. */}}
{{- define "asya-gateway.lastingLabels" -}}
{{ include "asya-gateway.selectorLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The names by which actors and clients of the cluster call the Service. */}}
{{- define "asya-gateway.serviceHosts" -}}
{{- $name := include "asya-gateway.fullname" . -}}
{{- $hosts := list -}}
{{- range $service := list $name (printf "%s-actors" $name) -}}
{{- $inNamespace := printf "%s.%s" $service $.Release.Namespace -}}
{{- $hosts = concat $hosts (list $service $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace)) -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end -}}

{{- define "asya-gateway.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "asya-gateway.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "asya-gateway.toolsConfigMap" -}}
{{- default (printf "%s-tools" (include "asya-gateway.fullname" .)) .Values.tools.existingConfigMap -}}
{{- end -}}

{{/* An image by its digest, if it has one. Takes {image, tag}: tag where the image has none. */}}
{{- define "asya-gateway.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .tag .image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "asya-gateway.gatewayImage" -}}
{{- include "asya-gateway.image" (dict "image" .Values.image "tag" .Chart.AppVersion) -}}
{{- end -}}
