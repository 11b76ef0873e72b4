"""Groups of commands: whole summaries in help, and a hint at what a mistyped command could mean."""

from __future__ import annotations

import click

_LONGEST_SUMMARY = 200  # characters; click cuts them at 45


class Group(click.Group):
    """A group whose help shows whole summaries; its commands may be imported or made when they are used."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' names and summaries."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(_LONGEST_SUMMARY)) for name, command in found if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named first.

        Raises:
            UsageError: there is none of this name; the message says which ones are alike.
        """
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            raise click.UsageError(f"No such command {name!r}.{self._meant(ctx, name)}", ctx)
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context, name: str) -> str:
        from difflib import get_close_matches

        alike = get_close_matches(name.lower(), self.list_commands(ctx))
        return f" Did you mean {' or '.join(map(repr, alike))}?" if alike else ""
