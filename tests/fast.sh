#!/bin/sh
# The tests that need no server, no browser and little time, with one Python: `sh tests/fast.sh PYTHON`.
set -eu
cd "$(dirname "$0")/.."
"$1" -m pytest -q --numprocesses "${WORKERS:-auto}" --dist worksteal -p no:cacheprovider -p no:anyio \
    tests/batch tests/limits tests/models tests/resources tests/rows tests/sandbox tests/wire tests/worker \
    tests/test_client.py tests/test_errors.py tests/test_exported_names.py tests/test_identity.py tests/test_privacy.py \
    --deselect tests/limits/test_window_under_traffic.py
