"""The sandbox of `--sandbox`, with data for any command, kept in a file if asked."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lemlist_async.cli.apart import check_folder
from lemlist_async.errors import InvalidRequestError
from lemlist_async.spelling import is_id

if TYPE_CHECKING:
    from lemlist_async.cli.running import Prepare
    from lemlist_async.jobs import ContactFile
    from lemlist_async.sandbox import Sandbox, State

_PEOPLE = 25
_PLAIN = {
    ("collections", "Counter"),
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("itertools", "count"),
    ("random", "Random"),
}


@contextmanager
def sandbox_of(path: Path | None, prepare: Prepare | None) -> Iterator[Sandbox]:
    """Run a sandbox for the command; with a path, its state is read from the file and written back at the end.

    Raises:
        InvalidRequestError: the file holds no sandbox.
    """
    from lemlist_async.sandbox import State, sandbox_thread

    if path is not None:
        check_folder(path)
    state = _load(path) if path is not None and path.exists() else None
    with sandbox_thread(state=State() if state is None else state) as sandbox:
        if prepare is not None:
            prepare(sandbox.state)
        yield sandbox
    if path is not None:
        _save(sandbox.state, path)


def prepared(
    *, list_name: str | None = None, file: Callable[[], ContactFile] | None = None, campaign: str | None = None
) -> Prepare:
    """Return a function that fills a sandbox: people, a list, the named list and campaign, a file's custom fields."""

    def prepare(state: State) -> None:
        if not state.lists:
            state.add_list("Example list", members=state.add_contacts(_PEOPLE)[:20])
        if list_name is not None:
            _add_list(state, list_name)
        if campaign is not None:
            _add_campaign(state, campaign)
        for target in () if file is None else file().columns.targets.values():
            if target.startswith("custom."):
                state.add_field(target.removeprefix("custom."))

    return prepare


def _add_campaign(state: State, name_or_id: str) -> None:
    """Add the campaign that the command names, unless it is there."""
    known = state.campaigns.by_id
    if name_or_id in {name for one in known.values() for name in (one.id, one.name)}:
        return
    made = known.pop(state.campaigns.add(name_or_id, "paused"))
    if is_id(name_or_id, "cam"):
        made.id = name_or_id
    known[made.id] = made


def _add_list(state: State, name_or_id: str) -> None:
    """Add the list that the command names, unless it is there."""
    if name_or_id in {name for one in state.lists.values() for name in (one.id, one.name)}:
        return
    made = state.lists.pop(state.add_list(name_or_id))
    if is_id(name_or_id, "clt"):
        made.id = name_or_id
    state.lists[made.id] = made


class _Unpickler(pickle.Unpickler):
    """Reads the sandbox's own classes only, so that a file of others cannot run code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        found = super().find_class(module, name) if module.startswith("lemlist_async.sandbox.") else None
        if isinstance(found, type) and found.__module__ == module:
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def _load(path: Path) -> State:
    from lemlist_async.sandbox import State

    try:
        with path.open("rb") as file:
            state = _Unpickler(file).load()
    except OSError as error:
        raise InvalidRequestError(f"{path} cannot be read: {error.strerror}.") from error
    except Exception:  # noqa: BLE001 - a damaged pickle raises what it likes
        state = None
    if not isinstance(state, State):
        raise InvalidRequestError(f"{path} holds no sandbox of this version: name another file, or delete it.")
    return state


def _save(state: State, path: Path) -> None:
    from lemlist_async.rows.atomic import replacing

    with replacing(path, private=True) as file:
        pickle.dump(state, file)
