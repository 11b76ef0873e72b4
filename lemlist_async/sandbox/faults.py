"""Faults that requests draw, in the order in which they were scripted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, Unpack

from attrs import Factory, define, evolve, field, frozen

FaultKind = Literal["answer", "drop", "garble", "none", "silence", "slow", "truncate"]


@frozen(kw_only=True)
class Fault:
    """One way in which a request goes wrong, before or after lemlist applied it."""

    kind: FaultKind
    after_applying: bool = False
    status: int = 200
    body: str = ""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = Factory(dict)
    seconds: float | None = None

    name: str | None = field()

    @name.default
    def _its_kind(self) -> str:
        return self.kind

    @property
    def delay(self) -> float:
        """Seconds by which the answer is late."""
        return self.seconds or 0.0 if self.kind == "slow" else 0.0

    def status_for(self, status: int) -> int | None:
        """Return the status that the client sees if lemlist answered `status`; None if it sees none."""
        match self.kind:
            case "answer":
                return self.status
            case "garble":
                return 200
            case "drop" | "silence":
                return None
            case _:
                return status


NO_FAULT = Fault(kind="none", after_applying=True, name=None)
TOO_MANY = Fault(kind="answer", status=429, body="Too Many Requests", name=None)


class Which(TypedDict, total=False):
    """Which requests draw a fault.

    `times` is how many of them (by default 1; None: forever), `path` a part of the path, and `method` a method; by
    default any.
    """

    times: int | None
    path: str | None
    method: str | None


@define
class Faults:
    """The script: each request that reaches lemlist within its quota draws the first fault that matches it.

    Every method takes `times` (1; None: forever), `path` (a part of it) and `method`. With
    `after_applying`, lemlist applies the request, and only its answer goes wrong. Requests that
    the quota refuses draw nothing.
    """

    _script: list[_Entry] = field(factory=list, init=False)
    _chance: _Chance | None = field(default=None, init=False)

    def answer(
        self,
        status: int,
        *,
        body: str | None = None,
        content_type: str = "text/plain",
        headers: Mapping[str, str] | None = None,
        retry_after: float | str | None = None,
        after_applying: bool = False,
        **which: Unpack[Which],
    ) -> None:
        """Answer with this status, and with a body that fits it unless one is given.

        `retry_after` becomes the `Retry-After` header unchanged: seconds or any string.
        """
        known_body, known_type = _BODIES.get(status, ("", content_type))
        retry = {} if retry_after is None else {"Retry-After": str(retry_after)}
        fault = Fault(
            kind="answer",
            status=status,
            body=known_body if body is None else body,
            content_type=known_type if body is None else content_type,
            headers={**(headers or {}), **retry},
            after_applying=after_applying,
        )
        self._add(fault, **which)

    def drop(self, *, after_applying: bool = False, **which: Unpack[Which]) -> None:
        """Close the connection without a reply."""
        self._add(Fault(kind="drop", after_applying=after_applying), **which)

    def garble(self, *, after_applying: bool = True, **which: Unpack[Which]) -> None:
        """Answer 200 with JSON that breaks off in the middle."""
        self._add(Fault(kind="garble", after_applying=after_applying), **which)

    def truncate(self, *, after_applying: bool = True, **which: Unpack[Which]) -> None:
        """Send half of the promised bytes, then close the connection."""
        self._add(Fault(kind="truncate", after_applying=after_applying), **which)

    def silence(
        self,
        seconds: float | None = None,
        *,
        after_applying: bool = False,
        **which: Unpack[Which],
    ) -> None:
        """Send nothing until the client gives up or the sandbox stops.

        With `seconds`, close the connection after that long.
        """
        fault = Fault(kind="silence", seconds=seconds, after_applying=after_applying)
        self._add(fault, **which)

    def slow(self, seconds: float, **which: Unpack[Which]) -> None:
        """Apply the request at once, and send the right answer `seconds` late."""
        self._add(Fault(kind="slow", seconds=seconds, after_applying=True), **which)

    def randomly(
        self,
        share: float,
        kinds: Sequence[str] | None = None,
        *,
        seed: int | None = None,
        seconds: float = 0.1,
    ) -> None:
        """Let each request that draws nothing from the script go wrong with this probability; 0 ends it.

        Args:
            share: The probability, 0 to 1.
            kinds: Some of "429", "500", "502", "drop", "garble", "silence", "slow" and "truncate";
                None: all of them. All but "429" (never applied) and "slow" (always applied) come
                before and after applying.
            seed: Makes the draws repeatable.
            seconds: How long "slow" and "silence" last, and the `Retry-After` of "429".

        Raises:
            ValueError: `share` is no probability, or there is no such kind; nothing is changed.
        """
        known = _random_faults(seconds)
        if not 0 <= share <= 1:
            raise ValueError(f"share must be from 0 to 1, such as 0.05, not {share}.")
        if unknown := [kind for kind in kinds or () if kind not in known]:
            raise ValueError(f"kinds has no {', '.join(map(repr, unknown))}; it has {', '.join(map(repr, known))}.")
        faults = [fault for kind in kinds or known for fault in known[kind]]
        self._chance = _Chance(share, faults, random.Random(seed))

    def clear(self) -> None:
        """Clear the script and the random faults."""
        self._script.clear()
        self._chance = None

    def draw(self, method: str, path: str) -> Fault:
        """Return the fault that this request meets, `NO_FAULT` for most, and count it as used."""
        for entry in self._script:
            if entry.fits(method, path):
                self._use(entry)
                return entry.fault
        return self._chance.draw() if self._chance else NO_FAULT

    def show(self) -> list[dict[str, object]]:
        """Describe what is scripted, and the random faults last."""
        shown: list[dict[str, object]] = [
            {"kind": one.fault.kind, "status": one.fault.status, "afterApplying": one.fault.after_applying}
            | {"times": one.times, "path": one.path, "method": one.method}
            for one in self._script
        ]
        return shown + ([{"kind": "random", "share": self._chance.share}] if self._chance else [])

    def _add(self, fault: Fault, **which: Unpack[Which]) -> None:
        self._script.append(_Entry(fault, **which))

    def _use(self, entry: _Entry) -> None:
        if entry.times is not None:
            entry.times -= 1
            if entry.times < 1:
                self._script.remove(entry)


@define(eq=False)
class _Entry:
    fault: Fault
    times: int | None = 1
    path: str | None = None
    method: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError(f"times must be at least 1, or None for ever, not {self.times}.")

    def fits(self, method: str, path: str) -> bool:
        return (self.path is None or self.path in path) and (self.method or method).upper() == method


@define
class _Chance:
    share: float
    faults: list[Fault]
    random: random.Random

    def draw(self) -> Fault:
        return self.random.choice(self.faults) if self.random.random() < self.share else NO_FAULT


_BODIES = {
    429: ("Too Many Requests", "text/plain"),
    500: ("Failed to add contacts to list", "text/plain"),
    502: ("<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"),
}


def _answer(status: int, **headers: str) -> Fault:
    body, content_type = _BODIES[status]
    return Fault(kind="answer", status=status, body=body, content_type=content_type, headers=headers)


def _random_faults(seconds: float) -> dict[str, list[Fault]]:
    def both(fault: Fault) -> list[Fault]:
        return [evolve(fault, after_applying=False), evolve(fault, after_applying=True)]

    return {
        "429": [_answer(429, **{"Retry-After": str(seconds)})],
        "500": both(_answer(500)),
        "502": both(_answer(502)),
        "drop": both(Fault(kind="drop")),
        "garble": both(Fault(kind="garble")),
        "silence": both(Fault(kind="silence", seconds=seconds)),
        "slow": [Fault(kind="slow", seconds=seconds, after_applying=True)],
        "truncate": both(Fault(kind="truncate")),
    }
