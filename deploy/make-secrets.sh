#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml mounts, and addresses for this machine. Passwords that
# stand are kept, and the addresses are written anew from them: to change a password, delete its
# file, or write your own into it, and run this again. With the word "kubernetes" it makes those of
# deploy/kubernetes/mongodb instead, where its members are three.
set -euo pipefail
umask 077
here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-compose}"
case "$target" in
  compose) folder="$here/secrets" hosts=mongo:27017 ;;
  kubernetes)
    folder="$here/kubernetes/mongodb/secrets"
    hosts=parzen-mongo-0.parzen-mongo:27017,parzen-mongo-1.parzen-mongo:27017
    hosts="$hosts,parzen-mongo-2.parzen-mongo:27017"
    ;;
  *)
    echo "$0: $target is nothing to make secrets for: expected compose or kubernetes" >&2
    exit 2
    ;;
esac
mkdir -p "$folder"

# Containers read what they are given as another user, so those files are open; the folder keeps
# everybody else on this machine out.
chmod 700 "$folder"

port="${PARZEN_MONGO_PORT:-}"
if [ -z "$port" ] && [ "$target" = compose ] && [ -f "$here/../.env" ]; then
  port="$(sed -n 's/^PARZEN_MONGO_PORT=//p' "$here/../.env" | tail -n 1)"
fi
laptop="127.0.0.1:${port:-27017}/parzen?directConnection=true"
inside="$hosts/parzen?replicaSet=parzen"

mounted() { # NAME TEXT: a file for containers
  printf '%s' "$2" >"$folder/$1"
  chmod 644 "$folder/$1"
}

password() { # NAME: what stands in NAME_password, which is made where there is none
  local file="$folder/$1_password" found
  [ -s "$file" ] || mounted "$1_password" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
  chmod 644 "$file"
  found="$(cat "$file")"
  case "$found" in
    *[!A-Za-z0-9._~-]*)
      echo "$file: a password stands in addresses, so use only A-Z a-z 0-9 . _ ~ -" >&2
      return 1
      ;;
  esac
  printf '%s' "$found"
}

address() { # FILE USER SOURCE PLACE: how USER, who is kept in the database SOURCE, connects
  local secret
  secret="$(password "$2")"
  printf 'mongodb://%s:%s@%s&authSource=%s\n' "$2" "$secret" "$4" "$3" >"$folder/$1"
}

[ -s "$folder/mongo_keyfile" ] || mounted mongo_keyfile "$(head -c 756 /dev/urandom | base64 | tr -d '\n')"
address coordinator.uri coordinator parzen "$inside"
address worker.uri worker parzen "$inside"
chmod 644 "$folder/coordinator.uri" "$folder/worker.uri"
address client.uri client parzen "$laptop"
address admin.uri root admin "$laptop"

echo "secrets lie in $folder; from this machine, use $folder/client.uri"
