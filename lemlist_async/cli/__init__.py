"""`lemlist-async`: the jobs of this package from a shell."""

import sys
from importlib.util import find_spec

_NEEDED = ("click", "rich", "aiosqlite")


def main() -> None:
    """Run the command line; the console script's entry point. It ends the process."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.exit(_refuse(missing))
    from lemlist_async.cli.root import root

    if hasattr(sys.stdout, "reconfigure"):  # a list's name may hold what the terminal's encoding does not
        sys.stdout.reconfigure(errors="backslashreplace")
    root(prog_name="lemlist-async")


def _refuse(missing: list[str]) -> int:
    what = " and ".join(missing)
    sys.stderr.write(f'lemlist-async: the command needs {what}. Install it with: pip install "lemlist-async[cli]"\n')
    return 2
