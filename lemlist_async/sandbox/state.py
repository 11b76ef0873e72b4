"""The state of the loopback lemlist, without HTTP, which tests arrange and read."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from typing import Any

from lemlist_async.sandbox.accounts import Accounts
from lemlist_async.sandbox.activities import Activities
from lemlist_async.sandbox.campaigns import NO_CAMPAIGN, Campaigns
from lemlist_async.sandbox.companies import Companies
from lemlist_async.sandbox.contacts import Contacts
from lemlist_async.sandbox.database import Database
from lemlist_async.sandbox.enrichments import Enrichments
from lemlist_async.sandbox.hooks import Hooks
from lemlist_async.sandbox.inbox import Inbox
from lemlist_async.sandbox.leads import Leads
from lemlist_async.sandbox.lists import Lists
from lemlist_async.sandbox.routing import Answer, Json, Routes, existing, route
from lemlist_async.sandbox.schedules import Schedules
from lemlist_async.sandbox.sequences import Sequences
from lemlist_async.sandbox.signals import Signals
from lemlist_async.sandbox.stats import Statistics
from lemlist_async.sandbox.tasks import Tasks
from lemlist_async.sandbox.team import Field, Team
from lemlist_async.sandbox.unsubscribes import Unsubscribes
from lemlist_async.sandbox.values import COMPANY_ID, problem, timestamp


class State:
    """One team's contacts, lists, companies, fields, campaigns and all the rest, with lemlist's rules for changes.

    The methods that return an `Answer` (a status, and JSON or a string) are lemlist's operations; the
    others are for tests: they apply no rules. IDs are the same for the same `seed` and calls.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.team = Team(random.Random(seed))
        self.hooks = Hooks(self.team)
        self.activities = Activities(self.team, self.hooks)
        self.companies = Companies(self.team, self.activities)
        self.contacts = Contacts(self.team, self.companies)
        self.unsubscribes = Unsubscribes(self.team, self.contacts)
        self._lists = Lists(self.team, self.contacts)
        self.lists = self._lists.by_id
        self.sequences, self.schedules = Sequences(self.team), Schedules(self.team)
        self.campaigns = Campaigns(self.team, self.contacts, self.activities, self.sequences, self.schedules)
        self.leads = Leads(self.campaigns)
        self.statistics = Statistics(self.campaigns)
        self.enrichments = Enrichments(self.team, self.campaigns, self.hooks)
        self.inbox = Inbox(self.campaigns)
        self.tasks = Tasks(self.campaigns)
        self.accounts = Accounts(self.campaigns, self.hooks)
        self.signals = Signals(self.contacts)
        self.database = Database(self.team)
        self._people = itertools.count(1)

    def reset(self) -> None:
        """Clear everything but the custom fields; this object stays, and its parts are new."""
        fresh = State(self.seed)
        fresh.team.fields = self.team.fields
        vars(self).update(vars(fresh))

    def routes(self) -> Routes:
        """Return what answers each of lemlist's operations."""
        return Routes.of([self, *vars(self).values()])

    def add_contact(self, **fields: Any) -> str:
        """Upsert a contact with lemlist's names (`email=`, `firstName=`) and return its ID.

        Raises:
            ValueError: lemlist would refuse it.
        """
        return _id_of(self.contacts.upsert(fields))

    def add_contacts(self, count: int) -> list[str]:
        """Add made-up contacts with distinct emails and return their IDs. 100,000 take about half a second."""
        now = timestamp()
        numbers = itertools.islice(self._people, count)
        return [self.contacts.add(created_at=now, **_person(number)).id for number in numbers]

    def add_list(self, name: str, dynamic: bool = False, members: Iterable[str] = ()) -> str:
        """Add a list with these members, in this order, and return its ID."""
        return self._lists.add(name, dynamic, members)

    def add_company(self, *, domain: str, name: str | None = None, **fields: Any) -> str:
        """Upsert a company and return its ID.

        Raises:
            ValueError: lemlist would refuse it.
        """
        return _id_of(self.companies.upsert({"domain": domain, "name": name or domain, **fields}))

    def add_field(
        self,
        name: str,
        label: str | None = None,
        type: str = "text",  # noqa: A002 - lemlist's word
        *,
        entity: str = "contact",
    ) -> None:
        """Register a custom field, so that upserts keep its values."""
        self.team.fields[entity][name] = Field(name, label or name, type, "custom")

    def add_activity(self, type: str, lead_id: str, **facts: Any) -> str:  # noqa: A002 - lemlist's word
        """Add an activity of a lead (`emailsOpened`, `emailsReplied`, …) and return its ID."""
        return str(self.campaigns.note(type, self.campaigns.leads[lead_id], **facts)["_id"])

    def members(self, list_id: str) -> list[str]:
        """Return the IDs in a list, in the order in which they were added."""
        return list(self.lists[list_id].members)

    def contact(self, id_or_email: str) -> Json | None:
        """Return everything about a contact, also what lemlist does not show: `companyId`, `job`."""
        contact = self.contacts.find(id_or_email)
        if contact is None:
            return None
        shown = self.contacts.show_in_full(contact) | self.contacts.show(contact)
        return shown | {"fields": contact.fields, "companyId": contact.company_id, "job": contact.job}

    def upsert_contact(self, body: Json) -> Answer:
        """Answer `POST /contacts`."""
        return self.contacts.upsert(body)

    @route("GET", "/contacts/{idOrEmail}")
    def get_contact(self, id_or_email: str) -> Answer:
        contact = self.contacts.find(id_or_email)
        return (200, self.contacts.show(contact)) if contact else _NO_CONTACT

    @route("DELETE", "/contacts/{idOrEmail}")
    def delete_contact(self, id_or_email: str) -> Answer:
        """Delete a contact, and with it its leads, list memberships, tasks, drafts and activities."""
        contact = self.contacts.find(id_or_email)
        if contact is None:
            return _NO_CONTACT
        for place in contact.places:
            self.campaigns.remove_lead(self.campaigns.leads[place.id])
        self.contacts.delete(contact)
        for one in self.lists.values():
            one.members.pop(contact.id, None)
        self.activities.forget(contactId=contact.id)
        for about in (self.tasks.by_id, self.inbox.drafts):
            for key in [key for key, one in about.items() if one.get("contactId") == contact.id]:
                del about[key]
        return 200, {"success": True, "deletedContactId": contact.id}

    def add_to_list(self, list_id: str, ids: list[str]) -> Answer:
        """Answer `POST /contacts/lists/{listId}/entities`."""
        return self._lists.add_members(list_id, ids)

    def remove_from_list(self, list_id: str, ids: list[str]) -> Answer:
        """Answer `POST /contacts/lists/{listId}/entities?action=remove`."""
        return self._lists.remove_members(list_id, ids)

    @route("DELETE", "/companies/{companyId}", own_checks=True)
    def delete_company(self, company_id: str, *, force: bool = False) -> Answer:
        """Delete a company; with `force`, its contacts lose their link first."""
        if not COMPANY_ID.fullmatch(company_id):
            return problem("INVALID_COMPANY_ID", "companyId must be in cpn_xxx format")
        company = self.companies.by_id.get(company_id)
        if company is None:
            return problem("COMPANY_NOT_FOUND_BY_ID", "Company not found by ID", 404)
        linked = [one for one in self.contacts.by_id.values() if one.company_id == company_id]
        if linked and not force:
            return _still_has_contacts(len(linked))
        for contact in linked:
            contact.company_id = None
        self.companies.delete(company)
        count = {"unlinkedContacts": len(linked)} if force else {}
        return 200, {"success": True, "deletedCompanyId": company_id, **count}

    @route("GET", "/campaigns/{campaignId}/sequences")
    def sequences_of(self, campaign_id: str) -> Answer:
        campaign = existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        return 200, {one.id: one.show() for one in self.sequences.of(campaign)}

    @route("GET", "/campaigns/{campaignId}/schedules/")
    def schedules_of(self, campaign_id: str) -> Answer:
        campaign = existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        known = self.schedules.by_id
        return 200, [known[one] for one in campaign.schedule_ids if one in known]

    @route("POST", "/campaigns/{campaignId}/schedules/{scheduleId}")
    def associate_schedule(self, campaign_id: str, schedule_id: str) -> Answer:
        """Attach a schedule to a campaign."""
        campaign = existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        if schedule_id not in self.schedules.by_id:
            return 404, "Schedule not found"
        campaign.schedule_ids = list(dict.fromkeys([*campaign.schedule_ids, schedule_id]))
        return 200, {"scheduleId": schedule_id, "campaignId": campaign_id}


_NO_CONTACT = problem("CONTACT_NOT_FOUND", "No contact found with the provided id or email", 404)


def _still_has_contacts(count: int) -> Answer:
    message = (
        "Company still has contacts attached. Pass ?force=true to detach them before deletion. "
        f"({count} contacts attached)"
    )
    return problem("COMPANY_HAS_CONTACTS", message, contactCount=count)


def _person(number: int) -> Json:
    names = {"firstName": "Person", "lastName": str(number)}
    return {"email": f"person{number}@example.com", "fields": names}


def _id_of(answer: Answer) -> str:
    status, json = answer
    if status >= 400:
        raise ValueError(json["error"]["message"])
    return str(json["data"]["_id"])
