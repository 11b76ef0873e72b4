"""The paths of campaigns, leads, enrichments and webhooks; a part of the table in `routes`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .campaigns import Lead
from .state import State
from .team import Reply

if TYPE_CHECKING:
    from .routes import Answer, Call

Parts = dict[str, str]


def _campaigns(state: State, call: "Call", _: Parts) -> Reply:
    return state.campaigns.find_many(call.query)


def _campaign(state: State, _: "Call", parts: Parts) -> Reply:
    return state.campaigns.get(parts["campaignId"])


def _stats(state: State, call: "Call", _: Parts) -> Reply:
    return state.campaigns.stats(call.body)


def _export(state: State, call: "Call", parts: Parts) -> Reply:
    query = call.query
    return state.campaigns.export(parts["campaignId"], query.get("state", "all"), query.get("format", "csv"))


def _create_lead(state: State, call: "Call", parts: Parts) -> Reply:
    return state.campaigns.create_lead(parts["campaignId"], call.body, call.query)


def _get_lead(state: State, call: "Call", _: Parts) -> Reply:
    return state.campaigns.get_lead(call.query)


def _get_leads(state: State, _: "Call", parts: Parts) -> Reply:
    return state.campaigns.get_leads(parts["email"])


def _update_lead(state: State, call: "Call", parts: Parts) -> Reply:
    return state.campaigns.update_lead(parts["campaignId"], parts["lead"], call.body or {})


def _remove_lead(state: State, call: "Call", parts: Parts) -> Reply:
    return state.campaigns.remove_lead(parts["campaignId"], parts["lead"], call.query.get("action"))


def _pause(state: State, call: "Call", parts: Parts) -> Reply:
    return state.campaigns.change(parts["lead"], call.query.get("campaignId"), _set(is_paused=True))


def _start(state: State, _: "Call", parts: Parts) -> Reply:
    return state.campaigns.change(parts["lead"], None, _set(is_paused=False))


def _judge(verdict: str) -> Callable[[State, "Call", Parts], Reply]:
    def judge(state: State, _: "Call", parts: Parts) -> Reply:
        campaign = parts.get("campaignId")
        return state.campaigns.change(parts["lead"], campaign, _set(state=verdict), one=campaign is not None)

    return judge


def _set_variables(state: State, call: "Call", parts: Parts) -> Reply:
    return state.campaigns.set_variables(parts["lead"], dict(call.query), erase=call.method == "DELETE")


def _enrich(state: State, call: "Call", _: Parts) -> Reply:
    return state.enrichments.submit(call.body)


def _enrich_lead(state: State, call: "Call", parts: Parts) -> Reply:
    return state.enrichments.submit_lead(parts["lead"], call.query)


def _enrichment(state: State, _: "Call", parts: Parts) -> Reply:
    return state.enrichments.get(parts["enrichId"])


def _hooks(state: State, _: "Call", __: Parts) -> Reply:
    return state.hooks.all()


def _create_hook(state: State, call: "Call", _: Parts) -> Reply:
    return state.hooks.create(call.body, call.query)


def _delete_hook(state: State, _: "Call", parts: Parts) -> Reply:
    return state.hooks.delete(parts["hookId"])


def _set(**values: object) -> Callable[[Lead], None]:
    def change(lead: Lead) -> None:
        for name, value in values.items():
            setattr(lead, name, value)

    return change


_interested, _not_interested = _judge("manualInterested"), _judge("manualNotInterested")

TABLE: dict[str, dict[str, "Answer"]] = {
    "/campaigns": {"GET": _campaigns},
    "/campaigns/{campaignId}": {"GET": _campaign},
    "/campaigns/{campaignId}/export/leads": {"GET": _export},
    "/campaigns/{campaignId}/leads/": {"POST": _create_lead},
    "/campaigns/{campaignId}/leads/{lead}": {"PATCH": _update_lead, "DELETE": _remove_lead},
    "/campaigns/{campaignId}/leads/{lead}/interested": {"POST": _interested},
    "/campaigns/{campaignId}/leads/{lead}/notinterested": {"POST": _not_interested},
    "/v2/campaigns/stats/batch": {"POST": _stats},
    "/leads": {"GET": _get_lead},
    "/leads/{email}": {"GET": _get_leads},
    "/leads/pause/{lead}": {"POST": _pause},
    "/leads/start/{lead}": {"POST": _start},
    "/leads/interested/{lead}": {"POST": _interested},
    "/leads/notinterested/{lead}": {"POST": _not_interested},
    "/leads/{lead}/variables": dict.fromkeys(("POST", "PATCH", "DELETE"), _set_variables),
    "/leads/{lead}/enrich": {"POST": _enrich_lead},
    "/v2/enrichments/bulk": {"POST": _enrich},
    "/enrich/{enrichId}": {"GET": _enrichment},
    "/hooks": {"GET": _hooks, "POST": _create_hook},
    "/hooks/{hookId}": {"DELETE": _delete_hook},
}

# Those whose POST needs no JSON object: most have no body, and one has an array.
ANY_BODY = frozenset({_pause, _start, _interested, _not_interested, _set_variables, _enrich_lead, _enrich})
