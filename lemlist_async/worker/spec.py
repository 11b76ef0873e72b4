"""A job as data: what to do with which rows, and whose key to use. It goes through queues; no secret is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Self, TypeAlias

from attrs import asdict, field, fields, frozen

from lemlist_async.errors import InvalidRequestError

Kind: TypeAlias = Literal["import", "sync"]

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")

IMPORT_OPTIONS: Final = frozenset(
    {"full", "verify", "drop_unregistered", "concurrency", "max_rejected", "create_companies"}
)
SYNC_OPTIONS: Final = frozenset({"max_removals", "leave_out_rejected", "concurrency"})
FILE_OPTIONS: Final = frozenset({"renames", "ignore", "encoding", "delimiter", "header_line", "sheet"})


@frozen(kw_only=True)
class JobSpec:
    """A job that any machine can run.

    Attributes:
        kind: `import` or `sync`.
        key: a reference to an API key, such as `acme`, which a `Keyring` resolves where the job runs. Never the key.
        source: where the rows are: a path that every worker can read, `https://…`, `s3://…` and what else fsspec knows,
            or `sql:NAME`, whose connection string the worker reads from the environment's `LEMLIST_SQL_NAME`.
        query: the SELECT of a `sql:` source.
        list: the list's ID or exact name. A sync needs one; an import makes it if there is none of this name.
        name: of the job in the journal; by default the source, so that the next night's job continues with it.
        options: keyword arguments of `import_contacts` or `sync_list`, and of `ContactFile`: what JSON can say.

    Raises:
        InvalidRequestError: something is missing, unknown, or looks like a secret.
    """

    kind: Kind
    key: str
    source: str
    query: str | None = None
    list: str | None = None
    name: str = field()
    options: Mapping[str, Any] = field(factory=dict, converter=dict)

    @name.default
    def _named_after_the_source(self) -> str:
        return self.source

    def __attrs_post_init__(self) -> None:
        for problem in _problems(self):
            raise InvalidRequestError(problem)

    @property
    def journal_name(self) -> str:
        """The name of the job's journal in a store that keeps several: kind, key reference, list and name.

        All syncs of a list have one, whatever their source: they must not run at once.
        """
        named = [self.name] if self.kind == "import" else []
        return "/".join((self.kind, self.key, self.list or "-", *named))

    def options_for(self, names: frozenset[str]) -> dict[str, Any]:
        """Return those of the options that have one of these names."""
        return {name: value for name, value in self.options.items() if name in names}

    def as_dict(self) -> dict[str, Any]:
        """Return the job as what JSON can say."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the job as JSON."""
        return json.dumps(self.as_dict())

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any]) -> Self:
        """Return the job that JSON describes.

        Raises:
            InvalidRequestError: it is not JSON, or not a job.
        """
        try:
            facts = json.loads(text) if isinstance(text, str) else dict(text)
        except ValueError as error:
            raise InvalidRequestError(f"A job must be a JSON object: {error}.") from None
        if not isinstance(facts, dict):
            raise InvalidRequestError("A job must be a JSON object.")
        known = {one.name for one in fields(cls)}
        if unknown := sorted(facts.keys() - known):
            raise InvalidRequestError(f"A job has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        if missing := sorted({"kind", "key", "source"} - facts.keys()):
            raise InvalidRequestError(f"A job needs {', '.join(missing)}.")
        return cls(**facts)


def _problems(spec: JobSpec) -> list[str]:
    """Return what is wrong with a job; no message shows a value that may be a secret."""
    problems = []
    if spec.kind not in {"import", "sync"}:
        problems.append(f"kind must be 'import' or 'sync', not {spec.kind!r}.")
    if not _REFERENCE.fullmatch(str(spec.key)):
        problems.append("key must be a reference of letters, digits, '_', '.' and '-', such as 'acme'; not the key.")
    if not spec.source:
        problems.append("source must name where the rows are.")
    elif _PASSWORD.search(spec.source):
        problems.append("source holds a password, which would stand in the queue: use sql:NAME, or a signed-in host.")
    elif spec.source.startswith("sql:") != bool(spec.query):
        problems.append("a sql: source needs a query, and only that one takes one.")
    if spec.kind == "sync" and not spec.list:
        problems.append("a sync needs a list.")
    known = FILE_OPTIONS | (SYNC_OPTIONS if spec.kind == "sync" else IMPORT_OPTIONS)
    if unknown := sorted(spec.options.keys() - known):
        problems.append(
            f"options has no {', '.join(unknown)}; a job of kind {spec.kind} has {', '.join(sorted(known))}."
        )
    return problems
