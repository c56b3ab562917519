#!/bin/sh
# Runs bench_browser_test.mjs where Node is installed. Exit 77: it is not.
command -v node >/dev/null || { echo "SKIPPED: no Node (Debian package nodejs)"; exit 77; }
exec node "$(dirname "$0")/bench_browser_test.mjs" "$@"
