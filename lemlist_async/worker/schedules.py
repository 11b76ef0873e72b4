"""When a schedule is due: cron lines, spread by hash, each due time once. Pure; the caller brings the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from attrs import frozen

from lemlist_async.extras import needed

with needed("A schedule", "worker"):
    from croniter import CroniterBadDateError, croniter

from lemlist_async.errors import InvalidRequestError
from lemlist_async.worker.options import is_storable
from lemlist_async.worker.spec import JobSpec

_LONGEST_SPREAD = 366 * 86_400.0


@frozen(kw_only=True)
class JobSchedule:
    """A scheduled job.

    Attributes:
        name: of the schedule; unique.
        cron: `minute hour day month weekday`, in UTC; a sixth field counts seconds.
        spec: the job.
        spread: seconds over which the starts of different keys are spread: `0 2 * * *` with 6 hours starts each key's
            job at a time of its own between 2 and 8, the same one every night. 0 starts all at once.
    """

    name: str
    cron: str
    spec: JobSpec
    spread: float = 0.0

    def __attrs_post_init__(self) -> None:
        if not croniter.is_valid(self.cron):
            raise InvalidRequestError(f"{self.cron!r} is not a cron line, such as '0 2 * * *' (every day at 2:00 UTC).")
        if self.spread < 0:
            raise InvalidRequestError(f"spread must not be negative, as {self.spread:g} is.")
        if not self.spread <= _LONGEST_SPREAD:
            raise InvalidRequestError(f"spread must be at most a year, {_LONGEST_SPREAD:g} s, not {self.spread:g} s.")
        if not is_storable(self.name):
            raise InvalidRequestError("The name of a schedule must be a string.")

    @property
    def offset(self) -> timedelta:
        """How much later than its cron line says this schedule is due: by the hash of its key and name."""
        share = int.from_bytes(blake2b(f"{self.spec.key}/{self.name}".encode(), digest_size=8).digest()) / 2**64
        return timedelta(seconds=round(share * self.spread))

    def due_after(self, moment: datetime) -> datetime:
        """Return the first time after this moment at which it is due; missed times are skipped.

        Raises:
            InvalidRequestError: its cron line names a date that never comes, such as 31 February.
        """
        line = croniter(self.cron, moment.astimezone(UTC) - self.offset)
        try:
            found: datetime = line.get_next(datetime)
        except CroniterBadDateError:
            raise InvalidRequestError(f"{self.cron!r} names a date that never comes.") from None
        return found + self.offset
