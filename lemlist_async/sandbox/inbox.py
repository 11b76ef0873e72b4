"""Conversations with contacts: messages, which are activities, and labels and drafts."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from lemlist_async.sandbox.campaigns import Campaigns
from lemlist_async.sandbox.contacts import Contact
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, Refusal, existing, route
from lemlist_async.sandbox.team import User
from lemlist_async.sandbox.values import known_values, number, timestamp

_SENT = {"email": "emailsSent", "linkedin": "linkedinSent", "whatsapp": "whatsappMessageSent", "sms": "smsSent"}
_REPLIED = {"email": "emailsReplied", "linkedin": "linkedinReplied", "whatsapp": "whatsappReplied", "sms": "smsReplied"}
_CHANNELS = {kind: channel for kinds in (_SENT, _REPLIED) for channel, kind in kinds.items()}
_NO_CONTACT: Answer = (400, "Contact not found")
_NO_LABEL: Answer = (404, "Label not found")
_NO_DRAFT: Answer = (404, "Draft not found")
_NO_OWNER: Answer = (400, "User not found")
_DRAFTED = ("subject", "cc", "content", "attachments", "replyToActivityId")


@define(eq=False, repr=False)
class Inbox:
    """Every label and draft, and the labels and readers of each contact's conversation."""

    campaigns: Campaigns
    labels: dict[str, Json] = field(factory=dict)
    drafts: dict[str, Json] = field(factory=dict)
    labels_of: dict[str, list[str]] = field(factory=dict)
    read_by: dict[str, set[str]] = field(factory=dict)

    def add_message(self, contact_id: str, text: str, channel: str = "email", *, reply: bool = True) -> Json:
        """Add a message from a contact (or with `reply=False`, to one) on a channel, and return the activity."""
        sender = self.campaigns.team.owner
        self.read_by.pop(contact_id, None)
        kind = (_REPLIED if reply else _SENT)[channel]
        return self._keep(self.campaigns.contacts.by_id[contact_id], kind, sender, {"message": text})

    @route("GET", "/inbox")
    def find_many(self, query: QueryValues) -> Answer:
        """Answer with a page of conversations, the one with the newest message first."""
        last: dict[str, list[Json]] = {}
        for one in self.campaigns.activities.of(*_CHANNELS):
            last[one["contactId"]] = [*last.pop(one["contactId"], []), one]
        known = self.campaigns.contacts.by_id
        found = [self._show(known[key], some) for key, some in reversed(last.items()) if key in known]
        return 200, _page(found, query, number(query.get("page"), 1, 1, 10**6))

    @route("GET", "/inbox/{contactId}")
    def messages(self, contact_id: str, query: QueryValues) -> Answer:
        """Answer with a page of one contact's messages, newest first."""
        activities = self.campaigns.activities
        found = [activities.show(one) for one in activities.of(*_CHANNELS, contactId=contact_id)[::-1]]
        if query.get("markAsRead") == "true" and "userId" in query:
            self.read_by.setdefault(contact_id, set()).add(query["userId"])
        limit = number(query.get("limit"), 1, 100, 100)
        return 200, _page(found, query, number(query.get("skip"), 0, 0, 10**6) // limit + 1)

    @route("POST", "/inbox/email")
    def send_email(self, body: Json) -> Answer:
        """Send an email to a contact or a lead."""
        lead = self.campaigns.leads.get(body.get("leadId") or "")
        contact_id = body.get("contactId") or (lead.contact_id if lead else "")
        self._send(body, contact_id, "emailsSent")
        return 200, {"ok": True, "contactId": contact_id}

    @route("POST", "/inbox/linkedin")
    @route("POST", "/inbox/whatsapp")
    def send_message(self, body: Json, operation: str) -> Answer:
        return self._send(body, body["contactId"], _SENT[operation.rpartition("/")[2]])

    @route("GET", "/inbox/labels")
    def all_labels(self) -> Answer:
        return 200, list(self.labels.values())

    @route("POST", "/inbox/labels")
    def create_label(self, body: Json) -> Answer:
        """Answer with a new label, whose name must be unique."""
        name = body["labelName"]
        if any(one["name"] == name for one in self.labels.values()):
            return 409, "There is a label of this name"
        team = self.campaigns.team
        made = {"_id": team.new_id("lbl"), "name": name, "color": "#336699"}
        made |= {"createdAt": timestamp(), "createdBy": team.owner.email}
        self.labels[made["_id"]] = made
        return 200, made

    @route("GET", "/inbox/labels/{labelId}")
    def label(self, label_id: str) -> Answer:
        return 200, existing(self.labels.get(label_id), _NO_LABEL)

    @route("POST", "/inbox/conversations/labels/{contactId}")
    def attach_labels(self, contact_id: str, body: Json) -> Answer:
        """Add labels to a conversation, or replace those that it has."""
        before = self.labels_of.get(contact_id, []) if body["appendLabels"] else []
        return self._set_labels(contact_id, body["labelIds"], [*before, *body["labelIds"]])

    @route("DELETE", "/inbox/conversations/labels/{contactId}")
    def remove_labels(self, contact_id: str, body: Json) -> Answer:
        left = [one for one in self.labels_of.get(contact_id, []) if one not in body["labelIds"]]
        return self._set_labels(contact_id, body["labelIds"], left)

    @route("GET", "/inbox/{contactId}/drafts")
    def find_drafts(self, contact_id: str, *, draft_owner: str) -> Answer:
        """Answer with the drafts to a contact, without all of their content."""
        owner = existing(self.campaigns.team.user(draft_owner), _NO_OWNER)
        found = [one for one in self.drafts.values() if (one["contactId"], one["ownerId"]) == (contact_id, owner.id)]
        shown = [_show_draft(one) | {"contentPreview": one["content"][:100]} for one in found]
        names = ("_id", "channel", "subject", "contentPreview", "source", "createdAt", "updatedAt")
        return 200, {"drafts": [known_values(one, names) for one in shown]}

    @route("POST", "/inbox/{contactId}/drafts")
    def create_draft(self, contact_id: str, body: Json, *, draft_owner: str) -> Answer:
        owner = existing(self.campaigns.team.user(draft_owner), _NO_OWNER)
        now = timestamp()
        made: Json = {"_id": self.campaigns.team.new_id("drf"), "contactId": contact_id, "ownerId": owner.id}
        made |= {"subject": "", "cc": [], "attachments": [], "source": "api", "createdAt": now, "updatedAt": now}
        self.drafts[made["_id"]] = made | known_values(body, (*_DRAFTED, "channel"))
        return 201, {"draftId": made["_id"]}

    @route("GET", "/inbox/{contactId}/drafts/{draftId}")
    def draft(self, contact_id: str, draft_id: str, *, draft_owner: str) -> Answer:
        return 200, {"draft": _show_draft(self._draft(contact_id, draft_id, draft_owner))}

    @route("PATCH", "/inbox/{contactId}/drafts/{draftId}")
    def update_draft(self, contact_id: str, draft_id: str, body: Json, *, draft_owner: str) -> Answer:
        found = self._draft(contact_id, draft_id, draft_owner)
        if body.get("content") == "":
            return 400, "content is empty"
        found |= known_values(body, _DRAFTED) | {"updatedAt": timestamp()}
        return 200, {"draft": _show_draft(found)}

    @route("DELETE", "/inbox/{contactId}/drafts/{draftId}")
    def delete_draft(self, contact_id: str, draft_id: str, *, draft_owner: str) -> Answer:
        del self.drafts[self._draft(contact_id, draft_id, draft_owner)["_id"]]
        return 200, {"success": True}

    def _draft(self, contact_id: str, draft_id: str, draft_owner: str) -> Json:
        owner = existing(self.campaigns.team.user(draft_owner), _NO_OWNER)
        found = existing(self.drafts.get(draft_id), _NO_DRAFT)
        if (found["contactId"], found["ownerId"]) != (contact_id, owner.id):
            raise Refusal(_NO_DRAFT)
        return found

    def _set_labels(self, contact_id: str, named: Iterable[str], wanted: list[str]) -> Answer:
        if contact_id not in self.campaigns.contacts.by_id:
            return _NO_CONTACT
        if any(one not in self.labels for one in named):
            return _NO_LABEL
        self.labels_of[contact_id] = list(dict.fromkeys(wanted))
        self.campaigns.activities.add("inboxLabelUpdated", contactId=contact_id)
        return 200, {"ok": True}

    def _send(self, body: Json, contact_id: str, kind: str) -> Answer:
        contact = existing(self.campaigns.contacts.by_id.get(contact_id), _NO_CONTACT)
        sender = existing(self.campaigns.team.user(body["sendUserId"]), _NO_OWNER)
        self._keep(contact, kind, sender, known_values(body, ("subject", "message", "cc", "replyToActivityId")))
        return 200, {"ok": True}

    def _keep(self, contact: Contact, kind: str, sender: User, message: Json) -> Json:
        facts = {
            "contactId": contact.id,
            "messageId": f"<{self.campaigns.team.new_id('msg')}@sandbox.example>",
            "sendUserId": sender.id,
            "sendUserName": sender.name,
            "sendUserEmail": sender.email,
            "sendUserMailboxId": sender.mailbox_id,
            "fromEmail": sender.email if kind in _SENT.values() else contact.email or "",
            "subject": "",
            "attachments": [],
        }
        lead = next((one for one in self.campaigns.leads.values() if one.contact_id == contact.id), None)
        if lead:
            return self.campaigns.note(kind, lead, **(facts | message))
        return self.campaigns.activities.add(kind, **(facts | message))

    def _show(self, contact: Contact, messages: list[Json]) -> Json:
        replies = [one for one in messages if one["type"] in _REPLIED.values()]
        last = {"lastRepliedAt": replies[-1]["createdAt"]} if replies else {}
        last |= {"lastRepliedChannel": _CHANNELS[replies[-1]["type"]]} if replies else {}
        senders = dict.fromkeys(one["sendUserId"] for one in messages)
        read = self.read_by.get(contact.id, set())
        known = known_values({"fullName": contact.full_name, "email": contact.email}, ("fullName", "email"))
        return {
            "_id": "ibx_" + contact.id.removeprefix("ctc_"),
            "opportunities": [],
            "lastActivityAt": messages[-1]["createdAt"],
            "createdBy": messages[0]["_id"],
            "channels": list(dict.fromkeys(_CHANNELS[one["type"]] for one in messages)),
            "teamId": self.campaigns.team.id,
            "contactId": contact.id,
            "users": [{"userId": one, "sender": True, "read": one in read} for one in senders],
            "createdAt": messages[0]["createdAt"],
            "haveReplies": bool(replies),
            **last,
            "contact": {"_id": contact.id, **known},
        }


def _show_draft(draft: Json) -> Json:
    return {name: one for name, one in draft.items() if name not in {"contactId", "ownerId", "replyToActivityId"}}


def _page(found: list[Json], query: QueryValues, page: int) -> Json:
    limit = number(query.get("limit"), 1, 100, 100)
    pages = max(1, -(-len(found) // limit))
    first = number(query.get("skip"), 0, (page - 1) * limit, 10**6)
    return {
        "data": found[first : first + limit],
        "pagination": {
            "totalItems": len(found),
            "currentPage": page,
            "nextPage": page + 1 if page < pages else None,
            "previousPage": page - 1 if page > 1 else None,
            "perPage": limit,
            "totalPages": pages,
        },
    }
