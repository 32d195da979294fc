# shellcheck shell=bash
#
# What deploy-local.sh and rebuild.sh share: reading config.env, looking whether this host can run the node, and calling compose.
# Sourced by them from this folder; on a fault it says what to do and exits with 3.

readonly PLACEHOLDER=CHANGE_ME_TO_A_LONG_RANDOM_SECRET
readonly LEAST_TOKEN_LENGTH=16
readonly LEAST_SHORT_TOKEN_LENGTH=6
readonly SERVICE=mlnode-308

say() { printf '%s\n' "$*" >&2; }

fail() {
  printf 'FAIL  %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '      %s\n' "$@" >&2
  exit 3
}

# Reads config.env as `source config.env` would, and names all that is wrong with it. Never prints the token or a part of it.
load_config() {
  [[ -f config.env ]] || fail "there is no config.env in $PWD" \
    'make one: cp config.env.template config.env && chmod 600 config.env' \
    'then set DELEGATION_AUTH_TOKEN in it to what this prints: openssl rand -hex 32'
  set -a
  # shellcheck source=/dev/null
  source ./config.env
  set +a

  local faults=()
  check_token
  check_values
  if ((${#faults[@]} > 0)); then
    fail 'config.env cannot be deployed:' "${faults[@]}"
  fi
  ((${#DELEGATION_AUTH_TOKEN} >= LEAST_TOKEN_LENGTH)) || say "note  DELEGATION_AUTH_TOKEN has only ${#DELEGATION_AUTH_TOKEN} characters and can be guessed: let only your small nodes reach the port"
  [[ -z $(find config.env -perm -004) ]] || say 'note  everyone on this host can read the token in config.env: chmod 600 config.env'
}

check_token() {
  local token=${DELEGATION_AUTH_TOKEN-} remedy='set one of your own: openssl rand -hex 32' least=$LEAST_TOKEN_LENGTH
  [[ ${DELEGATION_ALLOW_SHORT_TOKEN-} != @(true|on) ]] || least=$LEAST_SHORT_TOKEN_LENGTH
  if [[ -z $token ]]; then
    faults+=("DELEGATION_AUTH_TOKEN is not set; $remedy")
  elif [[ $token == "$PLACEHOLDER" || $token == your-secret-token ]]; then
    faults+=("DELEGATION_AUTH_TOKEN is still the template's, which everybody knows; $remedy")
  elif ((${#token} < least)); then
    faults+=("DELEGATION_AUTH_TOKEN has ${#token} characters, fewer than $least; $remedy" \
      'where small nodes that have this one cannot be changed now: export DELEGATION_ALLOW_SHORT_TOKEN=true')
  elif [[ $token == *[[:space:][:cntrl:]]* ]]; then
    faults+=("DELEGATION_AUTH_TOKEN holds a blank or a line end of Windows (mend those: sed -i 's/\\r\$//' config.env); $remedy")
  fi
}

check_values() {
  local port=${DELEGATION_PORT:-9090} gpus=${BIGNODE_GPUS:-all}
  [[ $port =~ ^[1-9][0-9]{0,4}$ ]] && ((port <= 65535)) || faults+=('DELEGATION_PORT must be a port number, for instance 9090')
  if [[ ${HF_HOME-} != /* ]]; then
    faults+=('HF_HOME must be the whole path of a folder of this host, for instance /mnt/shared')
  elif [[ ! -d $HF_HOME ]]; then
    faults+=("HF_HOME is $HF_HOME, which is no folder; make it (sudo mkdir -p '$HF_HOME') or name another")
  fi
  [[ $gpus == all || $gpus == none ]] || faults+=('BIGNODE_GPUS must be all or none')
}

check_docker() {
  command -v docker >/dev/null || fail 'docker is not installed' 'see https://docs.docker.com/engine/install/'
  docker compose version >/dev/null 2>&1 || fail 'docker has no compose plugin' 'install it: apt-get install docker-compose-plugin'
  docker info >/dev/null 2>&1 || fail 'the Docker engine does not answer' \
    'start it: sudo systemctl start docker' \
    "or let this user reach it: sudo usermod -aG docker \"\$USER\", then log in again"
}

# Whether Docker knows of the NVIDIA Container Toolkit; a cheap look before minutes of building, check_gpus tries it out afterwards.
check_nvidia_runtime() {
  [[ ${BIGNODE_GPUS:-all} == none ]] && return
  [[ $(docker info --format '{{json .Runtimes}}') == *nvidia* ]] && return
  command -v nvidia-container-runtime-hook >/dev/null && return
  fail 'Docker has no NVIDIA runtime, so that a container cannot see a GPU' \
    'install nvidia-container-toolkit: https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html' \
    'then: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker' \
    'a host without a GPU: export BIGNODE_GPUS=none in config.env'
}

check_gpus() {
  [[ ${BIGNODE_GPUS:-all} == none ]] && return
  docker run --rm --gpus all --network none --entrypoint nvidia-smi "$(image)" --list-gpus >&2 && return
  fail 'a container cannot see the GPUs; Docker said why above' \
    'does the host see them? nvidia-smi' \
    'a driver older than CUDA 13 needs an update (580 or newer)'
}

image() { printf '%s' "${BIGNODE_IMAGE:-bignode:latest}"; }

compose() {
  local files=(-f docker-compose.yml -f docker-compose.mlnode.yml -f docker-compose.mlnode.local.yml)
  [[ -z ${DELEGATION_WORKER_PORT-} ]] || files+=(-f docker-compose.workers.yml)
  [[ ${BIGNODE_GPUS:-all} != none ]] || files+=(-f docker-compose.cpu.yml)
  docker compose "${files[@]}" "$@"
}

# Starts the node, or replaces the running one when the image or a setting changed, and waits until it is healthy.
start_node() {
  compose up --detach --wait --wait-timeout 180 "$SERVICE" && return
  docker logs --tail 30 "$SERVICE" >&2 || true
  fail "$SERVICE did not become healthy; its last lines are above" "all of them: docker logs $SERVICE"
}
