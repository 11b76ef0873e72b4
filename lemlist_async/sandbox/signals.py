"""Signal agents (watch lists in lemlist's paths), and deliverability alerts."""

from __future__ import annotations

import re
from collections.abc import Collection

from attrs import define, field

from lemlist_async.sandbox.contacts import Contacts
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, Refusal, existing, route
from lemlist_async.sandbox.values import domain_of, is_page, newest_first, number, portion, timestamp

_NO_AGENT: Answer = (404, "Watch list not found")
_NO_ALERT: Answer = (404, "Alert not found")
_ID = re.compile(r"wls_[a-zA-Z0-9]+")


@define(eq=False, repr=False)
class Signals:
    """Every agent, every signal, and every alert, as lemlist shows them, in order of creation."""

    contacts: Contacts
    agents: dict[str, Json] = field(factory=dict)
    history: dict[str, list[Json]] = field(factory=dict)
    received: list[Json] = field(factory=list)
    alerts: dict[str, Json] = field(factory=dict)

    @route("GET", "/watchlist")
    def find_many(self, query: QueryValues) -> Answer:
        wanted = {name: query[name] for name in ("type", "status") if name in query}
        found = [one for one in self.agents.values() if wanted.items() <= one.items()]
        return 200, _page(found, query)

    @route("POST", "/watchlist")
    def create(self, body: Json) -> Answer:
        if body.get("activate") and not (body.get("segmentType") and body.get("signalProcessingType")):
            return 400, "activate needs segmentType and signalProcessingType"
        entity = "company" if "ompany" in body["type"] else "contact"
        made: Json = {"_id": self.contacts.team.new_id("wls"), "entity": entity, "filters": [], "emoji": "🏖️"}
        made |= {"segmentType": "all", "signalProcessingType": "manual"}
        made |= {name: one for name, one in body.items() if name != "activate"}
        self.agents[made["_id"]] = made | {"status": "active" if body.get("activate") else "draft"}
        self._remember(made["_id"])
        return 201, {"data": self.agents[made["_id"]]}

    @route("PATCH", "/watchlist")
    def update(self, body: Json) -> Answer:
        found = existing(self.agents.get(body["watchListId"]), _NO_AGENT)
        if body.get("type", found["type"]) != found["type"]:
            return 409, "The type of a watch list stays as it is"
        found |= {name: one for name, one in body.items() if name != "watchListId"}
        self._remember(found["_id"])
        return 200, {"data": found}

    @route("DELETE", "/watchlist")
    def delete(self, *, watch_list_id: str) -> Answer:
        if not _ID.fullmatch(watch_list_id):
            return 400, "watchListId must be like wls_xxx"
        gone = self.agents.pop(watch_list_id, None)
        return 200, {"data": {"_id": watch_list_id, "deleted": gone is not None, "deletedCount": int(gone is not None)}}

    @route("GET", "/watchlist/history")
    def show_history(self, query: QueryValues, *, watch_list_id: str) -> Answer:
        """Answer with a page of the versions of an agent's settings, the latest first."""
        if watch_list_id not in self.history:
            return _NO_AGENT
        return 200, _page(self.history[watch_list_id][::-1], query)

    @route("GET", "/watchlist/signals")
    def signals(self, query: QueryValues, *, watch_list_id: str | None = None) -> Answer:
        wanted = {name: query[name] for name in ("type", "status") if name in query}
        wanted |= {"watchListId": watch_list_id} if watch_list_id else {}
        first, last = query.get("receivedAtFrom", ""), query.get("receivedAtTo", "9")
        found = [one for one in self.received if wanted.items() <= one.items() and first <= one["receivedAt"] <= last]
        return 200, _page(newest_first(found, query), query)

    @route("POST", "/watchlist/{watchListId}/external-signals")
    def push(self, watch_list_id: str, body: Json) -> Answer:
        """Accept a signal about a contact or a company; ignore it unless the team knows them."""
        agent = self.agents.get(watch_list_id)
        if agent is None or not agent["type"].startswith("externalSignal"):
            return 404, "There is no watch list for external signals here"
        _check_signal(body)
        known = self._known(body)
        if known is None:
            return 200, {"status": "ignored", "reason": "no_entity_match", "creditsConsumed": 0}
        kind, found = known
        signal: Json = {"_id": self.contacts.team.new_id("sig"), "teamId": self.contacts.team.id, "status": "new"}
        signal |= {"watchListId": watch_list_id, "watchListName": agent["name"], "type": agent["type"]}
        signal |= {"receivedAt": timestamp(), "createdAt": timestamp()}
        signal |= {kind: {"_id": found}, "signalData": {"externalSignalCustomFields": body.get("customFields", {})}}
        self.received.append(signal)
        entity = {"type": kind, "id": found, "enriched": False}
        return 200, {"status": "processed", "signalId": signal["_id"], "creditsConsumed": 0, "entity": entity}

    @route("GET", "/watchlist/filters")
    def filters(self, *, type: str = "companyIsHiring") -> Answer:  # noqa: A002 - lemlist's word
        """Answer with the filter that each kind of signal has here."""
        allowed = {"filterId": "title", "name": "Title", "properties": ["in", "out"], "required": []}
        return 200, {"data": {type: [allowed]}}

    @route("GET", "/watchlist/filter-values")
    def filter_values(self, query: QueryValues, *, filter_id: str) -> Answer:
        """Answer with the query itself as the only value."""
        results = [query["query"]] if "query" in query else None
        return 200, {"data": {"filterId": filter_id, "results": results}}

    @route("GET", "/deliverability/alerts")
    def all_alerts(self) -> Answer:
        return 200, {"alerts": list(self.alerts.values()), "total": len(self.alerts)}

    @route("POST", "/deliverability/alerts")
    def create_alert(self, body: Json) -> Answer:
        """Answer with a new alert, which has not been checked yet."""
        team = self.contacts.team
        made = team.fill("POST /deliverability/alerts", teamId=team.id, createdBy=team.owner.id, enabled=True)
        made |= body | {"channelConfig": made["channelConfig"] | body.get("channelConfig", {})}
        self.alerts[made["_id"]] = made
        return 201, made

    @route("GET", "/deliverability/alerts/{alertId}")
    def alert(self, alert_id: str) -> Answer:
        return 200, existing(self.alerts.get(alert_id), _NO_ALERT)

    @route("PATCH", "/deliverability/alerts/{alertId}")
    def update_alert(self, alert_id: str, body: Json) -> Answer:
        found = existing(self.alerts.get(alert_id), _NO_ALERT)
        found |= body | {"updatedAt": timestamp()}
        return 200, found

    @route("DELETE", "/deliverability/alerts/{alertId}")
    def delete_alert(self, alert_id: str) -> Answer:
        return (200, {"deleted": True}) if self.alerts.pop(alert_id, None) else _NO_ALERT

    def _known(self, body: Json) -> tuple[str, str] | None:
        """Find the record that a signal is about."""
        if "contact" in body:
            found = self.contacts.find_given(body["contact"])
            return ("contact", found.id) if found else None
        company = self.contacts.companies.find({"companyDomain": body["company"]["domain"]})
        return ("company", company.id) if company else None

    def _remember(self, agent_id: str) -> None:
        """Store a new version of an agent's settings, and the end of the former one."""
        now = timestamp()
        agent = {name: one for name, one in self.agents[agent_id].items() if name != "status"}
        entries = self.history.setdefault(agent_id, [])
        if entries:
            entries[-1]["endDate"] = now
        more = {
            "startDate": now,
            "createdBy": self.contacts.team.owner.id,
            "stats": {"signalsCount": 0, "campaigns": []},
        }
        entries.append(agent | more)


def _check_signal(body: Json) -> None:
    if "contact" in body and not is_page("contact", "linkedinUrl", body["contact"].get("linkedinUrl")):
        raise Refusal((400, "contact.linkedinUrl is not the URL of a profile"))
    company = body.get("company", {})
    if "contact" not in body and not (domain_of(company.get("domain", "")) and company.get("name")):
        raise Refusal((400, "company needs a domain and a name"))


def _page(found: Collection[Json], query: QueryValues) -> Json:
    limit, page = number(query.get("limit"), 1, 100, 100), number(query.get("page"), 1, 1, 10**6)
    pages = max(1, -(-len(found) // limit))
    about = {"page": page, "limit": limit, "totalRecords": len(found), "totalPages": pages}
    return {"data": portion(found, query, paged=True), "meta": {"pagination": about}}
