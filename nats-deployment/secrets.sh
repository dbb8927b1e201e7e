#!/bin/sh
# Prints the Secrets of the NATS cluster and of its clients, with new random passwords:
#
#   sh nats-deployment/secrets.sh | kubectl -n NAMESPACE create -f -
#
# "create" refuses Secrets that are already there, so running this twice changes nothing.
# Nothing is written to disk, and no password appears in a process list or a shell history.
set -eu

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
