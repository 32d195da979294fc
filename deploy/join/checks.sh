# shellcheck shell=bash
#
# What the scripts of this folder share: reading config.env, looking whether this host can run the node, and calling compose.
# Sourced by them from this folder; on a fault it says what to do and exits with 3.

readonly PLACEHOLDER=CHANGE_ME_TO_A_LONG_RANDOM_SECRET
readonly LEAST_TOKEN_LENGTH=16
readonly LEAST_SHORT_TOKEN_LENGTH=6
readonly PROJECT=bignode
SERVICE=mlnode-308 # a worker's is another, see load_config

say() { printf '%s\n' "$*" >&2; }

fail() {
  printf 'FAIL  %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '      %s\n' "$@" >&2
  exit 3
}

# Reads config.env as `source config.env` would in a fresh shell, and names all that is wrong with it. Never prints a token or a part of it.
load_config() {
  [[ -f config.env ]] || fail "there is no config.env in $PWD" \
    'make one: cp config.env.template config.env && chmod 600 config.env' \
    'then set DELEGATION_AUTH_TOKEN in it to what this prints: openssl rand -hex 32'
  # What an earlier `source config.env` left in the shell is not in force any more once its line is taken out.
  unset "${!DELEGATION_@}" "${!BIGNODE_@}" HF_HOME
  set -a
  # shellcheck source=/dev/null
  source ./config.env
  set +a
  say_unknown_names

  local faults=()
  if is_worker; then
    SERVICE=bignode-worker
    check_join
  else
    check_token
  fi
  check_values
  if ((${#faults[@]} > 0)); then
    fail 'config.env cannot be deployed:' "${faults[@]}"
  fi
  is_worker || ((${#DELEGATION_AUTH_TOKEN} >= LEAST_TOKEN_LENGTH)) || say "note  DELEGATION_AUTH_TOKEN has only ${#DELEGATION_AUTH_TOKEN} characters and can be guessed: let only your small nodes reach the port"
  [[ -z $(find config.env -perm -004) ]] || say 'note  everyone on this host can read the token in config.env: chmod 600 config.env'
}

# The node never sees a mistyped name, so that it cannot tell of it either: the compose files pass on what they know. The template names all of that.
say_unknown_names() {
  local template name
  [[ -f config.env.template ]] || return 0
  template=$(<config.env.template)
  for name in "${!DELEGATION_@}" "${!BIGNODE_@}"; do
    [[ $template == *"export $name="* ]] || say "note  config.env sets $name, which is none of the settings in config.env.template and changes nothing here: is it mistyped?"
  done
}

is_worker() { [[ ${BIGNODE_ROLE:-head} == worker ]]; }

check_join() {
  local head='; the head prints it when it starts'
  [[ -z ${DELEGATION_BROKER_URL-} ]] || return 0
  [[ ${DELEGATION_JOIN-} == ?*:* ]] || faults+=("DELEGATION_JOIN must be the head's HOST:PORT, for instance head.example.org:9091$head")
  [[ -n ${DELEGATION_JOIN_TOKEN-} ]] || faults+=("DELEGATION_JOIN_TOKEN is not set; on the head's host: docker exec mlnode-308 cat /var/lib/bignode/join-token")
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
  [[ ${BIGNODE_ROLE:-head} == @(head|worker) ]] || faults+=('BIGNODE_ROLE must be head or worker')
  [[ ${BIGNODE_MONITORING:-off} == @(on|off) ]] || faults+=('BIGNODE_MONITORING must be on or off')
  if [[ -n ${DELEGATION_WORKER_PORT-} && $DELEGATION_WORKER_PORT == "$port" ]]; then
    faults+=('DELEGATION_WORKER_PORT must be another port than DELEGATION_PORT')
  fi
  if [[ -n ${DELEGATION_MLNODE_PORT-} && $DELEGATION_MLNODE_PORT == @("$port"|"${DELEGATION_WORKER_PORT-}") ]]; then
    faults+=('DELEGATION_MLNODE_PORT must be another port than DELEGATION_PORT and DELEGATION_WORKER_PORT')
  fi
}

check_docker() {
  command -v docker >/dev/null || fail 'docker is not installed' 'see https://docs.docker.com/engine/install/'
  local version major minor
  version=$(docker compose version --short 2>/dev/null) || fail 'docker has no compose plugin' \
    "install it: apt-get install docker-compose-plugin (Docker's own packages), docker-compose-v2 (Ubuntu) or docker-compose (Debian 13)"
  IFS=. read -r major minor _ <<<"${version#v}"
  if [[ $major$minor =~ ^[0-9]+$ ]] && ((major < 2 || (major == 2 && minor < 18))); then
    fail "Compose $version is too old for these files, which need 2.18" "install a newer one: https://docs.docker.com/compose/install/linux/"
  fi
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

# All that belongs together on this host, so that no command takes another part away: a command with fewer files would replace the node.
compose() {
  local files=(-f docker-compose.yml)
  if is_worker; then
    files+=(-f docker-compose.worker.yml)
    [[ ${BIGNODE_GPUS:-all} != none ]] || files+=(-f docker-compose.worker.cpu.yml)
  else
    files+=(-f docker-compose.mlnode.yml -f docker-compose.mlnode.local.yml)
    [[ -z ${DELEGATION_WORKER_PORT-} ]] || files+=(-f docker-compose.workers.yml)
    [[ -z ${DELEGATION_MLNODE_PORT-} ]] || files+=(-f docker-compose.mlnode-port.yml)
    [[ ${BIGNODE_GPUS:-all} != none ]] || files+=(-f docker-compose.cpu.yml)
    [[ ${BIGNODE_MONITORING:-off} != on ]] || files+=(-f docker-compose.monitoring.yml --profile monitoring)
  fi
  DOCKER_BUILDKIT=1 docker compose "${files[@]}" "$@"
}

# Prints the compose project of a node that an earlier version deployed, which was called by this folder; nothing where there is no such node.
old_project() {
  local owner
  owner=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.project"}}' "$SERVICE" 2>/dev/null) || return 0
  [[ $owner == "$PROJECT" ]] || printf '%s' "$owner"
}

# Makes room for the node of this project: compose could not replace another project's.
release_container() {
  local owner
  owner=$(old_project)
  [[ -n $owner ]] || return 0
  say "note  $SERVICE belongs to the compose project $owner, which is now called $PROJECT: it is stopped and made anew; its data stays"
  docker stop "$SERVICE" >/dev/null && docker rm "$SERVICE" >/dev/null
}

# Has the image that compose's `up` with these arguments makes the node of, pulled or built as `up` would do it.
get_image() {
  local options=" $* "
  case $options in
    *' --build '*) compose build "$SERVICE" || no_image ;;
    *' --pull always '* | *' --pull=always '*) compose pull "$SERVICE" || no_image ;;
  esac
  ! has_image || return 0
  if [[ -n ${BIGNODE_IMAGE-} ]] && compose pull "$SERVICE" && has_image; then return; fi
  [[ $options != *' --no-build '* ]] || no_image
  compose build "$SERVICE" || no_image
}

has_image() { docker image inspect "$(image)" >/dev/null 2>&1; }

no_image() {
  fail "the image $(image) could not be pulled or built; the reason is above" "$SERVICE is left as it was"
}

# Whether compose's `up` with these arguments makes the node's container: it names its service or none at all, and is to start something.
makes_node() {
  local services=()
  while (($# > 0)); do
    case $1 in
      --no-start* | --dry-run* | --help | -h) return 1 ;;
      --attach | --exit-code-from | --no-attach | --pull | --scale | --timeout | --wait-timeout | -t | -[!-]*t)
        (($# == 1)) || shift # its value is no service
        ;;
      -*) ;;
      *) services+=("$1") ;;
    esac
    shift
  done
  ((${#services[@]} == 0)) || [[ " ${services[*]} " == *" $SERVICE "* ]]
}

# Starts the node, or replaces the running one when the image or a setting changed, and waits until it is healthy.
start_node() {
  release_container
  compose up --detach --wait --wait-timeout 180 "$SERVICE" && return
  docker logs --tail 30 "$SERVICE" >&2 || true
  fail "$SERVICE did not become healthy; its last lines are above" "all of them: docker logs $SERVICE"
}

# Where small nodes of this host reach the API, as options of curl and a URL; with TLS by the name that stands in the certificate.
api() {
  local port=${DELEGATION_PORT:-9090} host=${BIGNODE_BIND:-0.0.0.0} file name=
  [[ $host != @(0.0.0.0|127.0.0.1|::|'[::]') ]] || host=localhost
  [[ $host != *:* || $host == '['* ]] || host="[$host]"
  if [[ -z ${DELEGATION_TLS_CERT-} ]]; then
    printf 'http://%s:%s' "$host" "$port"
    return
  fi
  file=${BIGNODE_CONFIG_DIR:-./config}/${DELEGATION_TLS_CERT#/etc/bignode/}
  name=$(openssl x509 -in "$file" -noout -ext subjectAltName 2>/dev/null | sed -n 's/^ *DNS:\([^,]*\).*/\1/p') || true
  printf -- '--cacert %q --connect-to ::%s: https://%s:%s' "$file" "$host" "${name:-NAME-IN-THE-CERTIFICATE}" "$port"
}

# What a head without a device waits for; nothing for one that could start a session. Its own devices are found a little after it serves.
say_what_is_missing() {
  local scheme=http tries=30
  [[ -z ${DELEGATION_TLS_CERT-} ]] || scheme=https
  [[ ${DELEGATION_DEVICES-} != none ]] || tries=1
  for ((; tries > 0; tries--)); do
    ! docker exec "$SERVICE" curl -fsSk -o /dev/null "$scheme://127.0.0.1:9090/health/ready" 2>/dev/null || return 0
    ((tries == 1)) || sleep 1
  done
  say 'note  no device works yet, so that no session can start'
  [[ -n ${DELEGATION_WORKER_PORT-} ]] || return 0
  say "      workers join with what this prints: docker logs $SERVICE 2>&1 | grep -o 'bignode worker --join [^ ]* --fingerprint [0-9a-f]*' | tail -n 1"
  say "      and with the join token: docker exec $SERVICE cat /var/lib/bignode/join-token, or DELEGATION_JOIN_TOKEN where that is set"
}
