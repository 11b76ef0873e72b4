"""What may be shown: no contact's data."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import a_reply, error_of

from lemlist_async.privacy import redacted, without


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
            "jane.doe%40acme.com",
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


class TestWithout:
    @pytest.mark.parametrize(
        ("values", "shown"),
        [
            ([], "Jane of Acme said jane"),
            (["jane"], "*** of Acme said ***"),
            (["Jan", "acm"], "Jane of Acme said jane"),
            (["Jane of Acme", "jane"], "*** said ***"),
            (["J", "o"], "Jane of Acme said jane"),
            (["nobody"], "Jane of Acme said jane"),
        ],
    )
    def test_values_are_taken_out_as_whole_words_and_the_longest_first(self, values, shown):
        assert without("Jane of Acme said jane", values) == shown

    def test_what_means_something_in_a_pattern_is_taken_literally(self):
        assert without("a+b and (c", ["a+b", "(c"]) == "*** and ***"

    def test_ids_of_lemlist_stay(self):
        assert without("ctc_1 is unknown", ["ctc_1"]) == "ctc_1 is unknown"
