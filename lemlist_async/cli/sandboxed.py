"""What `--sandbox` finds in its throw-away lemlist: enough for any command to have something to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lemlist_async.cli.running import Prepare
    from lemlist_async.jobs import ContactFile
    from lemlist_async.sandbox import State

_PEOPLE = 25


def prepared(*, list_name: str | None = None, file: Callable[[], ContactFile] | None = None) -> Prepare:
    """Return what fills a sandbox: people, a list, the list of this name or ID, a file's custom fields."""

    def prepare(state: State) -> None:
        people = state.add_contacts(_PEOPLE)
        state.add_list("Example list", members=people[:20])
        if list_name is not None:
            _add_list(state, list_name)
        for target in () if file is None else file().columns.targets.values():
            if target.startswith("custom."):
                state.add_field(target.removeprefix("custom."))

    return prepare


def _add_list(state: State, name_or_id: str) -> None:
    """Add the list that the command names, unless it is there."""
    if name_or_id in {name for one in state.lists.values() for name in (one.id, one.name)}:
        return
    made = state.lists.pop(state.add_list(name_or_id))
    if re.fullmatch("clt_[a-zA-Z0-9]+", name_or_id):
        made.id = name_or_id
    state.lists[made.id] = made
