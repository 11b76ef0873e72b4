#!/bin/sh
# Build wheel and sdist, check them, install each alone in a clean environment, and use it from there.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$here"
.venv/bin/python -m build --outdir "$work/dist" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
.venv/bin/twine check --strict "$work"/dist/* >"$work/twine.log" 2>&1 || { cat "$work/twine.log"; exit 1; }

cd "$work"
cat >"$work/use.py" <<'PY'
import asyncio

from lemlist_async import ContactInput, Lemlist
from lemlist_async.rows.sample import sample_path
from lemlist_async.sandbox import Sandbox


async def main() -> None:
    async with Sandbox() as sandbox, Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        made = await lemlist.lists.create("Wheel")
        result = await lemlist.contacts.upsert(ContactInput(email="jane@acme.com"))
        report = await lemlist.lists.add(made.id, [result.contact.id])
        assert report.added_count == 1, report


asyncio.run(main())
assert sample_path().is_file()
PY
for archive in "$work"/dist/*.tar.gz "$work"/dist/*.whl; do
    "${PYTHON:-python3}" -m venv --clear "$work/venv"
    "$work/venv/bin/python" -m pip install --quiet "$archive"
    "$work/venv/bin/python" "$work/use.py"
done
# Without the extra the command says how to get it.
"$work/venv/bin/lemlist-async" --help 2>&1 | grep -q 'lemlist-async\[cli\]'
"$work/venv/bin/python" -m pip install --quiet "$(ls "$work"/dist/*.whl)[cli]" pytest pytest-asyncio
"$work/venv/bin/lemlist-async" --help >/dev/null
"$work/venv/bin/lemlist-async" sample >"$work/contacts.csv"
"$work/venv/bin/lemlist-async" contacts import contacts.csv --check --sandbox --no-progress >/dev/null 2>&1 || test $? -eq 3
PYTEST_ADDOPTS= PYTHONPATH= "$work/venv/bin/python" -m pytest -q -p no:cacheprovider -W ignore "$here/examples/test_with_the_sandbox.py" --rootdir "$work" \
    -o asyncio_mode=auto
echo "the wheel works"
