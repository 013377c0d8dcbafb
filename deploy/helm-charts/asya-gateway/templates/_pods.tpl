{{/*
For every pod. No service links: a Service named asya-gateway would put ASYA_GATEWAY_PORT=tcp://…
into the environment, which is the gateway's own variable.
*/}}
{{- define "asya-gateway.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where a pod runs. Takes values with nodeSelector, tolerations and affinity. */}}
{{- define "asya-gateway.placement" -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with get $ $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "asya-gateway.probe" -}}
httpGet: { path: {{ .path }}, port: http }
{{ toYaml .timing }}
{{- end -}}
