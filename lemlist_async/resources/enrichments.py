"""Enrichments: find or verify emails, phones and LinkedIn data, one or many; each costs credits."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, TypeAlias, Unpack

from attrs import define, field, frozen

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError, UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.models.enrichments import (
    INPUTS,
    NONE,
    WORKFLOWS,
    Enrichment,
    EnrichmentRequest,
    EnrichmentSubmission,
    canonical,
)
from lemlist_async.resources._operation import operation
from lemlist_async.resources._parameter import IN_QUERY, Query
from lemlist_async.resources._resource import Resource, RunOptions
from lemlist_async.resources._waiting import wait_until
from lemlist_async.resources.records import not_inputs, refuse
from lemlist_async.spelling import camel, counted
from lemlist_async.wire.exchange import Attempts


@frozen(kw_only=True, repr=False)
class EnrichmentReport(BatchReport[EnrichmentRequest]):
    """The report of a run of enrichment requests.

    Requests in `ambiguous` may have cost credits, and are in `to_retry` too: check in lemlist before you retry.

    Attributes:
        ids: the enrichments' IDs, by the positions of their requests in the caller's iterable.
        refused: lemlist's codes, such as `MISSING_INPUTS`, by the positions of the requests that it did not accept;
            each is in `failures`, too.
    """

    ids: Mapping[int, str] = field(repr=False)
    refused: Mapping[int, str]


@define
class EnrichmentTally(Tally[EnrichmentRequest, tuple[EnrichmentSubmission, ...], EnrichmentReport]):
    """Collects enrichment IDs by the positions of their requests. A request that lemlist refused counts as failed."""

    ids: dict[int, str] = field(factory=dict)
    refused: dict[int, str] = field(factory=dict)

    def report(self, progress: Progress[EnrichmentRequest]) -> EnrichmentReport:
        """Return the report so far."""
        return EnrichmentReport(ids=dict(self.ids), refused=dict(self.refused), **self._facts(progress))

    def _count(self, done: Done[EnrichmentRequest, tuple[EnrichmentSubmission, ...]]) -> None:
        for position, item, answer in zip(done.positions, done.items, done.result, strict=True):
            if answer.id is not None:
                self.ids[position] = answer.id
            else:
                self.refused[position] = code = str(answer.error)
                error = InvalidRequestError(f"lemlist did not accept the request: {code}.", code=code)
                self._refuse(item, position, error)


REQUESTS_PER_CALL = 500
BULK = "/v2/enrichments/bulk"
EnrichmentRun: TypeAlias = Run[EnrichmentRequest, tuple[EnrichmentSubmission, ...], EnrichmentReport]


def matched(requests: Sequence[EnrichmentRequest], data: Any) -> tuple[EnrichmentSubmission, ...]:
    """Return lemlist's answer to each of the requests, in their order.

    Raises:
        UnexpectedReplyError: there are not as many answers as requests, or they cannot be matched.
    """
    answers = [_answer(row) for row in data] if isinstance(data, list) else []
    if len(answers) != len(requests):
        raise UnexpectedReplyError(
            f"the reply holds {counted(len(answers), 'answer', 'answers')} to"
            f" {counted(len(requests), 'request', 'requests')}."
        )
    asked = [canonical(one.metadata) for one in requests]
    echoed = [canonical(one.metadata) for one in answers]
    if all(echo in {own, NONE} for own, echo in zip(asked, echoed, strict=True)):
        return tuple(answers)
    by_metadata = dict(zip(echoed, answers, strict=True))
    if len(by_metadata) != len(answers) or set(asked) != set(echoed):
        raise UnexpectedReplyError("the answers cannot be matched to the requests: their metadata differ.")
    return tuple(by_metadata[one] for one in asked)


def _answer(row: Any) -> EnrichmentSubmission:
    """Read one answer, in which `id` is what other replies call `_id`."""
    row = row if isinstance(row, dict) else {}
    made, refused = row.get("id"), row.get("error")
    if not (isinstance(made, str) and made) and not (isinstance(refused, str) and refused):
        raise UnexpectedReplyError("an answer has neither an ID nor an error.")
    return EnrichmentSubmission(id=made or None, error=refused or None, metadata=row.get("metadata"))


def _json(request: EnrichmentRequest) -> dict[str, Any]:
    values = {camel(name): getattr(request, name) for name in INPUTS}
    body: dict[str, Any] = {
        "input": {name: value for name, value in values.items() if value is not None},
        "enrichmentRequests": [word for name, word in WORKFLOWS.items() if getattr(request, name)],
    }
    if request.metadata is not None:
        body["metadata"] = request.metadata
    return body


def _enrichment(values: Mapping[str, Any], data: Any) -> Enrichment:
    """Read an enrichment; lemlist's 202 for one that is not done yet has no useful body."""
    enrichment_id = values["enrichment_id"]
    if data is None:
        return Enrichment(id=enrichment_id, status="in progress")
    if not isinstance(data, dict):
        raise UnexpectedReplyError("the reply holds no enrichment.")
    status = data.get("enrichmentStatus") or data.get("status") or "in progress"
    return structured(data | {"_id": enrichment_id, "status": status}, Enrichment)


def _checked_url(url: Any) -> str:
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise InvalidRequestError("webhook_url must begin with https:// (or http://).")
    return url


def _does_something(values: Mapping[str, Any]) -> None:
    if not any(values.get(name) for name in WORKFLOWS):
        raise InvalidRequestError(f"An enrichment needs at least one task: {', '.join(WORKFLOWS)}.")


_problems = not_inputs(EnrichmentRequest)
WebhookUrl: TypeAlias = Annotated[str, IN_QUERY, _checked_url]
Bodies: TypeAlias = Annotated[Sequence[EnrichmentRequest], lambda requests: [_json(one) for one in requests]]


class Enrichments(Resource):
    """Enrichments. Each costs credits, so none is requested twice without being asked."""

    async def submit(
        self, request: EnrichmentRequest, *, webhook_url: str | None = None, deadline: float | None = None
    ) -> str:
        """Request one enrichment and return its ID; `wait` for it, or let lemlist call the webhook.

        It goes out as a batch of one: lemlist's endpoint for a single enrichment (`POST /enrich`) takes the person's
        data in the URL, which proxies log, and no metadata.

        Not safe to repeat, since credits are spent: it is retried only if lemlist cannot have received it, or
        answered 429. An error with `ambiguous` set means that it may have been accepted.

        Raises:
            InvalidRequestError: lemlist refused the request; `code` says why, such as `MISSING_INPUTS`.
            PaymentRequiredError: the credits are used up, or the plan lacks this.
        """
        refuse(_problems, request)
        (answer,) = await self._submit([request], webhook_url=webhook_url, deadline=deadline)
        if answer.id is None:
            raise InvalidRequestError(
                "lemlist did not accept the request.", status=200, code=answer.error, method="POST", path=BULK
            )
        return answer.id

    def submit_many(
        self,
        requests: Iterable[EnrichmentRequest] | AsyncIterable[EnrichmentRequest],
        *,
        webhook_url: str | None = None,
        **options: Unpack[RunOptions],
    ) -> EnrichmentRun:
        """Request any number of enrichments, 500 a request; await it for an `EnrichmentReport`, or stream it.

        `report.ids` has the enrichments' IDs by the requests' positions in the input. A request that lemlist
        refuses, such as for `MISSING_INPUTS`, is in `report.failures` with its code and does not affect the others.
        Each streamed outcome's `result` is one `EnrichmentSubmission` for each of its `items`, in their order.
        lemlist's answers are matched to the requests by position; if the metadata contradict that, by metadata that are
        unique in the chunk; if that fails too, the chunk counts as ambiguous.

        Not safe to repeat, since credits are spent: a chunk is retried only if lemlist cannot have received it, or
        answered 429. One whose answer was lost is in `report.doubts`; check in lemlist before you send it
        again. When the credits are used up (402) the run stops, and the rest is in `report.unsent`.

        Args:
            requests: any iterable or async iterable, read lazily.
            webhook_url: where lemlist posts each result, with the request's metadata; a secret, see `parse_webhook`.
            options: see `RunOptions`.

        Raises:
            InvalidRequestError: the webhook's URL is not a URL; at once.
            BatchError: something failed, when awaited; `.report` says what failed, and what is done.
        """
        if webhook_url is not None:
            _checked_url(webhook_url)

        async def send(some: Sequence[EnrichmentRequest], attempts: Attempts) -> tuple[EnrichmentSubmission, ...]:
            return await self._submit(some, webhook_url=webhook_url, attempts=attempts)

        tally = EnrichmentTally()
        return self._run(requests, REQUESTS_PER_CALL, send, tally, options, check=_problems, dedupe=False)

    @operation("POST", "/leads/{lead_id}/enrich", spends=True, at="id", check=_does_something)
    async def submit_lead(
        self,
        lead_id: str,
        *,
        find_email: Query[bool] = False,
        find_phone: Query[bool] = False,
        verify_email: Query[bool] = False,
        linkedin_enrichment: Query[bool] = False,
        force: Query[bool] = False,
        webhook_url: WebhookUrl | None = None,
        deadline: float | None = None,
    ) -> str:
        """Request the enrichment of a campaign's lead, from what lemlist knows about it, and return its ID.

        Not safe to repeat, as for `submit`.

        Args:
            lead_id: `lea_…`.
            find_email: find a verified email address.
            find_phone: find a phone number.
            verify_email: verify the email address.
            linkedin_enrichment: read the LinkedIn profile.
            force: do it even if the contact has the data already. It does not bypass an enrichment that is
                running, nor one that found nothing with the same input.
            webhook_url: where lemlist posts the result; a secret.
            deadline: seconds for the whole call, waits included.

        Raises:
            ConflictError: the contact has the data already (`ALREADY_ENRICHED`), or an enrichment is running.
            NotFoundError: lemlist has no such lead, or its contact is gone.
        """

    @operation("POST", "/enrich", spends=True, at="id", check=_does_something)
    async def submit_in_url(
        self,
        *,
        email: Query[str | None] = None,
        linkedin_url: Query[str | None] = None,
        first_name: Query[str | None] = None,
        last_name: Query[str | None] = None,
        company_name: Query[str | None] = None,
        company_domain: Query[str | None] = None,
        job_title: Query[str | None] = None,
        find_email: Query[bool] = False,
        find_phone: Query[bool] = False,
        verify_email: Query[bool] = False,
        linkedin_enrichment: Query[bool] = False,
        webhook_url: WebhookUrl | None = None,
        deadline: float | None = None,
    ) -> str:
        """Request one enrichment with everything in the URL, which proxies log, and return its ID.

        Prefer `submit`, which does the same with the person's data in the body. Not safe to repeat, as
        for `submit`.

        Raises:
            InvalidRequestError: there is no task, or the input is not enough for lemlist.
            PaymentRequiredError: the credits are used up, or the plan lacks this.
        """

    @operation("GET", "/enrich/{enrichment_id}", read_for=_enrichment)
    async def get(self, enrichment_id: str, *, deadline: float | None = None) -> Enrichment:
        """Return an enrichment in its current state: `is_done` tells whether it has ended.

        Raises:
            NotFoundError: lemlist has no such enrichment.
        """

    async def wait(self, enrichment_id: str, *, timeout: float = 300.0, every: float = 2.0) -> Enrichment:  # noqa: ASYNC109
        """Return an enrichment once it is done, found or not.

        It asks at once, then after `every` seconds, then less and less often (each wait 1.5 times as long, 30
        seconds at most), through the same limit as everything else. Safe to repeat, and cancelling it costs nothing:
        lemlist continues, and the result can be read later. For many enrichments, a webhook costs fewer requests.

        Args:
            enrichment_id: `enr_…`.
            timeout: seconds for everything.
            every: seconds until the second request.

        Raises:
            DeadlineExceededError: it was not done within `timeout`.
            NotFoundError: lemlist has no such enrichment.
        """
        return await wait_until(
            attrgetter("is_done"),
            lambda: self.get(enrichment_id),
            seconds=timeout,
            every=every,
            what="enrichment",
            path="/enrich/{enrichment_id}",
        )

    @operation(
        "POST",
        BULK,
        by=("submit", "submit_many"),
        size=REQUESTS_PER_CALL,
        spends=True,
        read_for=lambda values, data: matched(values["body"], data),
    )
    async def _submit(
        self,
        body: Bodies,
        *,
        webhook_url: WebhookUrl | None = None,
        attempts: Attempts | None = None,
        deadline: float | None = None,
    ) -> tuple[EnrichmentSubmission, ...]:
        """Request many enrichments."""
