#!/usr/bin/env bash
#
# After a change of the code: builds the image again (only what changed) and restarts the node on it.
# The first time, deploy-local.sh has to be run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=checks.sh
source ./checks.sh

if (($# > 0)); then
  say 'usage: ./rebuild.sh (its settings are in config.env)'
  exit 2
fi

load_config
check_docker
compose build "$SERVICE"
start_node
say "ok    $SERVICE runs the new build; follow it: docker logs -f $SERVICE"
