"""What each reply means."""

import json
from pathlib import Path

import pytest
from scripted import PAGE, a_call, a_reply, error_of

from lemlist_async import errors
from lemlist_async.wire.call import SENTENCE
from lemlist_async.wire.reply import is_ambiguous, read_reply

SPECIFICATION = Path(__file__).parents[3] / "shared" / "spec" / "lemlist-openapi.json"


class TestSuccess:
    def test_the_body_goes_through_the_calls_reader(self):
        call = a_call(read=lambda data: data["data"]["_id"])

        value = read_reply(call, a_reply(201, {"data": {"_id": "ctc_1"}}))

        assert value == "ctc_1"

    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (b"", None),
            (b" \n", None),
            (b"null", None),
            (b'"Contact subscription updated"', "Contact subscription updated"),
        ],
        ids=["empty", "blank", "null", "a bare text"],
    )
    def test_lemlists_odd_bodies_are_values(self, body, value):
        read = read_reply(a_call(), a_reply(200, body))

        assert read == value

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            (PAGE, {"Content_Type": "text/html; charset=utf-8"}),
            (PAGE, {}),
            (b"\n  <html>", {"Content_Type": "application/json"}),
            (b"<h1>lemlist</h1>", {"Content_Type": "text/HTML"}),
            (b"\xef\xbb\xbf" + b"\n" * 40 + PAGE, {}),
        ],
        ids=["labelled", "not labelled", "labelled wrong", "a piece of a page", "after many blanks"],
    )
    def test_a_page_of_html_is_an_error_that_every_other_call_would_meet(self, body, headers):
        error = error_of(200, body, **headers)

        assert type(error) is errors.UnexpectedReplyError
        assert (error.is_shared, error.retryable) == (True, False)
        assert "no such path" in str(error)

    @pytest.mark.parametrize(("body", "value"), [(b"", None), (b'{"ok": true}', {"ok": True})], ids=["empty", "JSON"])
    def test_data_that_is_labelled_a_page_is_data(self, body, value):
        read = read_reply(a_call(), a_reply(200, body, Content_Type="text/html; charset=utf-8"))

        assert read == value

    @pytest.mark.parametrize(
        "body",
        [b'{"data": {"_id"', b"\xff\xfe", b"addedCount=3", b"[" * 100_000],
        ids=["cut off", "bytes", "text", "bottomless"],
    )
    def test_a_broken_body_may_be_asked_for_again(self, body):
        error = error_of(200, body, X_Request_Id="req_1")

        assert type(error) is errors.UnexpectedReplyError
        assert (error.is_shared, error.retryable) == (False, True)
        assert error.request_id == "req_1"
        assert error.__context__ is None

    def test_a_reply_of_another_shape_tells_which_call_it_answered(self):
        def read(_data):
            raise errors.UnexpectedReplyError("the reply holds no contact.")

        with pytest.raises(errors.UnexpectedReplyError) as caught:
            read_reply(a_call(read=read), a_reply(200, {}))

        assert str(caught.value) == "POST /contacts answered 200: the reply holds no contact."
        assert not caught.value.retryable
        assert caught.value.__context__ is None

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"statusCode": 500, "message": "Contact limit reached"}, None),
            ({"error": {"code": "LIMIT_REACHED", "message": "Contact limit reached"}}, "LIMIT_REACHED"),
            ({"errors": ["Contact limit reached"]}, None),
        ],
        ids=["status", "error", "errors"],
    )
    def test_what_a_reply_of_another_shape_says_is_told(self, body, code):
        def read(_data):
            raise errors.UnexpectedReplyError("the reply holds no contact.")

        with pytest.raises(
            errors.UnexpectedReplyError, match=r"no contact\. It says: Contact limit reached$"
        ) as caught:
            read_reply(a_call(read=read), a_reply(200, body))

        assert caught.value.code == code

    @pytest.mark.parametrize("no", [False, "false", "False"])
    def test_a_refusal_may_come_with_a_200(self, no):
        error = error_of(200, {"success": no, "message": "Contact limit reached"})

        assert type(error) is errors.InvalidRequestError
        assert error.message == "Contact limit reached"


def test_a_sentence_without_its_quotes_is_an_answer_to_a_call_that_takes_one():
    call = a_call(accept=SENTENCE)

    assert read_reply(call, a_reply(200, b"Variables unsubscribed", Content_Type="text/plain")) == (
        "Variables unsubscribed"
    )


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (302, errors.UnexpectedReplyError),
            (304, errors.UnexpectedReplyError),
            (400, errors.InvalidRequestError),
            (401, errors.AuthenticationError),
            (402, errors.PaymentRequiredError),
            (403, errors.PermissionDeniedError),
            (404, errors.NotFoundError),
            (405, errors.InvalidRequestError),
            (408, errors.ServerError),
            (409, errors.ConflictError),
            (413, errors.InvalidRequestError),
            (422, errors.InvalidRequestError),
            (429, errors.RateLimitedError),
            (500, errors.ServerError),
            (503, errors.ServerError),
            (599, errors.ServerError),
        ],
    )
    def test_each_status_has_its_class(self, status, kind):
        error = error_of(status, b"words of lemlist")

        assert type(error) is kind
        assert (error.status, error.method, error.path) == (status, "POST", "/contacts")

    @pytest.mark.parametrize(
        ("body", "code", "message"),
        [
            (b"Bad team", None, "Bad team"),
            (b'"Campaign not found"', None, "Campaign not found"),
            (b"", None, "no reason was given."),
            (b"null", None, "null"),
            (b"{}", None, "no reason was given."),
            (b'["a"]', None, '["a"]'),
            (b"caf\xe9", None, "caf\N{REPLACEMENT CHARACTER}"),
            (
                {"success": False, "error": {"code": "INVALID_EMAIL", "message": "Bad email"}},
                "INVALID_EMAIL",
                "Bad email",
            ),
            ({"success": False, "error": {"message": "Bad email"}}, None, "Bad email"),
            ({"error": "BadRequest", "message": "Name is required"}, "BadRequest", "Name is required"),
            ({"error": "Enrichment skipped", "code": "ALREADY_ENRICHED"}, "ALREADY_ENRICHED", "Enrichment skipped"),
            ({"error": "LEAD_NOT_FOUND"}, "LEAD_NOT_FOUND", "LEAD_NOT_FOUND"),
            ({"error": "Unauthorized"}, None, "Unauthorized"),
            ({"success": False, "error": "Method not allowed. Use GET."}, None, "Method not allowed. Use GET."),
            ({"ok": False, "message": "Export not found"}, None, "Export not found"),
            ({"statusCode": 429, "message": "Too Many Requests"}, None, "Too Many Requests"),
            ({"code": 17, "message": None}, "17", "no reason was given."),
            ({"error": True, "message": "No"}, None, "No"),
            ({"message": {"en": "No"}}, None, "{'en': 'No'}"),
        ],
        ids=[
            "plain text",
            "JSON text",
            "empty",
            "null",
            "empty object",
            "array",
            "not UTF-8",
            "error object",
            "error object without a code",
            "error and message",
            "error text and code",
            "error is a code",
            "error is a word",
            "success and error text",
            "ok and message",
            "status code and message",
            "number as a code",
            "error is a flag",
            "message is an object",
        ],
    )
    def test_each_shape_of_body_gives_its_code_and_words(self, body, code, message):
        error = error_of(400, body)

        assert (error.code, error.message) == (code, message)

    def test_an_unknown_key_is_an_authentication_error_although_lemlist_says_404(self):
        error = error_of(404, b"No user found for this API key")

        assert type(error) is errors.AuthenticationError

    def test_words_that_are_labelled_a_page_are_still_words(self):
        error = error_of(404, b"No user found for this API key", Content_Type="text/html")

        assert type(error) is errors.AuthenticationError

    def test_only_a_404_may_mean_the_key(self):
        error = error_of(400, b"No user found for this API key")

        assert type(error) is errors.InvalidRequestError

    def test_a_redirect_is_not_followed_and_its_target_not_shown(self):
        error = error_of(302, b"https://evil.example/", Location="https://evil.example/")

        assert "not followed" in str(error)
        assert "evil" not in str(error)

    def test_a_page_from_a_proxy_is_not_quoted(self):
        error = error_of(502, PAGE, Content_Type="text/html")

        assert error.message.startswith("a page of HTML, from a proxy or firewall")
        assert "lemlist</body>" not in str(error)

    def test_the_request_id_is_kept_for_lemlists_support(self):
        error = error_of(500, b"oops", X_Request_Id="req_42")

        assert error.request_id == "req_42"

    @pytest.mark.parametrize(
        ("status", "seconds"), [(400, None), (429, 2.0), (503, 2.0)], ids=["refused", "limited", "unavailable"]
    )
    def test_retry_after_counts_only_where_waiting_helps(self, status, seconds):
        error = error_of(status, b"", Retry_After="2")

        assert error.retry_after == seconds

    @pytest.mark.parametrize(
        ("status", "ambiguous"),
        [(None, False), (200, True), (201, True), (302, False), (400, False), (429, False), (500, True), (504, True)],
    )
    def test_a_5xx_and_a_2xx_that_cannot_be_read_leave_open_what_was_applied(self, status, ambiguous):
        error = errors.LemlistError("words", status=status)

        assert is_ambiguous(error) is ambiguous


def documented_error_replies():
    """Yield every example of an error reply of the contacts operations in lemlist's own document."""
    paths = json.loads(SPECIFICATION.read_text())["paths"] if SPECIFICATION.exists() else {}
    for path, operations in paths.items():
        if not path.startswith("/contacts"):
            continue
        for method, operation in operations.items():
            for status, response in operation.get("responses", {}).items() if isinstance(operation, dict) else ():
                for kind, content in response.get("content", {"": {}}).items():
                    if not status.startswith("2"):
                        id_ = f"{method.upper()} {path} {status}"
                        yield pytest.param(int(status), kind, content.get("example", ""), id=id_)


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="lemlist's OpenAPI document is not beside this project")
@pytest.mark.parametrize(("status", "kind", "example"), list(documented_error_replies()))
def test_every_documented_error_reply_has_its_class_and_words(status, kind, example):
    expected = {
        400: errors.InvalidRequestError,
        401: errors.AuthenticationError,
        404: errors.NotFoundError,
        405: errors.InvalidRequestError,
        409: errors.ConflictError,
        500: errors.ServerError,
    }
    complaint = example["error"] if isinstance(example, dict) else {"message": example}

    error = error_of(status, example.encode() if isinstance(example, str) else example, Content_Type=kind)

    assert type(error) is expected[status]
    assert error.code == complaint.get("code")
    assert error.message == (complaint["message"] or "no reason was given.")


def test_a_202_in_mere_words_is_an_empty_answer():
    assert read_reply(a_call(), a_reply(202, b"accepted")) is None
