"""`python benchmarks [import|memory|cpu|rows|window|limit|sharing …]`: measure; hold it against the targets."""

from __future__ import annotations

import argparse
import time
from importlib import import_module

from tables import Target, print_targets

SUBJECTS = ("imports", "memory", "cpu", "operations", "rows", "window", "limit", "sharing", "scale")


def main() -> None:
    options = _parser().parse_args()
    began = time.monotonic()
    targets: list[Target] = []
    for subject in options.subjects or SUBJECTS:
        targets += import_module(_MODULES.get(subject, subject)).measure(quick=options.quick)
    print_targets(targets)
    print(f"\n  {time.monotonic() - began:.0f} s")


# "import" is what people type, and what no module can be called.
_MODULES = {"import": "imports"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[*SUBJECTS, *_MODULES, []], metavar="subject")
    parser.add_argument("--quick", action="store_true", help="fewer runs: a look, not a verdict")
    return parser


if __name__ == "__main__":
    main()
