#!/usr/bin/env bash
# What found nonces cost a head in its store, SQLite and, where a server can be started, PostgreSQL, both waiting for the disk at each commit: leases of 100 found
# nonces from 100 sessions are issued and land, with the proofs of the first function (10 bytes) and of the second (150 bytes). Prints the rows of docs/scale.md:
# processor time is the head's; bytes written are those of the process (SQLite), or of the server's log (PostgreSQL). The folder of temporary files should be on
# the kind of disk that the head's data folder is on.
# Usage: [TMPDIR=FOLDER] src/bench/store.sh [-r RESULTS A SECOND] [-t SECONDS]    (10,000; 30)
set -euo pipefail
cd "$(dirname "$0")/../.."
rate=10000 seconds=30
while getopts r:t: option; do
  case $option in
    r) rate=$OPTARG ;;
    t) seconds=$OPTARG ;;
    *) exit 2 ;;
  esac
done
echo '| store | bytes of a proof | results a second | head, µs a result | written, bytes a result | kept, bytes a result | commits a second | commit p50 / p99, ms | durable after p50 / p99, ms |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
# A row is printed where the wanted rate was not reached, too; the test fails then.
output=$(mvn -q test -Pmeasured -Dtest=StoreCostsTest \
  "-Dnative.arguments=--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dbignode.results=$rate -Dbignode.seconds=$seconds -Djava.io.tmpdir=${TMPDIR:-/tmp}" \
  2>&1) || failed=1
grep -E '^\| (SQLite|PostgreSQL) ' <<< "$output" || failed=1
[[ -z ${failed-} ]] || { tail -20 <<< "$output" >&2; exit 1; }
