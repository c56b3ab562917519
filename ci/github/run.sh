#!/usr/bin/env bash
# The second step of the action: runs the cases and reports, whatever came out; exits as `assay run` did.
# Reads ADAPTER, CLIENT, CELLS, CASES, SHARD, LEVEL, ARGUMENTS and OUT, and GitHub's own GITHUB_OUTPUT and GITHUB_STEP_SUMMARY.
set -uo pipefail
assay=${ASSAY:-$(dirname "$0")/../../build/release/cli/assay}
# Words are split, and nothing else: no globs, no substitutions.
read -ra cases <<<"$CASES"
read -ra more <<<"$ARGUMENTS"
arguments=("${cases[@]}" --out "$OUT" --shard "$SHARD" --level "$LEVEL")
# Containers allow no user namespaces: what needs a cell is left out (docs/ci.md, "Without cells").
[ "${CELLS:-no}" = yes ] || arguments+=(--no-cells --exclude any/login --exclude '*/disk-full')
[ -z "${CLIENT:-}" ] || arguments+=(--client "$CLIENT")
[ -z "$ADAPTER" ] || arguments+=(--adapter "$ADAPTER")
arguments+=("${more[@]}")

"$assay" run "${arguments[@]}"
code=$?
record=$OUT/run.jsonl
if [ -f "$record" ]; then
  echo "record=$record" >>"$GITHUB_OUTPUT"
  "$assay" report render "$record" --format github
  "$assay" report render "$record" --format markdown >>"$GITHUB_STEP_SUMMARY"
  "$assay" report render "$record" --format html --out "$OUT/report.html"
fi
exit "$code"
