"""What a declared call costs in CPU time over one that is written by hand, through one client, in turns."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from processes import Place, Server, in_fresh_process, sandbox
from tables import Target, print_table

from lemlist_async import Contact, Lemlist, NotFoundError, Unlimited
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.convert import structured
from lemlist_async.resources._resource import Resource
from lemlist_async.wire.call import Call

CALLS = 200


class ByHand(Resource):
    """A resource as it was written before its calls were declared."""

    async def get(self, id_or_email: str, *, deadline: float | None = None) -> Contact:
        """Return one contact."""
        if not id_or_email.strip():
            raise InvalidRequestError("Pass a contact's ID or email.")
        call = Call(
            method="GET", path="/contacts/{id_or_email}", args={"id_or_email": id_or_email.strip()}, read=_contact
        )
        return await self._session.send(call, deadline=deadline)


def _contact(data: Any) -> Contact:
    if not data:
        raise NotFoundError("lemlist has no such contact.")
    return structured(data, Contact)


def measure(*, quick: bool) -> list[Target]:
    with sandbox(Server(contacts=10)) as (place, _):
        hand, declared = in_fresh_process(_seconds, place, 10 if quick else 60)
    ratio = declared / hand
    print_table(
        f"CPU time of a plain call, least of rounds of {CALLS} in turns",
        ["", "µs a call", "ratio"],
        [["by hand", round(hand * 1e6), "1.00"], ["declared", round(declared * 1e6), f"{ratio:.2f}"]],
    )
    return [Target("a declared call's CPU over one by hand: <= 1.02", f"{ratio:.3f}", ratio <= 1.02)]


def _seconds(place: Place, rounds: int) -> tuple[float, float]:
    sys.modules["opentelemetry.trace"] = None  # type: ignore[assignment] # an extra; the tests have it, most users do not

    async def both() -> tuple[float, float]:
        async with Lemlist(place.key, base_url=place.url, limiter=Unlimited()) as lemlist:
            ways = [ByHand(lemlist._shared).get, lemlist.contacts.get]  # noqa: SLF001 - a resource of our own
            least = [float("inf"), float("inf")]
            for _ in range(rounds):
                for number, get in enumerate(ways):
                    least[number] = min(least[number], await _round(get, place.ids[0]))
            return least[0], least[1]

    return asyncio.run(both())


async def _round(get: Callable[[str], Awaitable[Contact]], contact_id: str) -> float:
    gc.collect()
    began = time.process_time()
    for _ in range(CALLS):
        await get(contact_id)
    return (time.process_time() - began) / CALLS
