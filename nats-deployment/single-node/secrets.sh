#!/bin/sh
# Makes what secure.conf needs, with new random passwords, in the folder that holds the .conf files:
#
#   sh nats-deployment/single-node/secrets.sh /etc/nats HOST...
#
# HOST is a name or an IPv4 address of this server. passwords.conf, tls.crt and tls.key are the server's;
# USER.password and ca.crt are what clients need. Where passwords.conf is there already, nothing is changed.
set -eu

if [ $# -lt 2 ]; then
  echo 'usage: secrets.sh FOLDER HOST...' >&2
  exit 64
fi
folder=$1
if [ -e "$folder/passwords.conf" ]; then
  echo "$folder/passwords.conf is there already: nothing was changed" >&2
  exit 1
fi

umask 077
sh "$(dirname -- "$0")/../certificates.sh" "$@"
for user in sys account-cmd account-query operator; do
  # 160 random bits as hexadecimal digits, so that a password needs no quoting anywhere.
  password=$(od -An -v -tx1 -N20 /dev/urandom | tr -d ' \n')
  printf '%s' "$password" > "$folder/$user.password"
  printf '%s_PASSWORD' "$user" | tr 'a-z-' 'A-Z_'
  printf ': "%s"\n' "$password"
done > "$folder/passwords.conf.new"
mv "$folder/passwords.conf.new" "$folder/passwords.conf"
