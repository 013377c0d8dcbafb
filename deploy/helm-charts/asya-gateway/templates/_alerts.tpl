{{/*
What docs/deployment.md explains under "Alerts". Takes {root, job}: job is the Service that is scraped.
*/}}
{{- define "asya-gateway.alerts" -}}
{{- $of := printf "namespace=%q,job=%q" .root.Release.Namespace .job -}}
- alert: AsyaGatewayAbsent
  expr: absent(asya_build_info{ {{- $of -}} })
  for: 5m
  labels: { severity: critical }
  annotations: { summary: No gateway can be scraped }
- alert: AsyaDatabaseDown
  expr: min(asya_dependency_up{ {{- $of -}} ,dependency="database"}) == 0
  for: 2m
  labels: { severity: critical }
  annotations: { summary: A gateway cannot use PostgreSQL }
- alert: AsyaBrokerDown
  expr: min(asya_dependency_up{ {{- $of -}} ,dependency="broker"}) == 0
  for: 2m
  labels: { severity: critical }
  annotations: { summary: A gateway cannot use RabbitMQ }
- alert: AsyaOutboxStuck
  # Unroutable jobs are in the outbox for as long as they are tried.
  expr: max(asya_outbox_oldest_seconds{ {{- $of -}} }) > {{ add .root.Values.config.unroutableGraceSeconds 60 }}
  for: 1m
  labels: { severity: critical }
  annotations: { summary: Committed jobs do not reach their queues }
- alert: AsyaMessagesUndeliverable
  expr: sum by (tool, reason) (increase(asya_jobs_ended_total{ {{- $of -}} ,reason=~"Unroutable|PublishFailed"}[10m])) > 0
  labels: { severity: warning }
  annotations: { summary: Jobs fail because no queue takes their message }
- alert: AsyaJobsLost
  expr: >-
    sum by (tool) (rate(asya_jobs_ended_total{ {{- $of -}} ,reason=~"DeadlineExceeded|HeartbeatLost"}[15m]))
    / sum by (tool) (rate(asya_jobs_ended_total{ {{- $of -}} }[15m])) > 0.1
  for: 5m
  labels: { severity: warning }
  annotations: { summary: More than a tenth of a tool's jobs run out of time }
- alert: AsyaReportsUnreadable
  expr: sum by (queue) (increase(asya_reports_total{ {{- $of -}} ,fate="dead-lettered"}[15m])) > 0
  labels: { severity: warning }
  annotations: { summary: Reports of actors go to the dead letters }
- alert: AsyaErrors
  expr: >-
    sum(rate(asya_http_requests_total{ {{- $of -}} ,status=~"5..",route!="/ready"}[5m]))
    / sum(rate(asya_http_requests_total{ {{- $of -}} ,route!="/ready"}[5m])) > 0.05
  for: 5m
  labels: { severity: warning }
  annotations: { summary: More than a twentieth of the requests fail }
- alert: AsyaStoreSlow
  expr: histogram_quantile(0.99, sum by (le) (rate(asya_store_seconds_bucket{ {{- $of -}} ,operation=~"create|apply"}[5m]))) > 1
  for: 10m
  labels: { severity: warning }
  annotations: { summary: PostgreSQL takes more than a second to commit }
- alert: AsyaGatewayBusy
  expr: max by (pod) (nodejs_eventloop_lag_p99_seconds{ {{- $of -}} }) > 0.5
  for: 10m
  labels: { severity: warning }
  annotations: { summary: A gateway has more to do than its core can }
- alert: AsyaAccessFileUnusable
  expr: min(asya_access_file_usable{ {{- $of -}} }) == 0
  for: 1m
  labels: { severity: warning }
  annotations: { summary: The access file cannot be used; the rules are those of before }
- alert: AsyaIssuerKeysStale
  expr: max by (issuer) (asya_jwks_age_seconds{ {{- $of -}} }) > 3600
  for: 5m
  labels: { severity: warning }
  annotations: { summary: The keys of an issuer of tokens cannot be fetched }
- alert: AsyaToolsFilesUnusable
  expr: min(asya_tools_files_usable{ {{- $of -}} }) == 0
  for: 5m
  labels: { severity: warning }
  annotations: { summary: The tools files have faults; gateways keep the tools of before }
{{- end -}}
