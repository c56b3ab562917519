#!/usr/bin/env bash
# The second step of the action: runs the cases and reports, whatever came out; exits as `assay run` did.
# Reads CLIENT, ADAPTER, CASES, KNOWN, REQUIREMENTS, SHARD, LEVEL, CELLS, ARGUMENTS, OUT, ASSAY (the program), and GitHub's own GITHUB_OUTPUT and
# GITHUB_STEP_SUMMARY.
set -uo pipefail
assay=${ASSAY:-$(dirname "$0")/../../build/release/cli/assay}

# Ubuntu's AppArmor keeps user namespaces from programs that it does not know; on a hosted runner that can be switched off.
allow_cells() {
  local switch=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
  [ "$(cat "$switch" 2>/dev/null)" != 1 ] || sudo -n sysctl -qw kernel.apparmor_restrict_unprivileged_userns=0 2>/dev/null
  unshare --user --map-root-user --net --mount --pid --fork true 2>/dev/null
}

# Words are split, and nothing else: no globs, no substitutions.
read -ra cases <<<"${CASES:-}"
read -ra more <<<"${ARGUMENTS:-}"
arguments=("${cases[@]}" --out "$OUT" --shard "$SHARD" --level "$LEVEL")
case "${CELLS:-auto}" in
  auto | none) ;;
  *) echo "assay: cells: expected auto or none, found \"$CELLS\"" >&2; exit 2 ;;
esac
if [ "${CELLS:-auto}" = none ] || ! allow_cells; then
  echo "assay: the cases run without cells"
  # What needs a cell is left out (docs/ci.md, "Without cells").
  arguments+=(--no-cells --exclude any/login --exclude '*/disk-full')
fi
[ -z "${CLIENT:-}" ] || arguments+=(--client "$CLIENT")
[ -z "${ADAPTER:-}" ] || arguments+=(--adapter "$ADAPTER")
[ -z "${KNOWN:-}" ] || arguments+=(--known "$KNOWN")
[ -z "${REQUIREMENTS:-}" ] || arguments+=(--requirements "$REQUIREMENTS")
arguments+=("${more[@]}")

"$assay" run "${arguments[@]}"
code=$?
record=$OUT/run.jsonl
if [ -f "$record" ]; then
  echo "record=$record" >>"$GITHUB_OUTPUT"
  "$assay" report render "$record" --format github
  "$assay" report render "$record" --format markdown >>"$GITHUB_STEP_SUMMARY"
  "$assay" report render "$record" --format html --out "$OUT/report.html" && echo "report=$OUT/report.html" >>"$GITHUB_OUTPUT"
fi
exit "$code"
