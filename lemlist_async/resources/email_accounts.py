"""Mailboxes that are connected by SMTP and IMAP."""

from __future__ import annotations

from typing import Annotated

from lemlist_async.models.mailboxes import EmailAccount, EmailAccountTest
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource


class EmailAccounts(Resource):
    """Mailboxes of the team's users."""

    @operation("POST", "/user/email-accounts")
    async def connect(
        self,
        *,
        sender_name: Annotated[str, "sender_name"],
        sender_email: Annotated[str, "sender_email"],
        smtp_host: Annotated[str, "smtp_host"],
        smtp_port: Annotated[int, "smtp_port"],
        smtp_login: Annotated[str, "smtp_login"],
        smtp_password: Annotated[str, "smtp_password"],
        imap_host: Annotated[str, "imap_host"],
        imap_port: Annotated[int, "imap_port"],
        imap_login: Annotated[str, "imap_login"],
        imap_password: Annotated[str, "imap_password"],
        smtp_secure: Annotated[bool, "smtp_secure"] = False,
        imap_secure: Annotated[bool, "imap_secure"] = False,
        user_id: str | None = None,
        deadline: float | None = None,
    ) -> EmailAccount:
        """Connect a mailbox to a user, by default to the key's own.

        Not safe to repeat: it is retried only if lemlist cannot have received it, or answered 429; then lemlist says
        that the mailbox exists.

        Args:
            sender_name: the name that recipients see.
            sender_email: the address that recipients see.
            smtp_host: the server that sends.
            smtp_port: the sending server's port.
            smtp_login: the sending server's user.
            smtp_password: the sending server's password; it goes to lemlist and into no log.
            imap_host: the server that receives.
            imap_port: the receiving server's port.
            imap_login: the receiving server's user.
            imap_password: the receiving server's password.
            smtp_secure: TLS from the beginning, for sending.
            imap_secure: TLS from the beginning, for receiving.
            user_id: the owner of the mailbox, `usr_…`.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: a server cannot be reached, a login is refused, or the mailbox is connected already.
            PermissionDeniedError: the user is not a member of the team.
        """

    @operation("POST", "/user/email-accounts/{email_account_id}/test", repeatable=True)
    async def test(self, email_account_id: str, *, deadline: float | None = None) -> EmailAccountTest:
        """Check whether a mailbox can send and receive. Safe to repeat: it changes nothing.

        Raises:
            NotFoundError: lemlist has no such mailbox.
        """

    @operation("DELETE", "/user/email-accounts/{email_account_id}", repeatable=True, final=True)
    async def disconnect(self, email_account_id: str, *, deadline: float | None = None) -> None:
        """Disconnect a mailbox. Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such mailbox.
            PermissionDeniedError: it belongs to someone else.
        """
