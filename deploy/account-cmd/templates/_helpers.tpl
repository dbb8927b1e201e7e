{{/*
These templates are the same files in deploy/account-cmd and deploy/account-query (a test compares them);
what differs is in values.yaml.
*/}}

{{- define "jetbank.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The release's name, with the chart's unless it is in there already. */}}
{{- define "jetbank.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "jetbank.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "jetbank.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Every pod of the release: the service's and, in account-cmd, the job's. */}}
{{- define "jetbank.releaseLabels" -}}
app.kubernetes.io/name: {{ include "jetbank.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The service's pods only: what Service, Deployment and PodDisruptionBudget select. */}}
{{- define "jetbank.selectorLabels" -}}
{{ include "jetbank.releaseLabels" . }}
app.kubernetes.io/component: service
{{- end }}

{{- define "jetbank.labels" -}}
{{ include "jetbank.releaseLabels" . }}
app.kubernetes.io/part-of: jetbank
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "jetbank.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "jetbank.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "jetbank.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* A pod that is killed before it has stopped by itself fails requests: 10 s is the services' own limit. */}}
{{- define "jetbank.gracePeriod" -}}
{{- $needed := add .Values.preStopSleepSeconds .Values.drainSeconds 10 }}
{{- if le (int64 .Values.terminationGracePeriodSeconds) $needed }}
{{- fail (printf "terminationGracePeriodSeconds is %d, but must be more than preStopSleepSeconds + drainSeconds + 10 = %d" (int64 .Values.terminationGracePeriodSeconds) $needed) }}
{{- end }}
{{- .Values.terminationGracePeriodSeconds }}
{{- end }}

{{/* How a pod reaches NATS. Takes the credentials from the values, with the Secret's name checked by the caller. */}}
{{- define "jetbank.natsEnv" -}}
- name: NATS_URL
  value: {{ .url | quote }}
{{- if .tls.caSecretName }}
- name: NATS_TLS_CA
  value: /etc/jetbank/nats-ca/ca.crt
{{- end }}
{{- if .tls.certSecretName }}
- name: NATS_TLS_CERT
  value: /etc/jetbank/nats-cert/tls.crt
- name: NATS_TLS_KEY
  value: /etc/jetbank/nats-cert/tls.key
{{- end }}
{{- if .credentials.credsKey }}
- name: NATS_CREDS_FILE
  value: /etc/jetbank/nats/nats.creds
{{- else if .credentials.nkeyKey }}
- name: NATS_NKEY_FILE
  value: /etc/jetbank/nats/nats.nkey
{{- else }}
- name: NATS_USER
  value: {{ .credentials.user | quote }}
- name: NATS_PASSWORD_FILE
  value: /etc/jetbank/nats/password
{{- end }}
{{- end }}

{{/* Secrets are mounted as files: they are in no environment, and so in no dump of one. */}}
{{- define "jetbank.natsVolume" -}}
- name: nats-credentials
  secret:
    secretName: {{ .secretName | quote }}
    defaultMode: 288 # octal 0440
    items:
      {{- if .credentials.credsKey }}
      - key: {{ .credentials.credsKey | quote }}
        path: nats.creds
      {{- else if .credentials.nkeyKey }}
      - key: {{ .credentials.nkeyKey | quote }}
        path: nats.nkey
      {{- else }}
      - key: {{ .credentials.passwordKey | quote }}
        path: password
      {{- end }}
{{- if .tls.caSecretName }}
- name: nats-ca
  secret:
    secretName: {{ .tls.caSecretName | quote }}
    defaultMode: 288 # octal 0440
    items:
      - key: {{ .tls.caKey | quote }}
        path: ca.crt
{{- end }}
{{- if .tls.certSecretName }}
- name: nats-cert
  secret:
    secretName: {{ .tls.certSecretName | quote }}
    defaultMode: 288 # octal 0440
    items:
      - key: tls.crt
        path: tls.crt
      - key: tls.key
        path: tls.key
{{- end }}
{{- end }}

{{- define "jetbank.natsMount" -}}
- name: nats-credentials
  mountPath: /etc/jetbank/nats
  readOnly: true
{{- if .caSecretName }}
- name: nats-ca
  mountPath: /etc/jetbank/nats-ca
  readOnly: true
{{- end }}
{{- if .certSecretName }}
- name: nats-cert
  mountPath: /etc/jetbank/nats-cert
  readOnly: true
{{- end }}
{{- end }}

{{/* A service that anybody could use does not start: better to hear of it here. */}}
{{- define "jetbank.checkAuth" -}}
{{- with .Values.auth }}
{{- if and .enabled (not .apiKeys.secretName) (not .jwt.jwksUrl) }}
{{- fail "auth: give auth.apiKeys.secretName (an existing Secret with the file that \"jetbank keys create\" makes) or auth.jwt.jwksUrl; or auth.enabled=false where something in front of the pods authenticates" }}
{{- end }}
{{- if and .jwt.jwksUrl (not (and .jwt.issuer .jwt.audience)) }}
{{- fail "auth.jwt.issuer and auth.jwt.audience are required with auth.jwt.jwksUrl" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who may send requests, and the certificate. Takes the values. */}}
{{- define "jetbank.httpEnv" -}}
{{- with .auth }}
- name: HTTP_AUTH
  value: {{ ternary "on" "off" .enabled | quote }}
{{- if .enabled }}
{{- if .apiKeys.secretName }}
- name: HTTP_API_KEYS_FILE
  value: /etc/jetbank/api-keys/keys.json
{{- end }}
{{- with .jwt }}
{{- if .jwksUrl }}
- name: HTTP_JWT_JWKS_URL
  value: {{ .jwksUrl | quote }}
- name: HTTP_JWT_ISSUER
  value: {{ .issuer | quote }}
- name: HTTP_JWT_AUDIENCE
  value: {{ .audience | quote }}
{{- end }}
{{- end }}
- name: HTTP_RATE_LIMIT
  value: {{ .rateLimit | quote }}
- name: HTTP_METRICS_AUTH
  value: {{ .guardMetrics | quote }}
{{- end }}
{{- end }}
{{- if .tls.secretName }}
- name: HTTP_TLS_CERT
  value: /etc/jetbank/tls/tls.crt
- name: HTTP_TLS_KEY
  value: /etc/jetbank/tls/tls.key
{{- end }}
{{- end }}
