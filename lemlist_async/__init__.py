"""Keep contacts in step with lemlist: an async SDK with automatic batching.

The names below are loaded when they are first used, so that importing the package costs next to nothing and
the command line's `--help` does not wait for the HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lemlist_async.version import __version__ as __version__

# fmt: off
if TYPE_CHECKING:
    from lemlist_async.batch.coalesce import CoalescerStats as CoalescerStats
    from lemlist_async.batch.outcomes import (
        Ambiguous as Ambiguous, Done as Done, Failed as Failed, Outcome as Outcome, Rejected as Rejected,
        Unsent as Unsent,
    )
    from lemlist_async.batch.report import BatchReport as BatchReport, WarningCount as WarningCount
    from lemlist_async.batch.run import Run as Run
    from lemlist_async.client import Lemlist as Lemlist
    from lemlist_async.errors import (
        AuthenticationError as AuthenticationError, BatchError as BatchError, ConflictError as ConflictError,
        DeadlineExceededError as DeadlineExceededError, InvalidRequestError as InvalidRequestError,
        JobRefusedError as JobRefusedError, JournalError as JournalError, LeaseLostError as LeaseLostError,
        LemlistError as LemlistError, NotFoundError as NotFoundError, PaymentRequiredError as PaymentRequiredError,
        PermissionDeniedError as PermissionDeniedError, RateLimitedError as RateLimitedError,
        ServerError as ServerError, TransportError as TransportError, UnexpectedReplyError as UnexpectedReplyError,
    )
    from lemlist_async.limits.redis import RedisWindow as RedisWindow, RedisWindows as RedisWindows
    from lemlist_async.limits.window import Window as Window
    from lemlist_async.models.activities import Activity as Activity
    from lemlist_async.models.base import ApiWarning as ApiWarning
    from lemlist_async.models.campaigns import (
        Campaign as Campaign, CampaignCreator as CampaignCreator, CampaignExport as CampaignExport,
        CampaignReport as CampaignReport, CampaignSender as CampaignSender, CampaignSettings as CampaignSettings,
        CampaignStats as CampaignStats, CampaignStatsBatch as CampaignStatsBatch, CampaignStatute as CampaignStatute,
        CampaignStatutes as CampaignStatutes, StepStats as StepStats,
    )
    from lemlist_async.models.companies import (
        Company as Company, CompanyInput as CompanyInput, CompanyUpsertResult as CompanyUpsertResult, Note as Note,
    )
    from lemlist_async.models.contacts import (
        Contact as Contact, ContactInput as ContactInput, UpsertResult as UpsertResult,
    )
    from lemlist_async.models.deliverability import DeliverabilityAlert as DeliverabilityAlert
    from lemlist_async.models.enrichments import (
        Enrichment as Enrichment, EnrichmentRequest as EnrichmentRequest, EnrichmentSubmission as EnrichmentSubmission,
    )
    from lemlist_async.models.fields import Field as Field
    from lemlist_async.models.inbox import (
        Conversation as Conversation, Draft as Draft, Label as Label, Message as Message,
    )
    from lemlist_async.models.leads import (
        CrmFilter as CrmFilter, Lead as Lead, LeadInput as LeadInput, LeadResult as LeadResult,
    )
    from lemlist_async.models.lists import Added as Added, ContactList as ContactList, Removed as Removed
    from lemlist_async.models.mailboxes import (
        EmailAccount as EmailAccount, EmailAccountTest as EmailAccountTest, LemwarmSettings as LemwarmSettings,
        ServerTest as ServerTest,
    )
    from lemlist_async.models.people import DatabaseFilter as DatabaseFilter, Found as Found, Persona as Persona
    from lemlist_async.models.schedules import Schedule as Schedule
    from lemlist_async.models.sequences import AbTest as AbTest, Sequence as Sequence, Step as Step
    from lemlist_async.models.signals import (
        PushedSignal as PushedSignal, Signal as Signal, SignalAgent as SignalAgent,
        SignalAgentVersion as SignalAgentVersion, SignalType as SignalType,
    )
    from lemlist_async.models.tasks import Task as Task
    from lemlist_async.models.team import (
        Credits as Credits, CrmUser as CrmUser, InvitedUser as InvitedUser, Sender as Sender,
        SenderCampaign as SenderCampaign, Team as Team, TeamUser as TeamUser,
    )
    from lemlist_async.models.unsubscribes import Subscription as Subscription, Unsubscribe as Unsubscribe
    from lemlist_async.models.users import (
        ChannelAccount as ChannelAccount, LinkedInAccount as LinkedInAccount, Mailbox as Mailbox, User as User,
        UserChannel as UserChannel, UserChannels as UserChannels,
    )
    from lemlist_async.models.webhooks import (
        Webhook as Webhook, WebhookEvent as WebhookEvent, parse_webhook as parse_webhook,
    )
    from lemlist_async.resources._resource import ChunkOptions as ChunkOptions, RunOptions as RunOptions
    from lemlist_async.resources.activities import ActivityCursor as ActivityCursor, ActivityReading as ActivityReading
    from lemlist_async.resources.adding import LeadReport as LeadReport
    from lemlist_async.resources.campaigns import CampaignStatsReport as CampaignStatsReport
    from lemlist_async.resources.contacts import ContactLoader as ContactLoader
    from lemlist_async.resources.enrichments import EnrichmentReport as EnrichmentReport
    from lemlist_async.resources.lists import (
        AddReport as AddReport, ListBatcher as ListBatcher, RemoveReport as RemoveReport,
    )
    from lemlist_async.resources.records import LookupReport as LookupReport, UpsertReport as UpsertReport
    from lemlist_async.resources.unsubscribes import UnsubscribeReport as UnsubscribeReport
    from lemlist_async.wire.exchange import Exchange as Exchange
    from lemlist_async.wire.headers import RateLimit as RateLimit
    from lemlist_async.wire.limiter import Limiter as Limiter, Permit as Permit, Unlimited as Unlimited
    from lemlist_async.wire.retry import Retry as Retry, RetryPolicy as RetryPolicy
# fmt: on

_HOMES = {
    "batch.coalesce": "CoalescerStats",
    "batch.outcomes": "Ambiguous Done Failed Outcome Rejected Unsent",
    "batch.report": "BatchReport WarningCount",
    "batch.run": "Run",
    "client": "Lemlist",
    "errors": (
        "AuthenticationError BatchError ConflictError DeadlineExceededError InvalidRequestError "
        "JobRefusedError JournalError LeaseLostError LemlistError NotFoundError PaymentRequiredError "
        "PermissionDeniedError RateLimitedError ServerError TransportError UnexpectedReplyError"
    ),
    "limits.redis": "RedisWindow RedisWindows",
    "limits.window": "Window",
    "models.activities": "Activity",
    "models.base": "ApiWarning",
    "models.campaigns": (
        "Campaign CampaignCreator CampaignExport CampaignReport CampaignSender CampaignSettings CampaignStats "
        "CampaignStatsBatch CampaignStatute CampaignStatutes StepStats"
    ),
    "models.companies": "Company CompanyInput CompanyUpsertResult Note",
    "models.contacts": "Contact ContactInput UpsertResult",
    "models.deliverability": "DeliverabilityAlert",
    "models.enrichments": "Enrichment EnrichmentRequest EnrichmentSubmission",
    "models.fields": "Field",
    "models.inbox": "Conversation Draft Label Message",
    "models.leads": "CrmFilter Lead LeadInput LeadResult",
    "models.lists": "Added ContactList Removed",
    "models.mailboxes": "EmailAccount EmailAccountTest LemwarmSettings ServerTest",
    "models.people": "DatabaseFilter Found Persona",
    "models.schedules": "Schedule",
    "models.sequences": "AbTest Sequence Step",
    "models.signals": "PushedSignal Signal SignalAgent SignalAgentVersion SignalType",
    "models.tasks": "Task",
    "models.team": "Credits CrmUser InvitedUser Sender SenderCampaign Team TeamUser",
    "models.unsubscribes": "Subscription Unsubscribe",
    "models.users": "ChannelAccount LinkedInAccount Mailbox User UserChannel UserChannels",
    "models.webhooks": "Webhook WebhookEvent parse_webhook",
    "resources._resource": "ChunkOptions RunOptions",
    "resources.activities": "ActivityCursor ActivityReading",
    "resources.adding": "LeadReport",
    "resources.campaigns": "CampaignStatsReport",
    "resources.contacts": "ContactLoader",
    "resources.enrichments": "EnrichmentReport",
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
