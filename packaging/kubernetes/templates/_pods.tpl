{{/* How every pod runs: as a user without rights, who knows nothing of the cluster. */}}
{{- define "vestibule.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* How every container runs: list of the root and whether its worker writes security events. */}}
{{- define "vestibule.container" -}}
{{- $root := index . 0 -}}
image: {{ include "vestibule.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  - {name: CREDENTIALS_DIRECTORY, value: /run/secrets/vestibule}
  - {name: IDP_SETTINGS, value: /etc/vestibule/settings.toml}
  - {name: IDP_SERVER__ISSUER, value: {{ printf "https://%s" $root.Values.host | quote }}}
  - {name: IDP_SERVER__WORKERS, value: {{ $root.Values.serve.processes | quote }}}
  - {name: IDP_SERVER__TRUSTED_PROXIES, value: {{ join "," $root.Values.ingress.networks | quote }}}
  - {name: IDP_SERVER__MONITORING, value: {{ join "," (concat (list "127.0.0.0/8" "::1/128") $root.Values.monitoring.networks) | quote }}}
  - {name: IDP_FILES__CLIENTS, value: /etc/vestibule/clients}
  - {name: IDP_FILES__BRANDS, value: /etc/vestibule/brands}
  - {name: IDP_FILES__VARIABLE, value: /var/lib/vestibule}
  - {name: IDP_AUDIT__STDOUT, value: {{ index . 1 | quote }}}
volumeMounts:
  - {name: settings, mountPath: /etc/vestibule/settings.toml, subPath: settings.toml, readOnly: true}
  - {name: clients, mountPath: /etc/vestibule/clients, readOnly: true}
  {{- range $root.Values.brands }}
  - {name: brand-{{ .name }}, mountPath: /etc/vestibule/brands/{{ .name }}, readOnly: true}
  {{- end }}
  {{- if $root.Values.database.authority }}
  - {name: database-authority, mountPath: /etc/vestibule/database, readOnly: true}
  {{- end }}
  - {name: secrets, mountPath: /run/secrets/vestibule, readOnly: true}
  - {name: state, mountPath: /var/lib/vestibule}
  - {name: temporary, mountPath: /tmp}
{{- end }}

{{/* List of the root and the role whose address of the database it gets: owner, serving or worker. */}}
{{- define "vestibule.volumes" -}}
{{- $root := index . 0 -}}
{{- $database := $root.Values.database -}}
- name: settings
  configMap: {name: {{ include "vestibule.name" $root }}}
- name: clients
  projected:
    sources:
      {{- range $root.Values.clients.configMaps }}
      - configMap: {name: {{ . }}}
      {{- end }}
{{- range $root.Values.brands }}
- name: brand-{{ .name }}
  configMap:
    name: {{ .configMap }}
    {{- with .items }}
    items: {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- with $database.authority }}
- name: database-authority
  configMap: {name: {{ . }}}
{{- end }}
- name: secrets
  projected:
    defaultMode: 288  # 0440
    sources:
      - secret: {name: {{ $root.Values.secrets.name }}}
      - secret:
          name: {{ $database.secret }}
          items:
            - {key: {{ get $database.keys (index . 1) }}, path: IDP_DATABASE__URL}
            {{- with get $database.keys (printf "%sDirect" (index . 1)) }}
            - {key: {{ . }}, path: IDP_DATABASE__DIRECT_URL}
            {{- end }}
- name: state
  emptyDir: {sizeLimit: 1Gi}
- name: temporary
  emptyDir: {medium: Memory, sizeLimit: 256Mi}
{{- end }}

{{/* Wait until the schema is that of this version. */}}
{{- define "vestibule.wait" -}}
- name: schema
  args: [db, status]
  {{- include "vestibule.container" (list . false) | nindent 2 }}
{{- end }}

{{/* Processes start again when what they read at their start has changed. */}}
{{- define "vestibule.annotations" -}}
vestibule/settings: {{ .Values.settings | sha256sum | trunc 16 }}
vestibule/secrets: {{ .Values.secrets.checksum | quote }}
{{- end }}
