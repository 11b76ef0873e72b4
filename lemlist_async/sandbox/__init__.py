"""A loopback lemlist with state, quota and faults, for tests, demos and users' own tests.

```python
async with Sandbox() as sandbox:
    newsletter = sandbox.state.add_list("Newsletter")
    ...  # point a client at sandbox.url with sandbox.api_key
    assert sandbox.state.members(newsletter) == [...]
```
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lemlist_async.sandbox.faults import Fault, Faults
    from lemlist_async.sandbox.quota import Quota
    from lemlist_async.sandbox.received import Received
    from lemlist_async.sandbox.server import Sandbox
    from lemlist_async.sandbox.state import State
    from lemlist_async.sandbox.threaded import sandbox_thread

__all__ = ["Fault", "Faults", "Quota", "Received", "Sandbox", "State", "sandbox_thread"]

_HOMES = {
    "Fault": "faults",
    "Faults": "faults",
    "Quota": "quota",
    "Received": "received",
    "Sandbox": "server",
    "State": "state",
    "sandbox_thread": "threaded",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use: pytest loads this package in every run."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
