#!/usr/bin/env bash
# The first step of the action: brings the program and writes its path to GITHUB_OUTPUT. Reads PACKAGE (release, build, or the path of a tarball),
# REPOSITORY and SERVER (where releases are), and GitHub's own RUNNER_TEMP and GITHUB_OUTPUT.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ "$PACKAGE" = build ]; then
  "$root/ci/setup"
  "$root/ci/build" release assay
  echo "program=$root/build/release/cli/assay" >>"$GITHUB_OUTPUT"
  exit 0
fi
folder=$RUNNER_TEMP/assay
mkdir -p "$folder"
tarball=$PACKAGE
if [ "$PACKAGE" = release ]; then
  # Name and version are said in one place.
  version=$(sed -n 's/^project(assay VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
  name=$(sed -n 's/^set(ASSAY_PUBLISHED_NAME "\(.*\)")/\1/p' "$root/CMakeLists.txt")-$version-linux-x86_64.tar.gz
  from=$SERVER/$REPOSITORY/releases/download/v$version
  curl -fsSL --retry 3 -o "$folder/$name" "$from/$name"
  curl -fsSL --retry 3 -o "$folder/SHA256SUMS" "$from/SHA256SUMS"
  (cd "$folder" && sha256sum --check --ignore-missing --strict SHA256SUMS)
  tarball=$folder/$name
fi
tar -xzf "$tarball" -C "$folder" --strip-components=1
"$folder/bin/assay" --version
echo "program=$folder/bin/assay" >>"$GITHUB_OUTPUT"
