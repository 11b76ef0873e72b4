"""A job as data: what to do with which rows, and whose key to use. It goes through queues; no secret is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Self, TypeAlias

from attrs import asdict, field, fields, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.spelling import is_id
from lemlist_async.worker.options import FILE_OPTIONS, is_storable, option_problems

JobKind: TypeAlias = Literal["import", "import_leads", "import_companies", "import_unsubscribes", "sync"]

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")

_OF_IMPORTS = frozenset({"full", "concurrency", "max_rejected"})
_JOB_OPTIONS: Final[Mapping[JobKind, frozenset[str]]] = {
    "import": _OF_IMPORTS | {"verify", "drop_unregistered", "create_companies"},
    "import_leads": _OF_IMPORTS | {"deduplicate", "in_doubt"},
    "import_companies": _OF_IMPORTS | {"drop_unregistered"},
    "import_unsubscribes": _OF_IMPORTS,
    "sync": frozenset({"max_removals", "leave_out_rejected", "concurrency"}),
}
_TEXTS = ("key", "source", "name")
_TEXTS_OR_NULL = ("query", "list", "campaign")


def _as_dict(options: Any) -> Any:
    """Return options as a dict of their own; what is no mapping is refused later."""
    return dict(options) if isinstance(options, Mapping) else options


@frozen(kw_only=True)
class JobSpec:
    """A job that any machine can run.

    Attributes:
        kind: `import` (of contacts), `import_leads`, `import_companies`, `import_unsubscribes` or `sync`.
        key: a reference to an API key, such as `acme`, which a `Keyring` resolves where the job runs. Never the key.
        source: where the rows are: a path that every worker can read, `https://…`, `s3://…` and what else fsspec knows,
            or `sql:NAME`, whose connection string the worker reads from the environment's `LEMLIST_SQL_NAME`.
        query: the SELECT of a `sql:` source.
        list: the list's ID or exact name. A sync needs one; an import makes it if there is none of this name.
        campaign: the campaign's ID, `cam_…`, which an import of leads needs.
        name: of the job in the journal; by default the source, so that the next night's job continues with it.
        options: keyword arguments of the job's function, such as `import_contacts`, and of `ContactFile` or the other
            classes of files: what JSON can say.

    Raises:
        InvalidRequestError: something is missing, unknown, of the wrong type, or looks like a secret.
    """

    kind: JobKind
    key: str
    source: str
    query: str | None = None
    list: str | None = None
    campaign: str | None = None
    name: str = field()
    options: Mapping[str, Any] = field(factory=dict, converter=_as_dict)

    @name.default
    def _named_after_the_source(self) -> str:
        return self.source

    def __attrs_post_init__(self) -> None:
        for problem in _problems(self):
            raise InvalidRequestError(problem)

    @property
    def journal_name(self) -> str:
        """The name of the job's journal in a store that keeps several: kind, key reference, list or campaign, and name.

        All syncs of a list have one, whatever their source: they must not run at once.
        """
        named = [] if self.kind == "sync" else [self.name]
        return "/".join((self.kind, self.key, self.list or self.campaign or "-", *named))

    @property
    def job_options(self) -> dict[str, Any]:
        """The options of the job itself."""
        return self._options(_JOB_OPTIONS[self.kind])

    @property
    def file_options(self) -> dict[str, Any]:
        """The options for reading a file."""
        return self._options(FILE_OPTIONS)

    def _options(self, names: frozenset[str]) -> dict[str, Any]:
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
        facts = _read(text) if isinstance(text, str | bytes) else text
        if not isinstance(facts, Mapping):
            raise InvalidRequestError("A job must be a JSON object.")
        known = {one.name for one in fields(cls)}
        if unknown := sorted(map(str, facts.keys() - known)):
            raise InvalidRequestError(f"A job has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        if missing := sorted({"kind", "key", "source"} - facts.keys()):
            raise InvalidRequestError(f"A job needs {', '.join(missing)}.")
        return cls(**facts)

    @classmethod
    def stored(cls, text: str | Mapping[str, Any]) -> Self:
        """Return a job as it was stored, to be shown: unchecked, since another version may have stored it."""
        facts = json.loads(text) if isinstance(text, str) else text
        job = cls.__new__(cls)
        for one in fields(cls):
            object.__setattr__(job, one.name, facts.get(one.name))
        return job


def _read(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"A job must be a JSON object: {error}.") from None


def _problems(spec: JobSpec) -> list[str]:
    """Return what is wrong with a job; no message shows a value that may be a secret."""
    kind = spec.kind
    if kind not in tuple(_JOB_OPTIONS):
        return [f"kind must be one of {', '.join(_JOB_OPTIONS)}, not {kind!r}."]
    if wrong_types := _wrong_types(spec):
        return wrong_types
    checks: tuple[tuple[object, str], ...] = (
        (
            not _REFERENCE.fullmatch(str(spec.key)),
            "key must be a reference of letters, digits, '_', '.' and '-', such as 'acme'; not the key.",
        ),
        (not spec.source, "source must name where the rows are."),
        (
            _PASSWORD.search(spec.source),
            "source holds a password, which would stand in the queue: use sql:NAME, or a signed-in host.",
        ),
        (
            spec.source.startswith("sql:") != bool(spec.query),
            "a sql: source needs a query, and only that one takes one.",
        ),
        (kind == "sync" and not spec.list, "a sync needs a list."),
        (kind not in {"import", "sync"} and spec.list, f"a job of kind {kind} takes no list."),
        (
            kind == "import_leads" and not is_id(spec.campaign, "cam"),
            "an import of leads needs a campaign's ID, cam_….",
        ),
        (kind != "import_leads" and spec.campaign, f"a job of kind {kind} takes no campaign."),
    )
    wrong = [message for is_wrong, message in checks if is_wrong]
    return [*wrong, *option_problems(spec.options, FILE_OPTIONS | _JOB_OPTIONS[kind], kind)]


def _wrong_types(spec: JobSpec) -> list[str]:
    """Return which facts of a job are not of the type that they must be."""
    given = (*_TEXTS, *(name for name in _TEXTS_OR_NULL if getattr(spec, name) is not None))
    wrong = [f"{name} must be a string." for name in given if not is_storable(getattr(spec, name))]
    return wrong if isinstance(spec.options, dict) else [*wrong, "options must be an object."]
