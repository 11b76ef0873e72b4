"""Sequences: the steps of a campaign, and A/B tests of its emails."""

from __future__ import annotations

from collections.abc import Sequence as Several
from typing import Literal, TypedDict, Unpack

from lemlist_async.models.sequences import AbTest, Sequence, Step
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource

AB_TEST = "/sequences/{sequence_id}/steps/{step_id}/ab-test"


class StepContent(TypedDict, total=False):
    """The content of a step; its type decides which of it is needed.

    Attributes:
        delay: days after the step before; 0 for the first step and 1 for the others if it is not given.
        subject: of an email.
        message: of an email (HTML), an invitation, a message, a call or a manual task.
        alt_message: sent on LinkedIn if the first one cannot be.
        title: of a manual task.
        method: `GET`, `POST`, `PUT`, `DELETE` or `PATCH`, for a step of type `api`.
        url: for a step of type `api`.
        condition_key: for a `conditional` step, such as `emailsOpened`.
        delay_type: for a `conditional` step: `within` or `waitUntil`.
        campaign_id: for a step of type `sendToAnotherCampaign`.
        images: public HTTPS URLs, for LinkedIn; so are `videos`.
        videos: see `images`.
        skill_name: for a step of type `linkedinEndorse`.
        endorse_any_fallback: endorse another skill if the person does not have this one.
        record_mode: for a step of type `linkedinVoiceNote`: `manual` or `ai`.
    """

    delay: int
    subject: str
    message: str
    alt_message: str
    title: str
    method: Literal["GET", "POST", "PUT", "DELETE", "PATCH"]
    url: str
    condition_key: str
    delay_type: Literal["within", "waitUntil"]
    campaign_id: str
    images: Several[str]
    videos: Several[str]
    skill_name: str
    endorse_any_fallback: bool
    record_mode: Literal["manual", "ai"]


class Sequences(Resource):
    """The steps of campaigns. lemlist changes a running campaign's steps within limits that it names in its refusal."""

    @operation("GET", "/campaigns/{campaign_id}/sequences")
    async def of_campaign(self, campaign_id: str, *, deadline: float | None = None) -> dict[str, Sequence]:
        """Return the sequences of a campaign by their IDs: the main one, and one for each branch.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("POST", "/sequences/{sequence_id}/steps")
    async def add_step(
        self,
        sequence_id: str,
        type: str,  # noqa: A002 - lemlist's word
        *,
        index: int | None = None,
        deadline: float | None = None,
        **content: Unpack[StepContent],
    ) -> Step:
        """Add a step to a sequence.

        Not safe to repeat, since there would be two of them: it is retried only if lemlist cannot have received it, or
        answered 429.

        Args:
            sequence_id: `seq_…`.
            type: such as `email`, `linkedinInvite`, `phone`, `conditional`; an open vocabulary.
            index: its position, from 0; at the end if it is None.
            deadline: seconds for the whole call, waits included.
            content: see `StepContent`.

        Raises:
            InvalidRequestError: the step lacks what its type needs.
        """

    @operation("PATCH", "/sequences/{sequence_id}/steps/{step_id}", repeatable=True)
    async def update_step(
        self,
        sequence_id: str,
        step_id: str,
        type: str,  # noqa: A002 - lemlist's word
        *,
        deadline: float | None = None,
        **content: Unpack[StepContent],
    ) -> Step:
        """Change a step and return it. What is not given stays as it is. Safe to repeat: it sets values.

        Args:
            sequence_id: `seq_…`.
            step_id: `stp_…`.
            type: the step's own type, which lemlist requires and does not change.
            deadline: seconds for the whole call, waits included.
            content: see `StepContent`. Empty `images` and `videos` remove those that are there.
        """

    @operation("DELETE", "/sequences/{sequence_id}/steps/{step_id}", repeatable=True, final=True)
    async def delete_step(self, sequence_id: str, step_id: str, *, deadline: float | None = None) -> None:
        """Delete a step. Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such sequence, or no such step.
            InvalidRequestError: the campaign is running.
        """

    @operation("GET", AB_TEST)
    async def ab_test(self, sequence_id: str, step_id: str, *, deadline: float | None = None) -> AbTest:
        """Return version B of an email.

        Raises:
            NotFoundError: there is no A/B test on this step.
            PaymentRequiredError: the plan is lower than Email Pro, which all of A/B testing needs.
        """

    @operation("POST", AB_TEST)
    async def start_ab_test(self, sequence_id: str, step_id: str, *, deadline: float | None = None) -> AbTest:
        """Begin an A/B test of an email: version B is created as a copy of version A, and leads are split.

        Not retried, unless lemlist cannot have received it, or answered 429; a second test on one step is
        refused.

        Raises:
            InvalidRequestError: the step is not an email, or has an A/B test already.
        """

    @operation("PATCH", AB_TEST, repeatable=True)
    async def update_ab_test(
        self,
        sequence_id: str,
        step_id: str,
        *,
        subject: str | None = None,
        message: str | None = None,
        alt_message: str | None = None,
        cc: Several[str] | None = None,
        plain_text: bool | None = None,
        deadline: float | None = None,
    ) -> AbTest:
        """Change version B and return it. What is None stays as it is. Safe to repeat: it sets values.

        Args:
            sequence_id: `seq_…`.
            step_id: `stp_…`.
            subject: 400 characters at most.
            message: HTML.
            alt_message: see `StepContent`.
            cc: addresses that get a copy.
            plain_text: without HTML.
            deadline: seconds for the whole call, waits included.
        """

    @operation("DELETE", AB_TEST, repeatable=True, final=True)
    async def end_ab_test(
        self,
        sequence_id: str,
        step_id: str,
        *,
        variant: Literal["A", "B"] = "B",
        deadline: float | None = None,
    ) -> None:
        """Delete a version and end the test; without version A, version B takes its place.

        Safe to repeat: after the first time there is no test, and lemlist answers 404; a 404
        after a lost answer counts as success.

        Raises:
            NotFoundError: there is no A/B test on this step.
            InvalidRequestError: the campaign is running.
        """

    @operation("POST", f"{AB_TEST}/winner", final=True)
    async def select_winner(
        self, sequence_id: str, step_id: str, variant: Literal["A", "B"], *, deadline: float | None = None
    ) -> AbTest:
        """Send this version to all leads that are left.

        Not retried, unless lemlist cannot have received it, or answered 429: a second choice is refused, which
        would hide that the first one worked. Repeating it is harmless nevertheless.

        Raises:
            InvalidRequestError: a version was chosen already.
        """
