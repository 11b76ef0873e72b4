"""Sequences: the steps of a campaign, and A/B tests of its emails."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Step(Model):
    """A step of a sequence, `stp_…`.

    Attributes:
        type: `email`, `linkedinInvite`, `phone`, …; an open vocabulary. None for an email in older campaigns.
        delay: days after the step before.
        index: its position over all branches, counted from 1.
        sequence_step: its position in this sequence, counted from 0.
        message: what is sent; emails are HTML.
    """

    id: str
    type: str | None = None
    delay: int | None = None
    index: int | None = None
    sequence_id: str | None = None
    sequence_step: int | None = None
    email_template_id: str | None = None
    subject: str | None = field(default=None, repr=False)
    message: str | None = field(default=None, repr=False)
    alt_message: str | None = field(default=None, repr=False)
    title: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Sequence(Model):
    """The steps of a campaign, or of one branch behind a condition, `seq_…`.

    Attributes:
        level: how many conditions lead to it.
        parent_id: the sequence from which it branches off.
        conditional_step_index: the step there that holds the condition.
    """

    id: str
    steps: tuple[Step, ...] = field(default=(), repr=False)
    level: int | None = None
    parent_id: str | None = None
    conditional_step_index: int | None = None


@frozen(kw_only=True)
class AbTest(Model):
    """Version B of an email, and the state of the test.

    Attributes:
        ab_test: `true` while both versions are sent, `A` or `B` once one has won.
    """

    step_id: str
    ab_test: str | None = None
    email_template_b_id: str | None = None
    subject: str | None = field(default=None, repr=False)
    message: str | None = field(default=None, repr=False)
    alt_message: str | None = field(default=None, repr=False)
    cc: tuple[str, ...] = field(default=(), repr=False)
    plain_text: bool | None = None

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Return the state as a string, which lemlist sends as a boolean or a string, with its spelling of B."""
        tested = data.get("abTest")
        return data | ({"abTest": str(tested).lower()} if isinstance(tested, bool) else {})
