#!/bin/sh
# Prints the Secrets of the NATS cluster and of its clients, with new random passwords and certificates:
#
#   sh nats-deployment/secrets.sh NAMESPACE [HOST...] | kubectl -n NAMESPACE create -f -
#
# HOST is one more name or IPv4 address under which clients reach the cluster. With --no-certificates as
# the only argument the Secrets nats-tls and nats-ca are left to somebody else, such as cert-manager.
# "create" refuses Secrets that are already there, so running this twice changes nothing. No password
# appears in a process list or a shell history; the keys are in a temporary folder while this runs.
set -eu

if [ $# -lt 1 ]; then
  echo 'usage: secrets.sh NAMESPACE [HOST...] | --no-certificates' >&2
  exit 64
fi
namespace=$1
shift

umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# First, since it is what may fail: half of the Secrets would be worse than none.
if [ "$namespace" != --no-certificates ]; then
  sh "$(dirname -- "$0")/certificates.sh" "$folder" \
    nats "nats.$namespace" "nats.$namespace.svc" "nats.$namespace.svc.cluster.local" \
    nats-0.nats-headless nats-1.nats-headless nats-2.nats-headless localhost 127.0.0.1 "$@"
fi

# 160 random bits as hexadecimal digits, so that a password needs no quoting anywhere.
password() {
  od -An -v -tx1 -N20 /dev/urandom | tr -d ' \n'
}

cluster=$(password)
sys=$(password)
account_cmd=$(password)
account_query=$(password)
operator=$(password)

# secret NAME USER PASSWORD: what one client needs.
secret() {
  cat <<EOF
---
apiVersion: v1
kind: Secret
metadata:
  name: $1
  labels:
    app.kubernetes.io/part-of: jetbank
type: Opaque
stringData:
  user: $2
  password: "$3"
EOF
}

# What the servers need. The password of a user may also be its bcrypt hash ("nats server passwd").
cat <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: nats-passwords
  labels:
    app.kubernetes.io/name: nats
    app.kubernetes.io/part-of: jetbank
type: Opaque
stringData:
  passwords.conf: |
    CLUSTER_PASSWORD: "$cluster"
    CLUSTER_ROUTES: [
      "nats-route://route:$cluster@nats-0.nats-headless:6222"
      "nats-route://route:$cluster@nats-1.nats-headless:6222"
      "nats-route://route:$cluster@nats-2.nats-headless:6222"
    ]
    SYS_PASSWORD: "$sys"
    ACCOUNT_CMD_PASSWORD: "$account_cmd"
    ACCOUNT_QUERY_PASSWORD: "$account_query"
    OPERATOR_PASSWORD: "$operator"
EOF
secret nats-account-cmd account-cmd "$account_cmd"
secret nats-account-query account-query "$account_query"
secret nats-operator operator "$operator"
secret nats-sys sys "$sys"

[ -e "$folder/ca.crt" ] || exit 0

# pem FILE: its lines, as those of a YAML block.
pem() {
  sed 's/^/    /' "$folder/$1"
}

# What the servers need, of the same shape as cert-manager's; and what every client needs.
cat <<EOF
---
apiVersion: v1
kind: Secret
metadata:
  name: nats-tls
  labels:
    app.kubernetes.io/name: nats
    app.kubernetes.io/part-of: jetbank
type: kubernetes.io/tls
stringData:
  tls.crt: |
$(pem tls.crt)
  tls.key: |
$(pem tls.key)
  ca.crt: |
$(pem ca.crt)
---
apiVersion: v1
kind: Secret
metadata:
  name: nats-ca
  labels:
    app.kubernetes.io/part-of: jetbank
type: Opaque
stringData:
  ca.crt: |
$(pem ca.crt)
EOF
