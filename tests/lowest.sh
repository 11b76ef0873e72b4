#!/bin/sh
# The fast tests with the lowest versions of every dependency that pyproject.toml allows; the tests' own tools stay new.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
venv=.venv-lowest
constraints=$venv/lowest.txt
"$bin/uv" venv --quiet --clear --python "$bin/python" "$venv"
"$bin/uv" pip compile --quiet --resolution lowest-direct --all-extras --python "$bin/python" pyproject.toml -o "$constraints"
"$bin/uv" pip install --quiet --python "$venv/bin/python" --editable ".[all]" --group dev --constraint "$constraints"
sh tests/fast.sh "$venv/bin/python"
