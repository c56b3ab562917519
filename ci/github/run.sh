#!/usr/bin/env bash
# The second step of the action: runs the cases and reports, whatever came out; exits as `assay run` did.
# Reads ADAPTER, CASES, SHARD, LEVEL, ARGUMENTS and OUT, and GitHub's own GITHUB_OUTPUT and GITHUB_STEP_SUMMARY.
set -uo pipefail
assay=${ASSAY:-$(dirname "$0")/../../build/release/cli/assay}
# Words are split, and nothing else: no globs, no substitutions. Cases come first and the adapter last: an option
# takes the words after it.
read -ra cases <<<"$CASES"
read -ra more <<<"$ARGUMENTS"
read -ra adapter <<<"$ADAPTER"
arguments=("${cases[@]}" --out "$OUT" --shard "$SHARD" --level "$LEVEL" "${more[@]}")
[ ${#adapter[@]} -eq 0 ] || arguments+=(--adapter "${adapter[@]}")

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
