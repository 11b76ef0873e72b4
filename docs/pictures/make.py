"""Make the pictures from real runs: `python docs/pictures/make.py [NAME …]`. What was measured is kept in data.json."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import drawings
import scenes

HERE = Path(__file__).parent
DATA = HERE / "data.json"
NAMES = ("window", "processes", "report", "progress", "resume", "sync")


def main(names: list[str]) -> None:
    """Run the scenes of these names, or all, and draw them."""
    data = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    for name in names or NAMES:
        scene: Callable[[], Any] = getattr(scenes, name)
        data[name] = asyncio.run(scene()) if iscoroutinefunction(scene) else scene()
        print(name)
    DATA.write_text(json.dumps(data, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")
    for name, seen in data.items():
        (HERE / f"{name}.svg").write_text(drawn(name, seen), encoding="utf-8")


def drawn(name: str, seen: Any) -> str:
    """Return a picture of what was seen."""
    return seen if name == "progress" else getattr(drawings, name)(seen)


if __name__ == "__main__":
    main(sys.argv[1:])
