#!/bin/sh
# Makes ca.crt, tls.crt and tls.key in a folder: a certificate for a server, signed by a new authority.
#
#   sh nats-deployment/certificates.sh FOLDER HOST...
#
# HOST is a name or an IPv4 address under which clients and other servers call it.
# The authority's own key is thrown away, so it signs nothing else. It is good for DAYS days (825);
# docs/security.md tells how to change over to the next.
set -eu

if [ $# -lt 2 ]; then
  echo 'usage: certificates.sh FOLDER HOST...' >&2
  exit 64
fi
command -v openssl > /dev/null || {
  echo 'openssl is missing: install it, or let cert-manager make the certificates' >&2
  exit 1
}
days=${DAYS:-825}
folder=$1
shift

names=
for host in "$@"; do
  case $host in
    *[!0-9.]*) names="$names${names:+,}DNS:$host" ;;
    *) names="$names${names:+,}IP:$host" ;;
  esac
done

umask 077
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/openssl.cnf" <<CONF
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = $names
CONF

# openssl ARGUMENT...: its chatter is shown only when it fails.
quiet() {
  openssl "$@" 2> "$work/said" || {
    cat "$work/said" >&2
    exit 1
  }
}

quiet genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/ca.key"
quiet genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$folder/tls.key"
quiet req -new -x509 -sha256 -days "$days" -key "$work/ca.key" -subj '/CN=jetbank NATS authority' \
  -config "$work/openssl.cnf" -extensions authority -out "$folder/ca.crt"
quiet req -new -key "$folder/tls.key" -subj '/CN=nats' -config "$work/openssl.cnf" -out "$work/tls.csr"
quiet x509 -req -sha256 -days "$days" -in "$work/tls.csr" -CA "$folder/ca.crt" -CAkey "$work/ca.key" \
  -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/openssl.cnf" -extensions server \
  -out "$folder/tls.crt"
