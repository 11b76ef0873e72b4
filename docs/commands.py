"""Write reference/commands.md from the commands, and what `api` shows from the operations: `python docs/commands.py`."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TypeAlias

import click

from lemlist_async.cli.exits import MEANINGS
from lemlist_async.cli.root import root
from lemlist_async.cli.verbs import TABLE, nouns, table

Option: TypeAlias = tuple[str, str]

PAGE = Path(__file__).parent / "reference" / "commands.md"
INTRODUCTION = """# All commands and options

This page is written by `python docs/commands.py` from the commands themselves; [the command](../cli.md) tells how to use them.
`api` calls any operation of lemlist: `lemlist-async api NOUN` shows its verbs, and [endpoints](../endpoints.md) lists them.
"""


def text() -> str:
    """Return the page."""
    found = [(" ".join(path), command, _options(command)) for path, command in _commands(root, ())]
    often = Counter(option for _, _, options in found for option in options)
    common = [option for option, times in often.items() if times > len(found) / 3]
    sections = (_section(name, command, options, common) for name, command, options in found)
    shared = f"## Options that many commands take\n{_table(common)}"
    return "\n".join([INTRODUCTION, shared, f"## Exit codes\n\n{_exit_codes()}", *sections])


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if isinstance(command, click.Group) and name != "api":
            yield from _commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


def _options(command: click.Command) -> list[Option]:
    context = click.Context(command)
    return [record for one in command.params if (record := one.get_help_record(context)) is not None and record[1]]


def _section(name: str, command: click.Command, options: list[Option], common: list[Option]) -> str:
    usage = " ".join(["lemlist-async", name, *command.collect_usage_pieces(click.Context(command))])
    told = inspect.cleandoc(command.help or "").replace("\b\n", "")
    own = [one for one in options if one not in common]
    also = ", ".join(sorted(f"`{names.split()[0].rstrip(',')}`" for names, _told in set(options) & set(common)))
    return f"## {name}\n\n```text\n{usage}\n```\n\n{told}\n{_table(own)}" + (f"\nAlso: {also}.\n" if also else "")


def _table(options: list[Option]) -> str:
    rows = "".join(f"| {_code(names)} | {_cell(told)} |\n" for names, told in options)
    return f"\n| option | |\n| --- | --- |\n{rows}" if rows else ""


def _code(names: str) -> str:
    """Return code in a table; as HTML if it has a bar, which GitHub and the site escape in different ways."""
    return f"<code>{escape(names).replace('|', '&#124;')}</code>" if "|" in names else f"`{names}`"


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def _exit_codes() -> str:
    rows = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANINGS.items())
    return f"| code | meaning |\n| --- | --- |\n{rows}"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    nouns.cache_clear()
    PAGE.write_text(text(), encoding="utf-8")
