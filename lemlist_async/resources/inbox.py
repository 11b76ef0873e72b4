"""The inbox: conversations, their labels and drafts, and messages that are sent at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.inbox import Conversation, Draft, Label, Message
from lemlist_async.resources._operation import operation
from lemlist_async.resources._parameter import Body, Query
from lemlist_async.resources._resource import Resource
from lemlist_async.resources.pages import Style

CONVERSATIONS = Style(by="page", total=("pagination", "totalItems"))
MESSAGES = Style(by="skip", total=("pagination", "totalItems"))
LABELS = "/inbox/conversations/labels/{contact_id}"
DRAFTS = "/inbox/{contact_id}/drafts"
DRAFT = f"{DRAFTS}/{{draft_id}}"
DraftChannel: TypeAlias = Literal["email", "linkedin", "whatsapp", "sms"]
Attachments: TypeAlias = Sequence[Mapping[str, Any]]


def _has_recipient(values: Mapping[str, Any]) -> None:
    if values.get("contact_id") is None and values.get("lead_id") is None:
        raise InvalidRequestError("Pass contact_id or lead_id for the recipient.")


class Inbox(Resource):
    """Conversations. Messages are sent at once, so none is retried if lemlist may have received it."""

    @operation("GET", "/inbox", size=100, style=CONVERSATIONS)
    def iterate(self, user_id: str) -> AsyncIterator[Conversation]:
        """Yield the conversations of a member of the team, 100 a request, each once.

        Raises:
            InvalidRequestError: this is not a user's ID; at once.
            ConflictError: the conversations changed while they were read; see `pages`.
        """

    @operation("GET", "/inbox/{contact_id}", size=100, style=MESSAGES)
    def messages(
        self, contact_id: str, *, user_id: str | None = None, mark_as_read: bool | None = None
    ) -> AsyncIterator[Message]:
        """Yield the messages of a conversation, 100 a request, each once.

        Args:
            contact_id: the contact, `ctc_…`.
            user_id: the member who reads them, `usr_…`.
            mark_as_read: whether the conversation counts as read then.

        Raises:
            InvalidRequestError: this is not a contact's ID; at once.
            ConflictError: the messages changed while they were read; see `pages`.
        """

    @operation("POST", "/inbox/email", final=True, check=_has_recipient)
    async def send_email(
        self,
        *,
        send_user_id: str,
        send_user_email: str,
        send_user_mailbox_id: str,
        message: str,
        contact_id: str | None = None,
        lead_id: str | None = None,
        subject: str | None = None,
        cc: Sequence[str] | None = None,
        reply_to_activity_id: str | None = None,
        deadline: float | None = None,
    ) -> None:
        """Send an email now.

        Not safe to repeat: a person would get it twice. It is retried only if lemlist cannot have received it, or
        answered 429. If an error has `ambiguous` set, check the conversation first.

        Args:
            send_user_id: the sender, `usr_…`; `users.get` names the mailboxes.
            send_user_email: the sender's address.
            send_user_mailbox_id: the sender's mailbox, `usm_…`.
            message: HTML.
            contact_id: the recipient, `ctc_…`.
            lead_id: the recipient, `lea_…`.
            subject: required unless it is a reply, which takes the thread's.
            cc: addresses that get a copy; a reply takes the thread's if it is None.
            reply_to_activity_id: the email to answer, `act_…` or `latest`.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: lemlist does not know the sender or the recipient.
        """

    @operation("POST", "/inbox/linkedin", final=True)
    async def send_linkedin(
        self, *, send_user_id: str, contact_id: str, lead_id: str, message: str, deadline: float | None = None
    ) -> None:
        """Send a LinkedIn message now. Not safe to repeat, as for `send_email`.

        Args:
            send_user_id: the sender, `usr_…`.
            contact_id: the recipient, `ctc_…`.
            lead_id: the recipient's lead, `lea_…`.
            message: its text.
            deadline: seconds for the whole call, waits included.
        """

    @operation("POST", "/inbox/whatsapp", final=True)
    async def send_whatsapp(
        self,
        *,
        send_user_id: str,
        send_user_whatsapp_account_id: str,
        contact_id: str,
        lead_id: str,
        message: str,
        deadline: float | None = None,
    ) -> None:
        """Send a WhatsApp message now. Not safe to repeat, as for `send_email`.

        Args:
            send_user_id: the sender, `usr_…`.
            send_user_whatsapp_account_id: the sender's account, `wha_…`; `users.channels` names them.
            contact_id: the recipient, `ctc_…`.
            lead_id: the recipient's lead, `lea_…`.
            message: its text.
            deadline: seconds for the whole call, waits included.
        """

    @operation("GET", "/inbox/labels")
    async def labels(self, *, deadline: float | None = None) -> list[Label]:
        """Return the team's labels."""

    @operation("GET", "/inbox/labels/{label_id}")
    async def label(self, label_id: str, *, deadline: float | None = None) -> Label:
        """Return one label.

        Raises:
            NotFoundError: lemlist has no such label.
        """

    @operation("POST", "/inbox/labels")
    async def create_label(self, label_name: str, *, deadline: float | None = None) -> Label:
        """Create a label.

        Not retried, unless lemlist cannot have received it, or answered 429; a second one of the same name is
        refused.

        Raises:
            ConflictError: there is already a label of this name.
        """

    @operation("POST", LABELS, repeatable=True)
    async def attach_labels(
        self, contact_id: str, label_ids: Sequence[str], *, append_labels: bool, deadline: float | None = None
    ) -> None:
        """Add labels to a conversation. Safe to repeat: it has each of them once.

        Args:
            contact_id: the conversation's contact, `ctc_…`.
            label_ids: `lbl_…`.
            append_labels: True keeps its other labels, False takes them away.
            deadline: seconds for the whole call, waits included.

        Raises:
            NotFoundError: lemlist has no such conversation, or no such label.
        """

    @operation("DELETE", LABELS, repeatable=True)
    async def remove_labels(
        self, contact_id: str, label_ids: Body[Sequence[str]], *, deadline: float | None = None
    ) -> None:
        """Remove labels from a conversation. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such conversation, or no such label.
        """

    @operation("GET", DRAFTS, at="drafts")
    async def drafts(self, contact_id: str, draft_owner: str, *, deadline: float | None = None) -> list[Draft]:
        """Return the drafts for a contact, without their whole content.

        Args:
            contact_id: `ctc_…`.
            draft_owner: their owner: `usr_…` or the user's email.
            deadline: seconds for the whole call, waits included.
        """

    @operation("POST", DRAFTS, at="draftId")
    async def create_draft(
        self,
        contact_id: str,
        draft_owner: Query[str],
        *,
        channel: DraftChannel,
        content: str,
        subject: str | None = None,
        cc: Sequence[str] | None = None,
        attachments: Attachments | None = None,
        reply_to_activity_id: str | None = None,
        source_metadata: Mapping[str, Any] | None = None,
        deadline: float | None = None,
    ) -> str:
        """Create a draft for a contact and return its ID, `drf_…`.

        Not safe to repeat, since there would be two of them: it is retried only if lemlist cannot have received it, or
        answered 429.

        Args:
            contact_id: `ctc_…`.
            draft_owner: its owner: `usr_…` or the user's email.
            channel: the channel for sending it.
            content: 30 KB at most; emails are HTML.
            subject: of an email.
            cc: addresses that get a copy.
            attachments: each with `name`, `url`, `size` in bytes, `type`.
            reply_to_activity_id: the message to answer, `act_…`.
            source_metadata: further data to keep with it.
            deadline: seconds for the whole call, waits included.
        """

    @operation("GET", DRAFT, at="draft")
    async def draft(self, contact_id: str, draft_id: str, draft_owner: str, *, deadline: float | None = None) -> Draft:
        """Return a draft with its whole content.

        Raises:
            NotFoundError: lemlist has no such draft.
        """

    @operation("PATCH", DRAFT, at="draft", repeatable=True)
    async def update_draft(
        self,
        contact_id: str,
        draft_id: str,
        draft_owner: Query[str],
        *,
        content: str | None = None,
        subject: str | None = None,
        cc: Sequence[str] | None = None,
        attachments: Attachments | None = None,
        reply_to_activity_id: str | None = None,
        deadline: float | None = None,
    ) -> Draft:
        """Change a draft and return it. What is None stays as it is. Safe to repeat: it sets values.

        Raises:
            NotFoundError: lemlist has no such draft.
        """

    @operation("DELETE", DRAFT, repeatable=True)
    async def delete_draft(
        self, contact_id: str, draft_id: str, draft_owner: str, *, deadline: float | None = None
    ) -> None:
        """Delete a draft. Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such draft.
        """
