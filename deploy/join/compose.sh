#!/usr/bin/env bash
#
# docker compose with all the files that belong together on this host, by the settings in config.env:
#   ./compose.sh pull && ./compose.sh up -d      ./compose.sh ps      ./compose.sh down
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=checks.sh
source ./checks.sh

if (($# == 0)); then
  say 'usage: ./compose.sh COMMAND [ARGUMENT...], as of docker compose (its settings are in config.env)'
  exit 2
fi

load_config
check_docker
if [[ $1 == up ]] && makes_node "${@:2}" && [[ -n $(old_project) ]]; then
  get_image "${@:2}" # before the old node goes
  release_container
fi
compose "$@"
