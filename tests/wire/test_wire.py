"""HTTP without I/O: what goes out, and what each reply means."""

import json
import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import errors
from lemlist_async.privacy import redacted
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call, checked_base_url
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.headers import RateLimit, rate_limit, retry_after
from lemlist_async.wire.reply import Reply, is_ambiguous, read_reply

NOW = datetime(2021, 2, 16, 8, 2, 42, tzinfo=UTC)
PAGE = b"<!DOCTYPE html><html><body>lemlist</body></html>"
SPECIFICATION = Path(__file__).parents[3] / "shared" / "spec" / "lemlist-openapi.json"


def a_call(**facts):
    return Call(**{"method": "POST", "path": "/contacts"} | facts)


def a_reply(status=200, body=b"", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=headers, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def error_of(status, body=b"", **headers):
    with pytest.raises(errors.LemlistError) as caught:
        read_reply(a_call(), a_reply(status, body, **headers))
    return caught.value


class TestCall:
    def test_variable_parts_are_quoted_so_that_none_of_them_can_leave_its_place(self):
        call = a_call(path="/contacts/{id_or_email}", args={"id_or_email": "a/b?c#d%@x.io"})

        url = call.url("https://api")

        assert url == "https://api/contacts/a%2Fb%3Fc%23d%25%40x.io"

    def test_the_query_is_encoded(self):
        call = a_call(params={"search": "R&D é", "limit": "5"})

        url = call.url("https://api")

        assert url == "https://api/contacts?search=R%26D+%C3%A9&limit=5"

    def test_braces_in_a_path_without_variable_parts_are_left_alone(self):
        call = a_call(path="/odd/{brace")

        url = call.url("https://api")

        assert url == "https://api/odd/{brace"

    @pytest.mark.parametrize("value", ["", ".", ".."], ids=["empty", "dot", "two dots"])
    def test_a_part_that_would_change_the_path_is_refused(self, value):
        call = a_call(path="/contacts/{id_or_email}", args={"id_or_email": value})

        with pytest.raises(errors.InvalidRequestError, match=r"id_or_email is .*, which names nothing") as caught:
            call.url("https://api")

        assert (caught.value.method, caught.value.path) == ("POST", "/contacts/{id_or_email}")

    @pytest.mark.parametrize(
        "facts",
        [
            {"args": {"id_or_email": "jos\udce9@x.io"}},
            {"args": {"id_or_email": "a"}, "params": {"search": "jos\udce9"}},
        ],
        ids=["path", "query"],
    )
    def test_half_a_character_is_refused_before_anything_is_sent(self, facts):
        """A CSV file that is read with `errors="surrogateescape"` has some."""
        call = a_call(path="/contacts/{id_or_email}", **facts)

        with pytest.raises(errors.InvalidRequestError, match="lone surrogate") as caught:
            call.url("https://api")

        assert caught.value.__context__ is None

    def test_the_body_is_json(self):
        call = a_call(json={"email": "é@x.io"})

        body = call.body()

        assert json.loads(body) == {"email": "é@x.io"}

    def test_no_body_is_no_bytes_but_an_empty_one_is_sent(self):
        bodies = a_call().body(), a_call(json={}).body()

        assert bodies == (None, b"{}")

    @pytest.mark.parametrize(
        "value", [float("nan"), float("inf"), object(), {1, 2}], ids=["nan", "inf", "object", "set"]
    )
    def test_what_json_cannot_say_is_refused_before_anything_is_sent(self, value):
        call = a_call(json={"email": "jane@acme.com", "value": value})

        with pytest.raises(errors.InvalidRequestError, match="cannot be written as JSON") as caught:
            call.body()

        assert "jane" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None

    def test_only_get_changes_nothing(self):
        reads = [a_call(method=method).reads for method in ("GET", "POST", "DELETE", "PATCH")]

        assert reads == [True, False, False, False]

    def test_its_repr_shows_no_contact(self):
        call = a_call(
            path="/contacts/{id_or_email}",
            args={"id_or_email": "jane@acme.com"},
            params={"search": "jane@acme.com"},
            json={"email": "jane@acme.com"},
        )

        assert "jane" not in repr(call)

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text not in {".", ".."}))
    def test_no_value_can_add_a_segment_a_query_or_a_fragment(self, value):
        call = a_call(path="/contacts/{id}/x", args={"id": value})

        url = call.url("https://api")

        assert url.count("/") == 5
        assert not set("?#@ \n") & set(url)


class TestQuery:
    def test_names_and_values_take_lemlists_spelling(self):
        params = query(list_id="clt_1", not_in_any_campaign=True, limit=5, search=None, force=False)

        assert params == {"listId": "clt_1", "notInAnyCampaign": "true", "limit": "5", "force": "false"}

    def test_an_id_in_a_query_is_called_id(self):
        params = query(id="cam_1")

        assert params == {"id": "cam_1"}

    def test_several_values_are_joined_by_commas(self):
        params = query(ids_or_emails=["ctc_1", "jane@acme.com"], fields=("a", True))

        assert params == {"idsOrEmails": "ctc_1,jane@acme.com", "fields": "a,true"}


class TestAttempts:
    def test_an_attempt_that_never_reached_the_wire_leaves_nothing_in_doubt(self):
        attempts = Attempts()

        attempts.began(on_wire=False)
        attempts.ended(ambiguous=False)

        assert (attempts.requests, attempts.lost, attempts.ambiguous) == (1, 0, False)

    def test_from_the_write_to_the_answer_it_is_in_doubt(self):
        attempts = Attempts()

        attempts.began(on_wire=False)
        before = attempts.ambiguous
        attempts.written()

        assert (before, attempts.ambiguous) == (False, True)

    def test_a_rejection_takes_the_doubt_away(self):
        attempts = Attempts()

        attempts.began(on_wire=False)
        attempts.written()
        attempts.ended(ambiguous=False)

        assert not attempts.ambiguous

    def test_a_lost_answer_stays_in_doubt_whatever_follows(self):
        attempts = Attempts()

        attempts.began(on_wire=True)
        attempts.ended(ambiguous=True)
        attempts.began(on_wire=True)
        attempts.ended(ambiguous=False)

        assert (attempts.requests, attempts.lost, attempts.ambiguous) == (2, 1, True)

    def test_a_second_write_within_an_attempt_is_a_lost_one_and_a_new_one(self):
        """What aiohttp does with GET, PUT and DELETE after a dropped keep-alive connection."""
        attempts = Attempts()

        attempts.began(on_wire=False)
        attempts.written()
        attempts.written()

        assert (attempts.requests, attempts.lost) == (2, 1)

    def test_success_is_in_doubt_to_everyone_but_who_counts_it(self):
        attempts = Attempts()

        attempts.began(on_wire=True)
        attempts.succeeded()

        assert (attempts.on_wire, attempts.answered, attempts.ambiguous) == (False, True, True)

    def test_a_read_leaves_nothing_in_doubt(self):
        attempts = Attempts(reads=True)

        attempts.began(on_wire=True)
        attempts.ended(ambiguous=True)

        assert not attempts.ambiguous


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

        assert error.message == "a page of HTML, probably from a proxy in front of lemlist."

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


class TestPersonalData:
    @pytest.mark.parametrize(
        "secret",
        [
            "jane@acme.com",
            "JANE.DOE+x@Acme.co.uk",
            "https://www.linkedin.com/in/jane-doe",
            "http://acme.com/jane",
            "linkedin.com/in/jane-doe",
            "www.acme.com/jane",
        ],
    )
    @pytest.mark.parametrize(
        "body",
        ["{} is invalid", '{{"error": {{"code": "{}", "message": "Contact \'{}\' exists"}}}}', '{{"message": "<{}>"}}'],
        ids=["text", "code and message", "angle brackets"],
    )
    def test_an_error_repeats_no_address_that_lemlist_repeated(self, secret, body):
        error = error_of(400, body.format(secret, secret).encode())

        told = f"{error} {error!r} {vars(error)} {error.args} {pickle.dumps(error)!r}"

        assert secret not in told
        assert "jane" not in told.lower()

    def test_a_text_is_shortened_and_its_blanks_are_folded(self):
        text = redacted("a\n\t b " + "x" * 400)

        assert text == "a b " + "x" * 296 + "…"

    @given(st.emails(domains=st.just("acme.com")), st.text(st.sampled_from("ab \n"), max_size=20))
    def test_no_email_address_survives(self, email, around):
        text = redacted(f"{around} {email} {around}")

        assert email not in text

    @pytest.mark.parametrize("email", ["o'brien@acme.com", "'jane@acme.com", "a=@acme.com", "jane@doe@acme.com"])
    def test_an_odd_address_leaves_nothing_of_its_owner(self, email):
        text = redacted(f"({email}) exists")

        assert text in {"*** exists", "(a=*** exists"}

    def test_a_long_text_without_blanks_is_read_in_one_go(self):
        """Before, the time grew with the square of the length: this one would have taken an hour."""
        text = redacted("x" * 1_000_000)

        assert len(text) == 301

    def test_a_replys_repr_shows_neither_body_nor_headers(self):
        reply = a_reply(200, b"jane@acme.com", X_Mail="jane@acme.com")

        assert "jane" not in repr(reply)


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("2", 2.0),
            ("0.25", 0.25),
            (" 7 ", 7.0),
            ("0", 0.0),
            ("-5", 0.0),
            ("Tue, 16 Feb 2021 08:02:52 GMT", 10.0),
            ("Tue, 16 Feb 2021 09:02:52 +0100", 10.0),
            ("Tue, 16 Feb 2021 08:02:52 -0000", 10.0),
            ("Tue Feb 16 2021 09:02:52 GMT+0100 (Central European Standard Time)", 10.0),
            ("Tue Feb 16 2021 09:02:52 GMT+0100", 10.0),
            ("Tue Feb 16 2021 03:02:52 GMT-0500 (Eastern Standard Time)", 10.0),
            ("Tue Feb 16 2021 09:02:32 GMT+0100 (Central European Standard Time)", 0.0),
            ("Tue, 16 Feb 2021 08:02:00 GMT", 0.0),
            ("", None),
            ("soon", None),
            ("nan", None),
            ("inf", None),
            ("-inf", None),
            ("1e999", None),
            ("Tue, 99 Feb 2021 08:02:52 GMT", None),
            ("Tue,", None),
            ("Tue, 16 Feb 99999999999999999999 08:02:52 GMT", None),
            ("Tue, 16 Feb 2021 08:02:52 +99999999999999999999", None),
        ],
    )
    def test_every_form_is_understood_or_ignored(self, text, seconds):
        found = retry_after({"Retry-After": text}, NOW)

        assert found == seconds

    @given(
        st.text(max_size=60)
        | st.from_regex(r"[A-Z][a-z]{2},? \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ?[A-Z]* ?[+-]\d+", fullmatch=True)
    )
    def test_nothing_that_a_server_writes_there_is_an_error_of_its_own(self, text):
        found = retry_after({"Retry-After": text}, NOW)

        assert found is None or 0 <= found < float("inf")

    def test_a_reply_without_it_says_nothing(self):
        found = retry_after({}, NOW)

        assert found is None

    @given(st.integers(0, 10**6), st.integers(-14 * 4, 14 * 4))
    def test_both_dates_mean_the_moment_that_they_name_in_every_time_zone(self, seconds, quarters):
        zone = timedelta(minutes=15 * quarters)
        there = (NOW + timedelta(seconds=seconds) + zone).replace(tzinfo=None)
        sign, minutes = "-" if quarters < 0 else "+", abs(quarters) * 15
        offset = f"{sign}{minutes // 60:02}{minutes % 60:02}"
        javascript = f"{there:%a %b %d %Y %H:%M:%S} GMT{offset} (Somewhere Standard Time)"
        http = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

        found = [retry_after({"Retry-After": text}, NOW) for text in (javascript, http)]

        assert found == [seconds, seconds]


class TestRateLimit:
    def test_the_headers_of_a_2xx_tell_the_quota_and_no_wait(self):
        """Every reply of lemlist has a `Retry-After`."""
        reply = a_reply(200, X_RateLimit_Limit="20", X_RateLimit_Remaining="7", Retry_After="2")

        limit = rate_limit(reply.status, reply.headers)

        assert limit == RateLimit(limited=False, limit=20, remaining=7, retry_after=None)

    def test_a_429_tells_how_long_to_wait(self):
        limit = rate_limit(429, {"Retry-After": "2"})

        assert limit == RateLimit(limited=True, retry_after=2.0)

    @pytest.mark.parametrize("text", ["", "many", "nan", "inf"])
    def test_a_count_that_is_none_is_unknown(self, text):
        limit = rate_limit(200, {"X-RateLimit-Limit": text, "X-RateLimit-Remaining": text})

        assert limit == RateLimit(limited=False)


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("url", "base"),
        [
            ("https://api.lemlist.com/api", "https://api.lemlist.com/api"),
            ("https://api.lemlist.com/api//", "https://api.lemlist.com/api"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:1/api/", "http://127.0.0.1:1/api"),
            ("http://127.8.9.10", "http://127.8.9.10"),
            ("http://[::1]:80", "http://[::1]:80"),
        ],
    )
    def test_https_or_this_machine_is_taken_without_a_trailing_slash(self, url, base):
        checked = checked_base_url(url)

        assert checked == base

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.lemlist.com/api",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "ftp://localhost",
            "wss://api.lemlist.com",
        ],
    )
    def test_the_key_never_travels_unencrypted(self, url):
        with pytest.raises(errors.InvalidRequestError, match="must begin with https://"):
            checked_base_url(url)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "api.lemlist.com",
            "https://",
            "https://u:p@h",
            "https://:p@h",
            "https://@h",
            "https://h/?a=1",
            "https://h/?",
            "https://h/#x",
            "https://h/#",
            "https://h/api\n",
            "https://h/a b",
            "https://h\\@evil.example",
            "https://[::1",
        ],
    )
    def test_a_url_with_more_or_less_than_host_and_path_is_refused(self, url):
        with pytest.raises(errors.InvalidRequestError, match="must look like https://host/path"):
            checked_base_url(url)


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
