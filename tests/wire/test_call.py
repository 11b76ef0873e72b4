"""What goes out, and where to."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import a_call

from lemlist_async import errors
from lemlist_async.wire.call import checked_base_url


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

        with pytest.raises(errors.InvalidRequestError, match=r"id_or_email is .*, which is not a name") as caught:
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
            "http://127.999.1.1",
            "http://127.1",
            "http://0.0.0.0",
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
            "http://127.0.0.１",
            "https://lemlíst.com",
        ],
    )
    def test_a_url_with_more_or_less_than_host_and_path_is_refused(self, url):
        with pytest.raises(errors.InvalidRequestError, match="must look like https://host/path"):
            checked_base_url(url)
