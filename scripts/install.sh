#!/bin/sh
# Installs the dependencies, unless they are as package-lock.json says already. One of them is the
# Node.js that every npm script runs with, so that any version from 20 on is enough to begin with.
set -eu
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
  echo 'npm is missing: install Node.js 20 or newer, see https://nodejs.org' >&2
  exit 1
fi

# npm writes this file last.
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ]; then
  npm ci
fi

if [ ! -x node_modules/node/bin/node ]; then
  echo 'npm did not set up the Node.js of the project: its install scripts must be allowed to run' >&2
  echo '(npm config get ignore-scripts; npm rebuild node)' >&2
  exit 1
fi
