#!/usr/bin/env bash
# Makes the two secrets that docker-compose.yml mounts; existing ones are kept.
set -euo pipefail
umask 077
folder="$(cd "$(dirname "$0")" && pwd)/secrets"
mkdir -p "$folder"
# The password stands in a URI, so it is hexadecimal.
[ -s "$folder/mongo_password" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/mongo_password"
[ -s "$folder/mongo_keyfile" ] || head -c 756 /dev/urandom | base64 >"$folder/mongo_keyfile"
# Containers read the secrets as another user; the folder keeps everybody else out.
chmod 700 "$folder"
chmod 644 "$folder/mongo_password" "$folder/mongo_keyfile"
echo "secrets lie in $folder"
