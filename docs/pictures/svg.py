"""A little SVG: what the pictures need and nothing more. Colours follow the reader's light or dark mode."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

Number: TypeAlias = float

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .small { font-size: 11px; fill: #57606a }
  .axis { stroke: #8c959f; stroke-width: 1 }
  .grid { stroke: #d0d7de; stroke-width: 1; stroke-dasharray: 2 3 }
  .good { fill: #1a7f37 } .bad { fill: #cf222e } .doubt { fill: #bf8700 } .calm { fill: #0969da } .rest { fill: #afb8c1 }
  .sent { fill: #0969da; fill-opacity: .16; stroke: #0969da } .held { fill: #8250df; fill-opacity: .16; stroke: #8250df }
  .onbar { fill: #ffffff; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .axis { stroke: #656c76 } .grid { stroke: #3d444d }
    .good { fill: #3fb950 } .bad { fill: #f85149 } .doubt { fill: #d29922 } .calm { fill: #4493f8 } .rest { fill: #656c76 }
    .onbar { fill: #0d1117 }
  }
"""


def picture(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """Return a whole SVG; the title is what a screen reader says."""
    body = "\n".join(f"  {part}" for part in parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t">\n'
        f'  <title id="t">{escape(title)}</title>\n  <style>{STYLE}</style>\n{body}\n</svg>\n'
    )


def text(x: Number, y: Number, words: str, kind: str = "", anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def dot(x: Number, y: Number, kind: str, radius: Number = 3.2) -> str:
    """Return a dot."""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" class="{kind}"/>'


def bar(x: Number, y: Number, width: Number, height: Number, kind: str) -> str:
    """Return a rectangle."""
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="2" class="{kind}"/>'


def line(x1: Number, y1: Number, x2: Number, y2: Number, kind: str = "axis") -> str:
    """Return a straight line."""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" class="{kind}"/>'


def _n(value: Number) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
