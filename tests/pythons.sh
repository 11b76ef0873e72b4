#!/bin/sh
# The fast tests on every Python from 3.11 on that is found, or on those that are named; "ends" takes the oldest and newest.
set -eu
cd "$(dirname "$0")/.."

found() {
    for minor in 11 12 13 14; do
        for one in "$HOME"/.pyenv/versions/3.$minor.*/bin/python "$(command -v python3.$minor || true)"; do
            if [ -x "$one" ] && "$one" -c "import sys; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
                echo "$one"
                break
            fi
        done
    done
}

# Leave out the Python of .venv: `make test` has run everything on it.
others() {
    own=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
    grep -v "/3\.${own#3.}\." || true
}

case "${1:-all}" in
    all) pythons=$(found) ;;
    ends) pythons=$(found | sed -n '1p;$p' | uniq | others) ;;
    *) pythons=$* ;;
esac
[ -n "$pythons" ] || { echo "no other Python from 3.11 on was found"; exit 0; }
for python in $pythons; do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "== Python $version: $python"
    venv=.venv-$version
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --upgrade "pip>=25.1"
    "$venv/bin/python" -m pip install --quiet --editable ".[all]" --group dev
    sh tests/fast.sh "$venv/bin/python"
done
