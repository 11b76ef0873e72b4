"""Tasks: what people of the team have to do by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from attrs import define, field

from lemlist_async.sandbox.campaigns import Campaigns
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, existing, route
from lemlist_async.sandbox.values import known_values, number, timestamp

_PAGE = 100
_CHANGED = {"assignedTo": "userId", "dueDate": "dueDate", "title": "title", "message": "content"}


@define(eq=False, repr=False)
class Tasks:
    """Every task as lemlist shows it, in order of creation; those that are done or ignored are no longer listed."""

    campaigns: Campaigns
    by_id: dict[str, Json] = field(factory=dict)

    @route("GET", "/tasks")
    def find_many(self, query: QueryValues) -> Answer:
        """Answer with a page, whose first number is 0."""
        try:
            filters = json.loads(query.get("filters", "[]"))
            tests = [self._test(one) for one in filters]
        except (AttributeError, KeyError, TypeError, ValueError, re.error):
            return 400, "Bad params: filters must be a JSON array of known filters"
        open_tasks = [one for one in self.by_id.values() if one["status"] == "pending"]
        found = [one for one in open_tasks if all(test(one) for test in tests)]
        page = number(query.get("page"), 0, 0, 10**6)
        return 200, {"results": found[page * _PAGE : (page + 1) * _PAGE], "page": str(page)}

    @route("POST", "/tasks")
    def create(self, body: Json) -> Answer:
        """Answer with a new task for a contact, a company or a lead."""
        record = str(body.get("recordId") or body.get("leadId") or "")
        lead = self.campaigns.leads.get(record)
        about = {"leadId": lead.id, "campaignId": lead.campaign.id, "contactId": lead.contact_id} if lead else {}
        if record.startswith("ctc_"):
            about = {"contactId": record}
        made: Json = {
            "_id": self.campaigns.team.new_id("opp"),
            "type": body["type"],
            "title": "",
            "content": "",
            "priority": 0,
            "status": "pending",
            "createdAt": timestamp(),
            **about,
        }
        self.by_id[made["_id"]] = made
        _change(made, body)
        return 200, made

    @route("PATCH", "/tasks")
    def update(self, body: Json) -> Answer:
        found = existing(self.by_id.get(body["id"]), (400, "Task not found"))
        _change(found, body)
        if body.get("done"):
            found |= {"status": "completed", "completedAt": timestamp()}
        return 200, found

    @route("POST", "/tasks/ignore")
    def ignore(self, body: Json) -> Answer:
        """Ignore tasks; IDs that do not exist are skipped."""
        for one in body["ids"]:
            self.by_id.get(one, {})["status"] = "ignored"
        return 200, {}

    def _test(self, wanted: Json) -> Callable[[Json], bool]:
        """Turn a filter into a test; a contact's filters look at the contact that a task is about."""
        name = wanted["filterId"]
        if name == "dueDate":
            first, last = wanted.get("from", ""), wanted.get("to", "9") + "~"
            return lambda task: first <= str(task["dueDate"]) <= last
        if name in _OF_CONTACTS:
            like = re.compile(wanted.get("regex") or re.escape(wanted["value"]), re.IGNORECASE)
            return lambda task: like.search(self._of_contact(task, name)) is not None
        key = {"assignedTo": "userId", "campaignId": "campaignId", "type": "type", "campaignState": "state"}[name]
        among, never = wanted.get("in"), wanted.get("out", [])
        return lambda task: (among is None or self._value(task, key) in among) and self._value(task, key) not in never

    def _value(self, task: Json, key: str) -> object:
        campaign = self.campaigns.by_id.get(task.get("campaignId", ""))
        return campaign.status if key == "state" and campaign else task.get(key)

    def _of_contact(self, task: Json, name: str) -> str:
        contact = self.campaigns.contacts.by_id.get(task.get("contactId", ""))
        if contact is None:
            return ""
        known = {"fullName": contact.full_name, "email": contact.email, "linkedin": contact.linkedin_url}
        return str(known.get(name) or contact.fields.get(name) or "")


_OF_CONTACTS = ("fullName", "email", "phone", "linkedin")


def _change(task: Json, body: Json) -> None:
    task |= {own: body[name] for name, own in _CHANGED.items() if body.get(name) is not None}
    task |= {"priority": int(body["priority"])} if body.get("priority") else {}
    task |= known_values(body, ("images", "videos"))
