#!/usr/bin/env bash
#
# Builds the image from this checkout and starts the node, or with BIGNODE_ROLE=worker a worker, after looking for what an operator may have forgotten.
# Settings are in config.env beside this file. Safe to run again: it updates what runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=checks.sh
source ./checks.sh

if (($# > 0)); then
  say 'usage: ./deploy-local.sh (its settings are in config.env)'
  exit 2
fi

load_config
check_docker
check_nvidia_runtime

say "ok    config.env and Docker; building $(image)"
compose build "$SERVICE"
check_gpus

# The node runs as user 10001 and may write to its own folder of the shared cache only. A container can make that folder without sudo.
docker run --rm --network none --user 0:0 --volume "$HF_HOME:/mnt/shared" --entrypoint install "$(image)" \
  -d -o 10001 -g 10001 -m 0750 /mnt/shared/bignode ||
  say "note  could not give $HF_HOME/bignode to user 10001 (a network file system?); weight pools may be made anew at every start"

start_node
if is_worker; then
  say "ok    $SERVICE has joined ${DELEGATION_JOIN:-the broker}; follow it: docker logs -f $SERVICE"
  exit
fi
say_what_is_missing
cat <<END
ok    $SERVICE is healthy on port ${DELEGATION_PORT:-9090}

  source config.env
  curl $(api)/health
  curl -H "Authorization: Bearer \$DELEGATION_AUTH_TOKEN" $(api)/api/v1/delegation/sessions
  docker logs -f $SERVICE
END
