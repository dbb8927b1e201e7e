#!/bin/sh
# The image's entrypoint: says what to run by its first argument.
#
#   account-cmd             the command service (PORT, default 8080)
#   account-query           the query service (PORT, default 8081)
#   jetbank ARGUMENT...     the operator CLI, for example: jetbank streams apply
#   healthcheck [PATH]      exit 0 when the service in this container answers GET PATH (default /healthz) with 200
#
# node replaces this shell, so it gets the signals (SIGTERM) itself.
set -eu

query_node_options='--max-semi-space-size=16 --max-old-space-size=384'

app=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

usage() {
  [ -z "${1-}" ] || printf 'jetbank: %s\n' "$1" >&2
  printf 'usage: account-cmd | account-query | jetbank ARGUMENT... | healthcheck [PATH]\n' >&2
  exit 64
}

# The port of the service that runs as the container's first process.
service_port() {
  if [ -n "${PORT-}" ]; then
    printf '%s' "$PORT"
  elif tr '\0' ' ' </proc/1/cmdline | grep -q account-query; then
    printf '8081'
  else
    printf '8080'
  fi
}

[ $# -gt 0 ] || usage 'say what to run'
command=$1
shift

case $command in
  account-cmd | account-query)
    [ $# -eq 0 ] || usage "$command takes no arguments; it is configured by its environment"
    # What a projector that catches up leaves behind is garbage. Left alone, V8 lets it grow to three
    # times the memory before it looks.
    [ "$command" = account-cmd ] || export NODE_OPTIONS="${NODE_OPTIONS-"$query_node_options"}"
    exec node "$app/src/$command/main.ts"
    ;;
  jetbank)
    exec node "$app/src/cli/jetbank.js" "$@"
    ;;
  healthcheck)
    [ $# -le 1 ] || usage 'healthcheck takes one path'
    [ -n "${HTTP_TLS_CERT-}" ] && scheme=https || scheme=http
    exec node -e '
      process.exitCode = 1;
      const url = new URL(process.argv[1]);
      const { get } = require(`node:${url.protocol.slice(0, -1)}`);
      // The certificate names the service, not this address.
      const options = { rejectUnauthorized: false, signal: AbortSignal.timeout(2500) };
      get(url, options, (response) => {
        if (response.statusCode === 200) process.exitCode = 0;
        response.resume();
      }).on("error", () => undefined);
    ' "$scheme://127.0.0.1:$(service_port)${1-/healthz}"
    ;;
  *)
    usage "unknown: $command"
    ;;
esac
