"""What importing the client costs over the libraries that it stands on, and what `--help` stays clear of."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from statistics import median

from tables import Target, print_table

LIBRARIES = "import aiohttp, attrs, cattrs, tenacity"
_TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
_HELP = """
import sys
from lemlist_async.cli import main
sys.argv = ["lemlist", "--help"]
try:
    main()
except SystemExit:
    pass
print("aiohttp" in sys.modules, file=sys.stderr)
"""


def measure(*, quick: bool) -> list[Target]:
    statements = {
        LIBRARIES: "import aiohttp, attrs, cattrs, tenacity",
        "from lemlist_async import Lemlist": "from lemlist_async import Lemlist",
        "import lemlist_async": "import lemlist_async",
    }
    runs = 5 if quick else 15
    seconds: dict[str, list[float]] = {name: [] for name in statements}
    for number in range(runs + 1):
        for name, statement in statements.items():
            taken = float(_output(_TIMED.format(statement)))
            if number:  # the first round writes the bytecode
                seconds[name].append(taken)
    medians = {name: median(some) * 1e3 for name, some in seconds.items()}
    print_table(
        f"Wall time of imports, median of {runs} fresh interpreters side by side",
        ["", "ms", "over the libraries"],
        [[name, f"{ms:.1f}", f"{ms - medians[LIBRARIES]:+.1f}"] for name, ms in medians.items()],
    )
    pairs = zip(seconds["from lemlist_async import Lemlist"], seconds[LIBRARIES], strict=True)
    more = median(ours - theirs for ours, theirs in pairs) * 1e3
    return [Target("importing Lemlist: the libraries + 15 ms", f"{more:+.1f} ms", more <= 15), _help_is_light()]


def _help_is_light() -> Target:
    promise = "lemlist-async --help does not import aiohttp"
    if find_spec("lemlist_async.cli") is None or find_spec("click") is None:
        return Target(promise, "no command line is installed", None)
    run = subprocess.run([sys.executable, "-c", _HELP], capture_output=True, text=True, check=True)
    light = run.stderr.split()[-1] == "False"
    return Target(promise, "it does not" if light else "it does", light)


def _output(code: str) -> str:
    # Some machines forbid bytecode, and then every import compiles what an installed package has compiled already.
    allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=allowed).stdout
