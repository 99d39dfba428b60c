#!/bin/sh
# Makes .venv from nothing but Python and a package index: install.sh VENV [LOCK]. Every file's hash is checked.
# Exit status 0 only when the environment holds exactly what the lock names.
set -eu
cd "$(dirname "$0")/.."
venv=$1
lock=${2:-requirements/all.txt}

python=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "Rapport needs Python 3.11, 3.12 or 3.13. Install one, or name it: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi

if [ ! -x "$venv/bin/python" ]; then
  echo "Making $venv with $("$python" --version) ..."
  "$python" -m venv "$venv" || {
    rm -rf "$venv"
    echo "Python's venv module did not work. On Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
  }
fi

pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"; }

# uv does not read pip's settings; whoever told pip of an index meant uv too.
index=$(pip config get global.index-url 2>/dev/null || true)
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ -n "${PIP_INDEX_URL:-$index}" ]; then
  export UV_DEFAULT_INDEX="${PIP_INDEX_URL:-$index}"
fi

[ -t 2 ] && quiet= || quiet=--quiet # without a terminal its progress is 150 lines
echo "Installing $(grep -c '==' "$lock") packages into $venv ($lock); the first time loads about 600 MB ..."
if pip install --quiet --require-hashes -r requirements/uv.txt &&
  VIRTUAL_ENV=$PWD/$venv "$venv/bin/uv" pip sync --python "$venv/bin/python" --require-hashes $quiet "$lock"; then
  exit 0
fi
echo "uv could not install it; trying again with pip, which takes longer ..." >&2
pip install --require-hashes --no-deps -r "$lock" || {
  echo "The packages could not be installed. Is a package index within reach? Behind a proxy or an own index, set" >&2
  echo "PIP_INDEX_URL and, for its certificate, PIP_CERT and SSL_CERT_FILE; then run the same command again." >&2
  exit 1
}
