{{/* The name of everything in a release. */}}
{{- define "umgateway.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods; it never changes during the life of a release. */}}
{{- define "umgateway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "umgateway.labels" -}}
{{ include "umgateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "umgateway.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Refuses values that would let two pods dial the same call: the disk's ledger is known to one pod only. */}}
{{- define "umgateway.check" -}}
{{- if eq .Values.ledger.store "disk" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}
{{- fail "several pods need a ledger that they share: set ledger.store to redis" -}}
{{- end -}}
{{- else if not .Values.ledger.redis.address -}}
{{- fail "ledger.store is redis: set ledger.redis.address to its host:port" -}}
{{- end -}}
{{- end -}}

{{/* The flags of the container, by name: those that the chart decides, and the values' settings. */}}
{{- define "umgateway.flags" -}}
config: /etc/umgateway/config/config.yaml
http-addr: ":8080"
grpc-addr: ":9090"
admin-addr: ":9091"
{{- if eq .Values.ledger.store "disk" }}
ledger: /var/lib/umgateway/ledger.db
{{- else }}
ledger: {{ printf "%s://%s" (ternary "rediss" "redis" .Values.ledger.redis.tls) .Values.ledger.redis.address }}
{{- with .Values.ledger.redis.username }}
ledger-redis-username: {{ . | quote }}
{{- end }}
{{- with .Values.ledger.redis.passwordFile }}
ledger-redis-password-file: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.settings }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A setting's value as it stands in a variable. toString would write 4194304 as 4.194304e+06. */}}
{{- define "umgateway.text" -}}
{{- if kindIs "slice" . -}}
{{- join "," . -}}
{{- else if kindIs "string" . -}}
{{- . -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}
