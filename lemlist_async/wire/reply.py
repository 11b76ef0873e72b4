"""What a reply means: a value or an error. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from lemlist_async import errors
from lemlist_async.privacy import redacted, without
from lemlist_async.wire.body import BodyFault
from lemlist_async.wire.call import CSV, SENTENCE, Call, T
from lemlist_async.wire.headers import request_id, retry_after

_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_BROKEN = object()
_NO_REASON = "no reason was given."


@frozen(kw_only=True)
class Reply:
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: with case-insensitive names.
        body: read whole, or the first part of it if the call streams.
        fault: why the body could not be read, or None.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    fault: BodyFault | None = None

    @property
    def is_html(self) -> bool:
        """Whether an HTML page came back instead of data.

        The content type alone does not tell: many servers label plain text, or an empty body, `text/html` by default.
        """
        beginning = self.body.lstrip(b" \t\r\n\xef\xbb\xbf")[:9].lower()
        labelled = "html" in self.headers.get("Content-Type", "").lower()
        return beginning.startswith((b"<!doctype", b"<html")) or (labelled and beginning.startswith(b"<"))


def read_reply(call: Call[T], reply: Reply) -> T:
    """Return the value of a reply, or raise the error that it means.

    An empty 2xx is None, and so is a 202 with plain text. A status of 2xx is trusted only if the body is JSON:
    lemlist answers an unknown path with 200 and an HTML page.

    Raises:
        LemlistError: the class that fits the status and the body, with lemlist's own message.
    """
    if not 200 <= reply.status < 300:
        raise call.refusal(error_for(call, reply))
    if reply.fault is not None:
        raise _unexpected(call, reply, reply.fault.message, retryable=reply.fault.retryable)
    if reply.is_html:
        page = _unexpected(
            call,
            reply,
            "a page of HTML came back instead of data: lemlist has no such path, or a proxy answered.",
        )
        page.is_shared = True
        raise page
    if call.accept == CSV:
        return call.read(_csv(call, reply))
    data = _data(call, reply)
    if _says_no(data):
        raise call.refusal(error_for(call, reply))
    try:
        return call.read(data)
    except errors.UnexpectedReplyError as error:
        problem = error.message
    code, words = _complaint(call, reply) if isinstance(data, dict) else (None, _NO_REASON)
    if words != _NO_REASON:
        problem = f"{problem} It says: {words}"
    is_empty = not reply.body.strip()  # next time it may not be
    raise _unexpected(call, reply, problem, code=code, retryable=is_empty)


def _data(call: Call[Any], reply: Reply) -> Any:
    data = _decoded(reply.body)
    if data is _BROKEN and call.accept == SENTENCE and _is_labelled(reply, "text/plain"):
        data = reply.body.decode(errors="replace")
    if data is _BROKEN and reply.status == 202:
        data = None
    if data is _BROKEN:
        raise _unexpected(call, reply, "the body is not JSON, or was truncated.", retryable=True)
    return data


def _says_no(data: Any) -> bool:
    """Whether the body says that lemlist refused although the status is 2xx. Its booleans may come as strings."""
    return isinstance(data, dict) and str(data.get("success", data.get("ok"))).lower() == "false"


def error_for(call: Call[Any], reply: Reply) -> errors.LemlistError:
    """Return the error for a refusal. lemlist's message is kept, without what it repeats of the call.

    If its body was cut off, another attempt may tell the reason.
    """
    code, message = _complaint(call, reply)
    kind = _kind(reply.status, message)
    error = kind(
        message,
        status=reply.status,
        code=code,
        method=call.method,
        path=call.path,
        request_id=_request_id(call, reply),
        retry_after=retry_after(reply.headers, datetime.now(UTC)) if reply.status >= 429 else None,
    )
    error.is_from_proxy = reply.is_html and reply.status >= 400
    error.retryable = error.retryable or (reply.fault is not None and reply.fault.retryable)
    return error


def _request_id(call: Call[Any], reply: Reply) -> str | None:
    given = request_id(reply.headers)
    return given if given is None or without(given, call.values()) == given else None


def is_ambiguous(error: errors.LemlistError) -> bool:
    """Return whether a reply's error leaves open that the call was applied: a 5xx, a 408, or a 2xx that cannot be read.

    A conflict never does, whatever its status, nor does a 2xx whose body is a refusal: lemlist has said why it refused.
    """
    if error.status is None or isinstance(error, errors.ConflictError):
        return False
    if 200 <= error.status < 300:
        return not isinstance(error, errors.InvalidRequestError | errors.NotFoundError)
    return error.status >= 500 or error.status == 408


def _kind(status: int, message: str) -> type[errors.LemlistError]:
    if status == 404 and "no user found" in message.lower():
        return errors.AuthenticationError
    if status >= 500 or status == 408:  # a 408 comes from a proxy that got no answer from the server in time
        return errors.ServerError
    if 300 <= status < 400:
        return errors.UnexpectedReplyError
    return {
        401: errors.AuthenticationError,
        402: errors.PaymentRequiredError,
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
        409: errors.ConflictError,
        429: errors.RateLimitedError,
    }.get(status, errors.InvalidRequestError)


def _complaint(call: Call[Any], reply: Reply) -> tuple[str | None, str]:
    """Return the code and the message in an error's body, whichever of lemlist's shapes it has."""
    if 300 <= reply.status < 400:
        return None, "a redirect, which is not followed: the API key stays with the host it was given for."
    if reply.is_html:
        return None, "a page of HTML, from a proxy or firewall in front of lemlist and not from lemlist itself."
    if reply.fault is not None:
        return None, reply.fault.message
    data = _decoded(reply.body)
    if isinstance(data, dict):
        code, message = _complaint_in(data)
    else:
        code, message = None, data if isinstance(data, str) else reply.body.decode(errors="replace")
    own = list(call.values())
    shown = redacted(without(" ".join(message.split()), own))
    return code and without(code, own), shown or _NO_REASON


def _complaint_in(data: dict[str, Any]) -> tuple[str | None, str]:
    error = data.get("error")
    if isinstance(error, dict):
        data, error = error, None
    elif error is None:
        data = _first_problem(data)
    code, message = data.get("code"), data.get("message")
    if isinstance(error, str):
        if message is not None or _CODE.fullmatch(error):
            code = code or error
        message = message or error
    return (None if code is None else redacted(str(code))), str(message or "")


def _first_problem(data: dict[str, Any]) -> dict[str, Any]:
    """Return the object with the message, if it is in `errors` or `detail`, as other services write them."""
    for name in ("errors", "detail"):
        problem = data.get(name)
        if isinstance(problem, list) and problem:
            problem = problem[0]
        if isinstance(problem, str):
            return {"message": problem} | data
        if isinstance(problem, dict):
            return {"message": problem.get("msg")} | problem
    return data


def _unexpected(
    call: Call[Any], reply: Reply, message: str, *, code: str | None = None, retryable: bool = False
) -> errors.UnexpectedReplyError:
    error = errors.UnexpectedReplyError(
        message,
        status=reply.status,
        code=code,
        method=call.method,
        path=call.path,
        request_id=_request_id(call, reply),
    )
    error.retryable = retryable
    return error


def _csv(call: Call[Any], reply: Reply) -> bytes:
    """Return the first part of a CSV, or raise if something else came: an error in JSON, or plain text."""
    labelled = _is_labelled(reply, "csv") or "attachment" in reply.headers.get("Content-Disposition", "").lower()
    if labelled and not _is_labelled(reply, "json"):
        return reply.body
    data = _decoded(reply.body)
    code, words = _complaint_in(data) if isinstance(data, dict) else (None, "")
    raise _unexpected(call, reply, f"no CSV came back. {redacted(without(words, call.values()))}".strip(), code=code)


def _is_labelled(reply: Reply, kind: str) -> bool:
    return kind in reply.headers.get("Content-Type", "").lower()


def _decoded(body: bytes) -> Any:
    """Return the body's JSON; `_BROKEN` instead of an exception, which would hold the body."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # nesting a thousand levels deep counts as broken
        return _BROKEN
