{{/*
A secret's value: the one given; else the one in the cluster, so that an upgrade keeps it; else a new
one. Rendering without a cluster (helm template) finds none. Takes {root, given, name, key}.
*/}}
{{- define "asya-gateway.keptSecret" -}}
{{- if .given -}}
{{- .given | b64enc -}}
{{- else -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- $data := default dict (default dict $found).data -}}
{{- get $data .key | default (randAlphaNum 40 | b64enc) -}}
{{- end -}}
{{- end -}}

{{- define "asya-gateway.postgresqlSecret" -}}
{{- default (printf "%s-postgresql" (include "asya-gateway.fullname" .)) .Values.postgresql.auth.existingSecret -}}
{{- end -}}

{{- define "asya-gateway.postgresqlSecretKey" -}}
{{- ternary .Values.postgresql.auth.existingSecretKey "password" (ne .Values.postgresql.auth.existingSecret "") -}}
{{- end -}}

{{- define "asya-gateway.secretEnv" -}}
- name: ASYA_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ default (include "asya-gateway.fullname" .) .Values.secret.existingSecret }}
      key: {{ ternary .Values.secret.existingSecretKey "ASYA_SECRET" (ne .Values.secret.existingSecret "") }}
{{- end -}}

{{- define "asya-gateway.rabbitmqEnv" -}}
- name: ASYA_RABBITMQ_URL
  valueFrom:
    secretKeyRef:
      name: {{ default (include "asya-gateway.fullname" .) .Values.rabbitmq.existingSecret }}
      key: {{ ternary .Values.rabbitmq.existingSecretKey "ASYA_RABBITMQ_URL" (ne .Values.rabbitmq.existingSecret "") }}
- name: ASYA_RABBITMQ_EXCHANGE
  value: {{ .Values.rabbitmq.exchange | quote }}
{{- end -}}

{{/*
The gateway's database. The bundled one's password goes by PGPASSWORD, which the gateway, psql and
Sqitch all read: inside the URL, a password of somebody's own Secret would need escaping.
*/}}
{{- define "asya-gateway.databaseEnv" -}}
{{- if .Values.postgresql.enabled -}}
{{- $auth := .Values.postgresql.auth -}}
- name: ASYA_DATABASE_URL
  value: {{ printf "postgres://%s@%s-postgresql:5432/%s" $auth.username (include "asya-gateway.fullname" .) $auth.database }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "asya-gateway.postgresqlSecret" . }}
      key: {{ include "asya-gateway.postgresqlSecretKey" . }}
{{- else -}}
- name: ASYA_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ default (include "asya-gateway.fullname" .) .Values.database.existingSecret }}
      key: {{ ternary .Values.database.existingSecretKey "ASYA_DATABASE_URL" (ne .Values.database.existingSecret "") }}
{{- end -}}
{{- end -}}

{{/*
Changes when a secret of the values does, so that gateways are replaced. Shortened, because a whole
digest would let whoever reads Deployments try passwords against it.
*/}}
{{- define "asya-gateway.secretsChecksum" -}}
{{- list .Values.secret.value .Values.rabbitmq.url .Values.database.url .Values.postgresql.auth.password | toJson | sha256sum | trunc 6 -}}
{{- end -}}

{{/* The Secret with the access file. */}}
{{- define "asya-gateway.accessSecret" -}}
{{- default (printf "%s-access" (include "asya-gateway.fullname" .)) .Values.access.existingSecret -}}
{{- end -}}

{{/* Not empty if the chart generates the key by which clients call. */}}
{{- define "asya-gateway.generatesKey" -}}
{{- if not (or .Values.access.open .Values.access.existingSecret .Values.access.file) -}}true{{- end -}}
{{- end -}}
