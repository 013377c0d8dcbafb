{{/* What the schema of the values cannot say. */}}
{{- define "asya-gateway.checks" -}}
{{- $v := .Values -}}
{{- if and (not $v.postgresql.enabled) (not $v.database.url) (not $v.database.existingSecret) -}}
{{- fail "postgresql.enabled is false: set database.url or database.existingSecret" -}}
{{- end -}}
{{- if and $v.postgresql.enabled (or $v.database.url $v.database.existingSecret) -}}
{{- fail "database is for a PostgreSQL of your own: set postgresql.enabled=false with it" -}}
{{- end -}}
{{- if and $v.access.open (or $v.access.file $v.access.existingSecret) -}}
{{- fail "access.open asks nobody who they are: set it without access.file and access.existingSecret" -}}
{{- end -}}
{{- if and $v.access.file $v.access.existingSecret -}}
{{- fail "access.existingSecret replaces access.file: set one of them" -}}
{{- end -}}
{{- if and $v.tools.existingConfigMap (or $v.tools.files $v.examples.enabled) -}}
{{- fail "tools.existingConfigMap replaces tools.files and examples: set one of them" -}}
{{- end -}}
{{- if and $v.gatewayAPI.enabled (not $v.gatewayAPI.parentRefs) -}}
{{- fail "gatewayAPI.enabled is true: name a Gateway in gatewayAPI.parentRefs" -}}
{{- end -}}
{{- if or (hasPrefix "127." $v.config.host) (has (lower $v.config.host) (list "localhost" "::1" "[::1]")) -}}
{{- fail (printf "config.host: %s is an address of the pod alone, which neither probes nor the Service reach; use 0.0.0.0 or ::" $v.config.host) -}}
{{- end -}}
{{- if and (not $v.metrics.enabled) (or $v.metrics.serviceMonitor.enabled $v.metrics.alerts.enabled) -}}
{{- fail "metrics.serviceMonitor and metrics.alerts need metrics.enabled" -}}
{{- end -}}
{{- if lt (int $v.terminationGracePeriodSeconds) (add $v.preStopSleepSeconds 11 | int) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short for preStopSleepSeconds (%d) and the 10 s in which a gateway drains" (int $v.terminationGracePeriodSeconds) (int $v.preStopSleepSeconds)) -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas exceeds autoscaling.maxReplicas" -}}
{{- end -}}
{{- if $v.postgresql.enabled -}}
{{- $gateways := add1 (ternary $v.autoscaling.maxReplicas $v.replicaCount $v.autoscaling.enabled) -}}
{{- /* A migration, somebody's psql, and what PostgreSQL reserves for a superuser. */ -}}
{{- $needed := add (mul $gateways $v.config.databaseMaxConnections) 8 -}}
{{- if gt (int $needed) (int $v.postgresql.maxConnections) -}}
{{- fail (printf "postgresql.maxConnections: %d is too few; %d gateways (one more while they are replaced) with config.databaseMaxConnections=%d, migrations and operators need %d" (int $v.postgresql.maxConnections) (int $gateways) (int $v.config.databaseMaxConnections) (int $needed)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
