"""Write `docs/endpoints.md`: which of lemlist's operations have a typed method, and how many items they take.

It drives every typed method against the sandbox and compares with lemlist's OpenAPI document, which must lie
beside this project; see `tests/contract.py`.
"""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import contract  # noqa: E402 - found by the line above


async def main() -> None:
    """Write the page and print the share."""
    if not contract.DOCUMENT.exists():
        raise SystemExit("lemlist's OpenAPI document is not beside this project.")
    document = contract.Document.read()
    page = contract.rendered(document, await contract.coverage(document))
    contract.PAGE.write_text(page)
    sys.stdout.write(page.splitlines()[2] + "\n")


if __name__ == "__main__":
    asyncio.run(main())
