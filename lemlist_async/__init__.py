"""Keep contacts in step with lemlist: an async SDK with automatic batching.

The names below are loaded when they are first used, so that importing the package costs next to nothing and
the command line's `--help` does not wait for the HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lemlist_async.version import __version__

if TYPE_CHECKING:
    from lemlist_async.batch import Run
    from lemlist_async.client import Lemlist
    from lemlist_async.coalesce import CoalescerStats
    from lemlist_async.errors import (
        AuthenticationError,
        BatchError,
        ConflictError,
        DeadlineExceededError,
        InvalidRequestError,
        JobRefusedError,
        JournalError,
        LemlistError,
        NotFoundError,
        PaymentRequiredError,
        PermissionDeniedError,
        RateLimitedError,
        ServerError,
        TransportError,
        UnexpectedReplyError,
    )
    from lemlist_async.limits import Limiter, Permit, Unlimited, Window
    from lemlist_async.models import (
        ApiWarning,
        Company,
        Contact,
        ContactInput,
        ContactList,
        Credits,
        Field,
        Team,
        TeamUser,
        UpsertResult,
    )
    from lemlist_async.report import (
        Added,
        AddReport,
        Ambiguous,
        BatchReport,
        CampaignStatsReport,
        Done,
        EnrichmentReport,
        Failed,
        LeadReport,
        LookupReport,
        Outcome,
        Rejected,
        Removed,
        RemoveReport,
        Unsent,
        UnsubscribeReport,
        UpsertReport,
        WarningCount,
    )
    from lemlist_async.resources.campaigns import (
        Campaign,
        CampaignCreator,
        CampaignSender,
        CampaignStats,
        CampaignStatsBatch,
        StepStats,
    )
    from lemlist_async.resources.companies import CompanyInput, CompanyUpsertResult, Note
    from lemlist_async.resources.contacts import ContactLoader
    from lemlist_async.resources.enrichments import (
        Enrichment,
        EnrichmentRequest,
        EnrichmentSubmission,
    )
    from lemlist_async.resources.leads import (
        Lead,
        LeadInput,
        LeadResult,
    )
    from lemlist_async.resources.lists import ListBatcher
    from lemlist_async.resources.team import CrmUser, Sender, SenderCampaign
    from lemlist_async.resources.unsubscribes import Subscription, Unsubscribe
    from lemlist_async.resources.webhooks import (
        Webhook,
        WebhookEvent,
        parse_webhook,
    )
    from lemlist_async.retry import Retry, RetryPolicy
    from lemlist_async.wire import Exchange, RateLimit

__all__ = [
    "AddReport",
    "Added",
    "Ambiguous",
    "ApiWarning",
    "AuthenticationError",
    "BatchError",
    "BatchReport",
    "Campaign",
    "CampaignCreator",
    "CampaignSender",
    "CampaignStats",
    "CampaignStatsBatch",
    "CampaignStatsReport",
    "CoalescerStats",
    "Company",
    "CompanyInput",
    "CompanyUpsertResult",
    "ConflictError",
    "Contact",
    "ContactInput",
    "ContactList",
    "ContactLoader",
    "Credits",
    "CrmUser",
    "DeadlineExceededError",
    "Done",
    "Enrichment",
    "EnrichmentReport",
    "EnrichmentRequest",
    "EnrichmentSubmission",
    "Exchange",
    "Failed",
    "Field",
    "InvalidRequestError",
    "JobRefusedError",
    "JournalError",
    "Lead",
    "LeadInput",
    "LeadReport",
    "LeadResult",
    "Lemlist",
    "LemlistError",
    "Limiter",
    "ListBatcher",
    "LookupReport",
    "NotFoundError",
    "Note",
    "Outcome",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "Permit",
    "RateLimit",
    "RateLimitedError",
    "Rejected",
    "RemoveReport",
    "Removed",
    "Retry",
    "RetryPolicy",
    "Run",
    "Sender",
    "SenderCampaign",
    "ServerError",
    "StepStats",
    "Subscription",
    "Team",
    "TeamUser",
    "TransportError",
    "UnexpectedReplyError",
    "Unlimited",
    "Unsent",
    "Unsubscribe",
    "UnsubscribeReport",
    "UpsertReport",
    "UpsertResult",
    "WarningCount",
    "Webhook",
    "WebhookEvent",
    "Window",
    "__version__",
    "parse_webhook",
]

# From the ground up: a name is taken from the room that makes it.
_ROOMS = (
    *("errors", "models", "wire", "limits", "retry", "report", "batch", "coalesce", "client"),
    *("resources.contacts", "resources.lists", "resources.team"),
    # Loaded by the client when they are first used, so they come last.
    *("resources.companies", "resources.unsubscribes"),
    *("resources.campaigns", "resources.enrichments", "resources.leads", "resources.webhooks"),
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for room in _ROOMS:
            value = getattr(import_module(f"{__name__}.{room}"), name, None)
            if value is not None:
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
