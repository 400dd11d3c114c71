#!/bin/sh
# Make the secrets that docker-compose.yml reads, once; existing ones are kept.
set -eu
cd "$(dirname "$0")/.."
mkdir -p secrets && chmod 700 secrets
random() { python3 -c 'import secrets; print(secrets.token_urlsafe(32), end="")'; }
for name in database_password web_secret worker_token; do
  [ -s "secrets/$name" ] || random > "secrets/$name"
done
if [ ! -s secrets/storage_credentials ]; then
  key=$(random) secret=$(random)
  printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$key" "$secret" > secrets/storage_credentials
  printf '{"identities":[{"name":"limn","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List"]}]}\n' "$key" "$secret" > secrets/storage_config.json
fi
chmod 644 secrets/*
echo "The secrets are in ./secrets. Keep that folder private and backed up."
