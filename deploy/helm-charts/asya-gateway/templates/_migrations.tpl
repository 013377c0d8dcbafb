{{/*
With a bundled database, migrations are an ordinary Job: a hook before the installation would wait
for a database that is installed after it. With one of your own they are a hook, so that Helm stops
at a failed migration and leaves the running gateways alone.
*/}}
{{- define "asya-gateway.migrationsAreHook" -}}
{{- if not .Values.postgresql.enabled -}}true{{- end -}}
{{- end -}}

{{- define "asya-gateway.migrationsDatabaseEnv" -}}
{{- $own := .Values.migrations.database -}}
{{- if or $own.url $own.existingSecret -}}
- name: ASYA_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "%s-migrations" (include "asya-gateway.fullname" .)) $own.existingSecret }}
      key: {{ ternary $own.existingSecretKey "ASYA_DATABASE_URL" (ne $own.existingSecret "") }}
{{- else if and (include "asya-gateway.migrationsAreHook" .) .Values.database.url -}}
- name: ASYA_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "asya-gateway.fullname" . }}-migrations
      key: ASYA_DATABASE_URL
{{- else -}}
{{ include "asya-gateway.databaseEnv" . }}
{{- end -}}
{{- end -}}

{{/* The Sqitch project. Keys of a ConfigMap have no slashes: deploy/jobs.sql is deploy.jobs.sql. */}}
{{- define "asya-gateway.migrationsData" -}}
{{- range $path, $_ := .Files.Glob "files/db/**" }}
{{ trimPrefix "files/db/" $path | replace "/" "." }}: |
  {{- $.Files.Get $path | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Takes {root, configMap}. */}}
{{- define "asya-gateway.migrationsVolume" -}}
- name: migrations
  configMap:
    name: {{ .configMap }}
    items:
      {{- range $path, $_ := .root.Files.Glob "files/db/**" }}
      {{- $file := trimPrefix "files/db/" $path }}
      - { key: {{ replace "/" "." $file }}, path: {{ $file }} }
      {{- end }}
{{- end -}}

{{/* Runs migrate.sh. Takes {root, name, mode: deploy or wait, env}. */}}
{{- define "asya-gateway.migrationsContainer" -}}
{{- $migrations := .root.Values.migrations -}}
- name: {{ .name }}
  image: {{ include "asya-gateway.image" (dict "image" $migrations.image) }}
  imagePullPolicy: {{ $migrations.image.pullPolicy }}
  command: [sh, /migrations/migrate.sh]
  args: [{{ .mode }}]
  env:
    {{- .env | nindent 4 }}
    - name: ASYA_MIGRATION_TIMEOUT
      value: {{ $migrations.serverTimeoutSeconds | int64 | quote }}
    - name: HOME
      value: /tmp
  resources:
    {{- toYaml $migrations.resources | nindent 4 }}
  securityContext:
    {{- toYaml .root.Values.securityContext | nindent 4 }}
  volumeMounts:
    - { name: migrations, mountPath: /migrations, readOnly: true }
    - { name: tmp, mountPath: /tmp }
{{- end -}}

{{- define "asya-gateway.migrationsJobSpec" -}}
backoffLimit: {{ .Values.migrations.backoffLimit }}
activeDeadlineSeconds: {{ .Values.migrations.activeDeadlineSeconds }}
template:
  metadata:
    labels:
      {{- include "asya-gateway.labels" . | nindent 6 }}
      app.kubernetes.io/component: migrations
  spec:
    {{- include "asya-gateway.podDefaults" . | nindent 4 }}
    restartPolicy: Never
    securityContext:
      {{- toYaml .Values.podSecurityContext | nindent 6 }}
    containers:
      {{- $env := include "asya-gateway.migrationsDatabaseEnv" . }}
      {{- include "asya-gateway.migrationsContainer" (dict "root" . "name" "sqitch" "mode" "deploy" "env" $env) | nindent 6 }}
    volumes:
      {{- $configMap := printf "%s-migrations" (include "asya-gateway.fullname" .) }}
      {{- if include "asya-gateway.migrationsAreHook" . }}{{ $configMap = printf "%s-hook" $configMap }}{{ end }}
      {{- include "asya-gateway.migrationsVolume" (dict "root" . "configMap" $configMap) | nindent 6 }}
      - { name: tmp, emptyDir: {} }
{{- end -}}
