#!/usr/bin/env bash
#
# What the CUDA engine has to show on a real GPU, measured in one command: distances, agreement with PyTorch, speed, cold start, memory, sanitizers.
#   gpu-acceptance.sh [--seconds S] [--budget S] [--only PARTS] [RESULTS]
#     --seconds  how long our main-net measurement takes (25); the others take half as long or less. With 25 all but the sanitizers takes four minutes
#     --budget   the whole run's limit in seconds (480); a part that no longer fits is not run, and said to be so
#     --only     some of golden,speed,agreement,memory,sanitizer, with commas between them; default: all
#     RESULTS    a folder for table.md, results.json and logs.tar.gz; made when needed, a new one under the system's temporary folder when left out
#
# Runs from the distribution (mvn -Pdist package: target/dist/bignode/bench), or from src/bench of a checkout where one was built, or of the one
# in BIGNODE_DIST. On a host with nothing but Python: python3 -c "import tarfile; tarfile.open('bignode-linux-x86_64.tar.xz').extractall()".
# Needs a driver with CUDA 13's or 12's libraries, and python3 with torch and NumPy for the yardstick; compute-sanitizer for the last part. The
# libraries that this python3 has in its packages are taken first. No network, no Java. PYTHON names another python3.
#
# With GPU_ACCEPTANCE_SMALL set every size is small: that tries the script and the program in a minute where no GPU computes that fast, as on the
# tests' simulated one, and tells nothing of a GPU.
#
# The smallest part comes first, each device's test of itself and then the smallest golden case: when one of them fails, its whole log is printed
# and nothing else is run.
#
# Prints one table and one line for each criterion: PASS, FAIL or NOT RUN. Ends with 0, with 1 when one failed, with 3 when there is no GPU to try.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3}
seconds=25 budget=480 only=golden,speed,agreement,memory,sanitizer results=

say() { printf 'gpu-acceptance: %s\n' "$*" >&2; }

usage() {
  say "$1"
  sed -n '4,8s/^# *//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

command_line="gpu-acceptance.sh $*"
while (($# > 0)); do
  case $1 in
    --seconds | --budget)
      [[ ${2-} =~ ^[1-9][0-9]{0,4}$ ]] || usage "$1 needs a number of seconds"
      if [[ $1 == --seconds ]]; then seconds=$2; else budget=$2; fi
      shift 2
      ;;
    --only)
      [[ ${2-} =~ ^(golden|speed|agreement|memory|sanitizer)(,(golden|speed|agreement|memory|sanitizer))*$ ]] || usage "--only does not know '${2-}'"
      only=$2
      shift 2
      ;;
    -*) usage "there is no option $1" ;;
    *)
      [[ -z $results ]] || usage "one folder for the results, not also $1"
      results=$1
      shift
      ;;
  esac
done

# In a distribution this file is in bench/; in a checkout it is in src/bench/, and the distribution in target/dist.
if [[ -n ${BIGNODE_DIST-} ]]; then
  dist=$BIGNODE_DIST
elif [[ -x $here/../bin/bignode ]]; then
  dist=$(dirname "$here")
else
  dist=$here/../../target/dist/bignode
fi
bignode=$dist/bin/bignode
golden=$dist/bench/golden
[[ -x $bignode && -d $golden ]] || {
  say "there is no distribution in $dist: build one with mvn -Pdist package, or set BIGNODE_DIST"
  exit 3
}
type -P "$python" >/dev/null || {
  say "there is no $python: apt-get install python3, or set PYTHON"
  exit 3
}
[[ -n $results ]] || results=$(mktemp -d)
mkdir -p "$results"
results=$(cd "$results" && pwd)

# Nothing that an earlier run or this user's node keeps plays a part: a cold start is cold.
work=$(mktemp -d)
parts=$work/parts
mkdir -p "$parts" "$work/cold" "$work/data" "$work/capped"
unset HF_HOME DELEGATION_GPU_MEMORY_GIB DELEGATION_MARGIN
# A GPU that is named is used or the command fails: nothing here may be measured on the CPU by mistake.
# The large networks' models, by name; in a small run the smallest case's model stands for them.
main_net=(--params main-net) test_net=(--params test-net) first_limit=60
if [[ -n ${GPU_ACCEPTANCE_SMALL-} ]]; then
  say 'GPU_ACCEPTANCE_SMALL is set: every size is small, so that no figure here tells anything of a GPU'
  main_net=(--params "$parts/cases/main-net.json" --product 64)
  test_net=(--params "$parts/cases/test-net.json" --product 64)
  first_limit=150
fi
export DELEGATION_DEVICES=${DELEGATION_DEVICES:-0} DELEGATION_DATA_DIR=$work/data PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# PyTorch brings CUDA's libraries along as packages, in folders that no loader looks at.
libraries=$("$python" -c '
import glob, os, sys
names = ("libnvrtc.so.1[23]", "libcublasLt.so.1[23]")
folders = [f for root in sys.path for f in sorted(glob.glob(os.path.join(root, "nvidia", "*", "lib")), reverse=True)]
print(":".join(dict.fromkeys(f for f in folders if any(glob.glob(os.path.join(f, name)) for name in names))))' || true)
[[ -z $libraries ]] || export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
watcher=
reported=
shown=15

unwatch() {
  [[ -z $watcher ]] || kill "$watcher" 2>/dev/null || true
  watcher=
}

# The table is printed whatever ends this run, its time limit too.
report() {
  local status=0
  [[ -z $reported ]] || return 0
  reported=yes
  "$python" "$here/yardstick/acceptance.py" report "$parts" "$results" || status=$?
  tar -czf "$results/logs.tar.gz" -C "$work" parts || say 'the logs could not be packed'
  say "the results are in $results: table.md, results.json, logs.tar.gz"
  return "$status"
}

finish() {
  local status=$?
  trap - EXIT INT TERM
  unwatch
  report || status=1
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' INT TERM

wanted() { [[ ,$only, == *",$1,"* ]]; }

left() { echo $((budget - SECONDS - 3)); }

missing() {
  printf '%s\n' "$2" >"$parts/$1.missing"
  say "$1: $2"
}

# Runs one part while there is time for it: its name, the most seconds it may take, its command.
part() {
  local name=$1 limit=$2
  shift 2
  (($(left) >= limit)) || limit=$(left)
  if ((limit < 5)); then
    missing "$name" "no time was left for it in the ${budget} s of this run"
  else
    try "$name" "$limit" "$@"
  fi
}

# Whatever comes of the command, this returns and the run goes on.
try() {
  local name=$1 limit=$2 began=$SECONDS status=0
  shift 2
  say "$name (at $began s, $limit s at most)"
  timeout --kill-after=5 "$limit" "$@" >"$parts/$name.out" 2>"$parts/$name.log" </dev/null || status=$?
  if ((status == 124 || status == 137)); then
    missing "$name" "took more than $limit s"
  elif ((status != 0)); then
    missing "$name" "ended with $status: $(grep -v '^[[:space:]]*$' "$parts/$name.log" | tail -n 1 | cut -c 1-300)"
    tail -n "$shown" "$parts/$name.log" | sed 's/^/    /' >&2
  else
    say "$name took $((SECONDS - began)) s"
  fi
}

# As part, with the GPU watched meanwhile.
watched() {
  local gpu=()
  if type -P nvidia-smi >/dev/null; then
    [[ ! $DELEGATION_DEVICES =~ ^(cuda:)?([0-9]+)$ ]] || gpu=(-i "${BASH_REMATCH[2]}")
    nvidia-smi ${gpu[@]+"${gpu[@]}"} --query-gpu=memory.used,utilization.gpu,power.draw,clocks.sm,temperature.gpu --format=csv,noheader,nounits \
      -lms 500 >"$parts/$1.smi" 2>/dev/null </dev/null &
    watcher=$!
  fi
  part "$@"
  unwatch
}

# What the idle GPU measured of itself: PARTS/NAME.tuning.
keep_tuning() { cat "$2"/cache/tuning/* >"$parts/$1.tuning" 2>/dev/null || true; }

engine() { part "engine-$1" "$2" "$bignode" compute "$parts/cases/${3-$1}.json"; }

# Its modules lie beside one another; it needs to find them from any folder.
yardstick() { part "yardstick-$1" "$2" "$python" "$here/yardstick/$3" "${@:4}"; }

# ---- what there is ---------------------------------------------------------------------------------------------------

date -u '+%Y-%m-%d %H:%M:%S UTC' >"$parts/date.out"
printf '%s\n' "$command_line" >"$parts/command.out"
try version 30 "$bignode" --version
"$python" "$here/yardstick/acceptance.py" cases "$golden" "$parts"
DELEGATION_PORT=0 DELEGATION_CACHE_GIB=0 try doctor "$first_limit" "$bignode" doctor --json
# Whatever else it found, its account of the devices counts.
rm -f "$parts/doctor.missing"
if ! "$python" "$here/yardstick/acceptance.py" gpu "$parts" .; then
  say 'no GPU can be used here, nothing is measured:'
  "$bignode" doctor >&2 || true
  exit 3
fi
torch=yes
if ! timeout 120 "$python" -c 'import numpy, torch; assert torch.cuda.is_available(), "torch sees no GPU"' 2>"$parts/torch.log"; then
  torch=no
  for name in agreement main-net test-net; do
    missing "yardstick-$name" "$python has no torch that sees a GPU: $(tail -n 1 "$parts/torch.log")"
  done
fi

# ---- the parts, the smallest first, then what matters most -----------------------------------------------------------

if wanted golden; then
  shown=1000
  part selftest "$first_limit" "$bignode" selftest --json
  [[ -e $parts/selftest.missing ]] || engine small-tiny "$first_limit"
  for first in selftest engine-small-tiny; do
    # One that no time was left for has no log.
    if [[ -e $parts/$first.missing && -e $parts/$first.log ]]; then
      sed 's/^/    /' "$parts/$first.out" >&2
      say "$first failed, so that nothing else is measured"
      exit 1
    fi
  done
  shown=15
fi
if wanted speed; then
  # A cold start: no kernel compiled yet, no weights drawn.
  DELEGATION_DATA_DIR=$work/cold watched bench-main-net $((seconds + first_limit - 15)) "$bignode" bench "${main_net[@]}" --seconds "$seconds" --json
  keep_tuning main-net "$work/cold"
  [[ $torch == no ]] || yardstick main-net $((seconds / 2 + 120)) torch_gpu_baseline.py "$parts/cases/main-net.json" --seconds $(((seconds + 1) / 2))
fi
if wanted golden; then
  for case in "$parts"/cases/small-*.json; do
    [[ $case == */small-tiny.json ]] || engine "$(basename "$case" .json)" 30
  done
  engine test-net 40
  engine main-net 60
fi
if wanted agreement; then
  engine agreement 60
fi
if [[ $torch == yes ]] && { wanted agreement || wanted golden; }; then
  cases=()
  ! wanted golden || cases+=("$parts"/cases/small-*.json "$parts/cases/test-net.json")
  ! wanted agreement || cases+=("$parts/cases/agreement.json")
  yardstick agreement 120 agreement.py "${cases[@]}"
fi
if wanted golden; then
  DELEGATION_HOPPER_FFN=on engine test-net-hopper-ffn 40 test-net
fi
if wanted speed; then
  # The node has chosen between our own feed-forward kernel and the library itself; this is the other way. The faster of the two counts.
  if grep -qs 'own our own kernel' "$parts/main-net.tuning"; then
    DELEGATION_HOPPER_FFN=off watched bench-main-net-library 60 "$bignode" bench "${main_net[@]}" --seconds $((seconds / 3 + 1)) --json
  else
    DELEGATION_HOPPER_FFN=on watched bench-main-net-hopper-ffn 60 "$bignode" bench "${main_net[@]}" --seconds $((seconds / 3 + 1)) --json
  fi
fi
if wanted memory; then
  # 7 GiB: what is left of an 8 GB card beside the driver's own context.
  export DELEGATION_GPU_MEMORY_GIB=7
  watched bench-main-net-capped 60 "$bignode" bench "${main_net[@]}" --seconds $((seconds / 6 + 1)) --json
  engine main-net-capped 40 main-net
  unset DELEGATION_GPU_MEMORY_GIB
fi
if wanted speed; then
  watched bench-test-net $((seconds / 2 + 30)) "$bignode" bench "${test_net[@]}" --seconds $((seconds / 2 + 1)) --json
  keep_tuning test-net "$work/data"
  [[ $torch == no ]] || yardstick test-net $((seconds / 4 + 60)) torch_gpu_baseline.py "$parts/cases/test-net.json" --seconds $((seconds / 4 + 1))
fi
if wanted sanitizer; then
  for tool in memcheck racecheck; do
    name=sanitizer-$tool
    if type -P compute-sanitizer >/dev/null; then
      # The launcher becomes a JVM, which the tool has to follow; one that does little beside makes for a shorter run.
      BIGNODE_JAVA_OPTS="${BIGNODE_JAVA_OPTS-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1" \
        part "$name" 90 compute-sanitizer --tool "$tool" --target-processes all --error-exitcode 9 --log-file "$parts/$name-tool.log" \
        "$bignode" compute "$parts/cases/small-tiny.json"
    else
      missing "$name" 'there is no compute-sanitizer on the PATH: it comes with the CUDA toolkit'
    fi
  done
fi
