"""Signal agents, and the signals that they noticed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class SignalAgent(Model):
    """An agent that watches for signals; lemlist's paths call it a watch list.

    Attributes:
        type: what it watches for, such as `jobChange`; an open vocabulary.
        status: `active`, `inactive`, `draft`, `insufficient_credits`, `empty_crm_lists`, `error` or `delete`.
        entity: `contact` or `company`.
        signal_processing_type: `manual`, `create_opportunity` or `push_to_campaign`.
        signal_opportunity_template: the task that is made of each signal.
        filters: each with `filterId`, `in` and `out`.
    """

    id: str
    name: str | None = None
    type: str | None = None
    status: str | None = None
    entity: str | None = None
    segment_type: str | None = None
    signal_processing_type: str | None = None
    signal_opportunity_template: Mapping[str, Any] = field(factory=dict, repr=False)
    filters: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    emoji: str | None = None


@frozen(kw_only=True)
class Signal(Model):
    """Something that an agent noticed. Dates are aware and in UTC.

    Attributes:
        type: such as `newHire`; an open vocabulary.
        status: `new`, `old`, `handled` or `ignored`.
        contact: the contact that it is about, under lemlist's names.
        company: the company that it is about, under lemlist's names.
        signal_data: what was noticed, under lemlist's names, which differ from type to type.
    """

    id: str
    type: str | None = None
    status: str | None = None
    watch_list_id: str | None = None
    watch_list_name: str | None = None
    contact: Mapping[str, Any] = field(factory=dict, repr=False)
    company: Mapping[str, Any] = field(factory=dict, repr=False)
    signal_data: Mapping[str, Any] = field(factory=dict, repr=False)
    received_at: datetime | None = None
    created_at: datetime | None = None
    team_id: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class SignalAgentVersion(Model):
    """A version of an agent's settings. Dates are aware and in UTC."""

    id: str
    name: str | None = None
    type: str | None = None
    entity: str | None = None
    segment_type: str | None = None
    signal_processing_type: str | None = None
    filters: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    emoji: str | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    created_by: str | None = None
    stats: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class SignalType(Model):
    """A kind of signal that an agent can watch for."""

    type: str
    title: str | None = None
    description: str | None = None


@frozen(kw_only=True)
class PushedSignal(Model):
    """The result of pushing a signal.

    Attributes:
        status: `processed` or `ignored`.
        reason: why it was ignored: `no_entity_match` or `daily_limit_reached`.
        entity: the record that it was matched with: `type`, `id`, `enriched`.
    """

    status: str
    signal_id: str | None = None
    reason: str | None = None
    credits_consumed: int | None = None
    entity: Mapping[str, Any] = field(factory=dict, repr=False)
