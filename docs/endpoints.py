"""Write `docs/endpoints.md`, and `tests/operations.json`: what is known of lemlist's OpenAPI document.

The page tells which of lemlist's operations have a typed method. The document must lie beside this project; see
`tests/contract.py`.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import contract  # noqa: E402 - found by the line above


def main() -> None:
    """Write both files and print the share."""
    if not contract.DOCUMENT.exists():
        raise SystemExit("lemlist's OpenAPI document is not beside this project.")
    import test_contract

    document = contract.Document.read()
    page = contract.rendered(document)
    contract.PAGE.write_text(page)
    contract.KNOWN.write_text(json.dumps(contract.known(document, test_contract.unknown()), indent=1) + "\n")
    sys.stdout.write(page.splitlines()[2] + "\n")


if __name__ == "__main__":
    main()
