"""Keep contacts in step with lemlist: an async SDK with automatic batching.

The names below are loaded when they are first used, so that importing the package costs next to nothing and
the command line's `--help` does not wait for the HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lemlist_async.version import __version__ as __version__

if TYPE_CHECKING:
    from lemlist_async.batch.coalesce import (
        CoalescerStats as CoalescerStats,
    )
    from lemlist_async.batch.outcomes import (
        Ambiguous as Ambiguous,
    )
    from lemlist_async.batch.outcomes import (
        Done as Done,
    )
    from lemlist_async.batch.outcomes import (
        Failed as Failed,
    )
    from lemlist_async.batch.outcomes import (
        Outcome as Outcome,
    )
    from lemlist_async.batch.outcomes import (
        Rejected as Rejected,
    )
    from lemlist_async.batch.outcomes import (
        Unsent as Unsent,
    )
    from lemlist_async.batch.report import (
        BatchReport as BatchReport,
    )
    from lemlist_async.batch.report import (
        WarningCount as WarningCount,
    )
    from lemlist_async.batch.run import (
        Run as Run,
    )
    from lemlist_async.client import (
        Lemlist as Lemlist,
    )
    from lemlist_async.errors import (
        AuthenticationError as AuthenticationError,
    )
    from lemlist_async.errors import (
        BatchError as BatchError,
    )
    from lemlist_async.errors import (
        ConflictError as ConflictError,
    )
    from lemlist_async.errors import (
        DeadlineExceededError as DeadlineExceededError,
    )
    from lemlist_async.errors import (
        InvalidRequestError as InvalidRequestError,
    )
    from lemlist_async.errors import (
        JobRefusedError as JobRefusedError,
    )
    from lemlist_async.errors import (
        JournalError as JournalError,
    )
    from lemlist_async.errors import (
        LeaseLostError as LeaseLostError,
    )
    from lemlist_async.errors import (
        LemlistError as LemlistError,
    )
    from lemlist_async.errors import (
        NotFoundError as NotFoundError,
    )
    from lemlist_async.errors import (
        PaymentRequiredError as PaymentRequiredError,
    )
    from lemlist_async.errors import (
        PermissionDeniedError as PermissionDeniedError,
    )
    from lemlist_async.errors import (
        RateLimitedError as RateLimitedError,
    )
    from lemlist_async.errors import (
        ServerError as ServerError,
    )
    from lemlist_async.errors import (
        TransportError as TransportError,
    )
    from lemlist_async.errors import (
        UnexpectedReplyError as UnexpectedReplyError,
    )
    from lemlist_async.limits.window import (
        Window as Window,
    )
    from lemlist_async.models.base import (
        ApiWarning as ApiWarning,
    )
    from lemlist_async.models.campaigns import (
        Campaign as Campaign,
    )
    from lemlist_async.models.campaigns import (
        CampaignCreator as CampaignCreator,
    )
    from lemlist_async.models.campaigns import (
        CampaignSender as CampaignSender,
    )
    from lemlist_async.models.campaigns import (
        CampaignStats as CampaignStats,
    )
    from lemlist_async.models.campaigns import (
        CampaignStatsBatch as CampaignStatsBatch,
    )
    from lemlist_async.models.campaigns import (
        StepStats as StepStats,
    )
    from lemlist_async.models.companies import (
        Company as Company,
    )
    from lemlist_async.models.companies import (
        CompanyInput as CompanyInput,
    )
    from lemlist_async.models.companies import (
        CompanyUpsertResult as CompanyUpsertResult,
    )
    from lemlist_async.models.companies import (
        Note as Note,
    )
    from lemlist_async.models.contacts import (
        Contact as Contact,
    )
    from lemlist_async.models.contacts import (
        ContactInput as ContactInput,
    )
    from lemlist_async.models.contacts import (
        UpsertResult as UpsertResult,
    )
    from lemlist_async.models.enrichments import (
        Enrichment as Enrichment,
    )
    from lemlist_async.models.enrichments import (
        EnrichmentRequest as EnrichmentRequest,
    )
    from lemlist_async.models.enrichments import (
        EnrichmentSubmission as EnrichmentSubmission,
    )
    from lemlist_async.models.fields import (
        Field as Field,
    )
    from lemlist_async.models.leads import (
        Lead as Lead,
    )
    from lemlist_async.models.leads import (
        LeadInput as LeadInput,
    )
    from lemlist_async.models.leads import (
        LeadResult as LeadResult,
    )
    from lemlist_async.models.lists import (
        Added as Added,
    )
    from lemlist_async.models.lists import (
        ContactList as ContactList,
    )
    from lemlist_async.models.lists import (
        Removed as Removed,
    )
    from lemlist_async.models.team import (
        Credits as Credits,
    )
    from lemlist_async.models.team import (
        CrmUser as CrmUser,
    )
    from lemlist_async.models.team import (
        Sender as Sender,
    )
    from lemlist_async.models.team import (
        SenderCampaign as SenderCampaign,
    )
    from lemlist_async.models.team import (
        Team as Team,
    )
    from lemlist_async.models.team import (
        TeamUser as TeamUser,
    )
    from lemlist_async.models.unsubscribes import (
        Subscription as Subscription,
    )
    from lemlist_async.models.unsubscribes import (
        Unsubscribe as Unsubscribe,
    )
    from lemlist_async.models.webhooks import (
        Webhook as Webhook,
    )
    from lemlist_async.models.webhooks import (
        WebhookEvent as WebhookEvent,
    )
    from lemlist_async.models.webhooks import (
        parse_webhook as parse_webhook,
    )
    from lemlist_async.resources.campaigns import (
        CampaignStatsReport as CampaignStatsReport,
    )
    from lemlist_async.resources.contacts import (
        ContactLoader as ContactLoader,
    )
    from lemlist_async.resources.enrichments import (
        EnrichmentReport as EnrichmentReport,
    )
    from lemlist_async.resources.leads import (
        LeadReport as LeadReport,
    )
    from lemlist_async.resources.lists import (
        AddReport as AddReport,
    )
    from lemlist_async.resources.lists import (
        ListBatcher as ListBatcher,
    )
    from lemlist_async.resources.lists import (
        RemoveReport as RemoveReport,
    )
    from lemlist_async.resources.records import (
        LookupReport as LookupReport,
    )
    from lemlist_async.resources.records import (
        UpsertReport as UpsertReport,
    )
    from lemlist_async.resources.unsubscribes import (
        UnsubscribeReport as UnsubscribeReport,
    )
    from lemlist_async.wire.exchange import (
        Exchange as Exchange,
    )
    from lemlist_async.wire.headers import (
        RateLimit as RateLimit,
    )
    from lemlist_async.wire.limiter import (
        Limiter as Limiter,
    )
    from lemlist_async.wire.limiter import (
        Permit as Permit,
    )
    from lemlist_async.wire.limiter import (
        Unlimited as Unlimited,
    )
    from lemlist_async.wire.retry import (
        Retry as Retry,
    )
    from lemlist_async.wire.retry import (
        RetryPolicy as RetryPolicy,
    )

_HOMES = {
    "batch.coalesce": "CoalescerStats",
    "batch.outcomes": "Ambiguous Done Failed Outcome Rejected Unsent",
    "batch.report": "BatchReport WarningCount",
    "batch.run": "Run",
    "client": "Lemlist",
    "errors": (
        "AuthenticationError BatchError ConflictError DeadlineExceededError InvalidRequestError "
        "JobRefusedError JournalError LeaseLostError LemlistError NotFoundError PaymentRequiredError "
        "PermissionDeniedError RateLimitedError ServerError TransportError UnexpectedReplyError "
    ),
    "limits.window": "Window",
    "models.base": "ApiWarning",
    "models.campaigns": "Campaign CampaignCreator CampaignSender CampaignStats CampaignStatsBatch StepStats",
    "models.companies": "Company CompanyInput CompanyUpsertResult Note",
    "models.contacts": "Contact ContactInput UpsertResult",
    "models.enrichments": "Enrichment EnrichmentRequest EnrichmentSubmission",
    "models.fields": "Field",
    "models.leads": "Lead LeadInput LeadResult",
    "models.lists": "Added ContactList Removed",
    "models.team": "Credits CrmUser Sender SenderCampaign Team TeamUser",
    "models.unsubscribes": "Subscription Unsubscribe",
    "models.webhooks": "Webhook WebhookEvent parse_webhook",
    "resources.campaigns": "CampaignStatsReport",
    "resources.contacts": "ContactLoader",
    "resources.enrichments": "EnrichmentReport",
    "resources.leads": "LeadReport",
    "resources.lists": "AddReport ListBatcher RemoveReport",
    "resources.records": "LookupReport UpsertReport",
    "resources.unsubscribes": "UnsubscribeReport",
    "wire.exchange": "Exchange",
    "wire.headers": "RateLimit",
    "wire.limiter": "Limiter Permit Unlimited",
    "wire.retry": "Retry RetryPolicy",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [*sorted((*_HOME_OF, "__version__"))]  # noqa: PLE0604 - strings, all of them


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
