"""The values: what may be written about a contact, and that no repr shows it."""

import copy
from datetime import UTC, date, datetime

import attrs
import pytest
from fakes import through_pickle
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import Contact, ContactInput, InvalidRequestError, Team, TeamUser, UpsertResult
from lemlist_async.models.contacts import FIELD_NAMES, IDENTIFIERS
from lemlist_async.spelling import camel

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def a_contact(**facts):
    return ContactInput(**{"email": "jane@acme.com"} | facts)


class TestIdentity:
    @pytest.mark.parametrize("name", IDENTIFIERS)
    def test_any_one_identifier_is_enough(self, name):
        contact = ContactInput(**{name: "X1"})

        assert [found for found, _ in contact.identities] == [name]

    @pytest.mark.parametrize(
        "facts", [{}, {"first_name": "Jane"}, {"email": "  "}, {"email": None}, {"email": ""}], ids=str
    )
    def test_a_contact_without_one_is_refused(self, facts):
        with pytest.raises(InvalidRequestError, match="needs an identifier"):
            ContactInput(**facts)

    def test_emails_and_urls_are_compared_without_case_and_ids_with_it(self):
        contact = ContactInput(contact_id="ctc_Ab", email="Jane@ACME.com", linkedin_url="https://linkedin.com/in/Jane")

        identities = contact.identities

        assert identities == (
            ("contact_id", "ctc_Ab"),
            ("email", "jane@acme.com"),
            ("linkedin_url", "linkedin.com/in/jane"),
        )


class TestValues:
    def test_texts_lose_surrounding_blanks_and_empty_ones_are_none(self):
        contact = a_contact(email=" jane@acme.com\n", first_name=" Jane ", last_name="   ", phone="")

        assert (contact.email, contact.first_name) == ("jane@acme.com", "Jane")
        assert (contact.last_name, contact.phone) == (None, None)

    @pytest.mark.parametrize("name", [name for name in FIELD_NAMES if name != "additional_emails"])
    def test_every_field_takes_texts_only(self, name):
        with pytest.raises(InvalidRequestError, match=f"{name} must be a string, not int"):
            a_contact(**{name: 336_699})

    def test_several_emails_may_come_as_any_iterable(self):
        contact = a_contact(additional_emails=iter(["a@x.io", "b@x.io"]))

        assert contact.additional_emails == ("a@x.io", "b@x.io")

    def test_none_for_several_emails_is_none_of_them(self):
        contact = a_contact(additional_emails=None, custom=None)

        assert (contact.additional_emails, contact.custom) == ((), {})

    def test_several_emails_lose_blanks_and_empty_ones(self):
        """One of them left in, as a CSV has it, would cost the whole contact: INVALID_ADDITIONAL_EMAILS."""
        contact = a_contact(additional_emails=["a@x.io", " ", " b@x.io", ""])

        assert contact.additional_emails == ("a@x.io", "b@x.io")

    def test_several_emails_are_texts(self):
        with pytest.raises(InvalidRequestError, match="additional_emails must be strings, not int"):
            a_contact(additional_emails=["a@x.io", 336_699])

    def test_one_text_for_several_emails_is_refused(self):
        with pytest.raises(InvalidRequestError, match="several strings, not one"):
            a_contact(additional_emails="a@x.io")

    @pytest.mark.parametrize(
        "value",
        ["pro", "", 5, 2.5, True, None, date(2026, 11, 21), datetime(2026, 11, 21, tzinfo=UTC)],
        ids=lambda value: type(value).__name__,
    )
    def test_a_custom_field_takes_what_lemlist_keeps(self, value):
        contact = a_contact(custom={"plan": value})

        assert contact.custom == {"plan": value}

    @pytest.mark.parametrize(
        ("custom", "problem"),
        [
            ({"": "x"}, "must not be empty"),
            ({"firstName": "x"}, "write first_name="),
            ({"plan": ["a"]}, "not list"),
            ({"plan": b"a"}, "not bytes"),
            ({"plan": float("nan")}, "not a finite number"),
            ({"plan": float("inf")}, "not a finite number"),
            ({"since": datetime(2026, 11, 21)}, "without a time zone"),  # noqa: DTZ001 - the mistake under test
        ],
        ids=["no name", "a field of its own", "list", "bytes", "nan", "inf", "naive datetime"],
    )
    def test_a_custom_field_that_cannot_be_sent_is_refused(self, custom, problem):
        with pytest.raises(InvalidRequestError, match=problem):
            a_contact(custom=custom)

    def test_custom_fields_cannot_be_changed_from_outside(self):
        mine = {"plan": "pro"}

        contact = a_contact(custom=mine)
        mine["plan"] = "free"

        assert contact.custom == {"plan": "pro"}
        with pytest.raises(TypeError):
            contact.custom["plan"] = "free"


class TestCopies:
    @given(texts, texts, st.dictionaries(st.text(min_size=1, max_size=5).filter(str.islower), texts, max_size=3))
    def test_a_contact_survives_pickling_and_copying(self, first, last, custom):
        custom = {f"x_{key}": value for key, value in custom.items()}
        contact = a_contact(first_name=first, last_name=last, custom=custom)

        copies = through_pickle(contact), copy.copy(contact), copy.deepcopy(contact), attrs.evolve(contact)

        assert copies == (contact,) * 4


class TestPrivacy:
    def test_a_contact_to_write_shows_its_fields_names_only(self):
        contact = a_contact(first_name="Janet", additional_emails=["j@acme.com"], custom={"plan": "platinum"})

        shown = repr(contact)

        assert shown == "ContactInput(email, additional_emails, first_name, custom.plan)"

    def test_a_contact_that_was_read_shows_no_person(self):
        contact = Contact(
            id="ctc_1",
            email="jane@acme.com",
            emails=("jane@acme.com",),
            full_name="jane doe",
            linkedin_url="https://linkedin.com/in/jane",
            linkedin_url_sales_nav="https://linkedin.com/sales/jane",
            fields={"firstName": "jane"},
        )

        shown = f"{contact!r} {UpsertResult(contact=contact, created=True)!r}"

        assert "ctc_1" in shown
        assert "jane" not in shown

    def test_a_team_member_shows_no_person(self):
        team = Team(id="tea_1", users=(TeamUser(user_id="usr_1", name="jane", email="jane@acme.com"),))

        assert "jane" not in repr(team)

    @pytest.mark.parametrize(
        "facts",
        [
            {"phone": 336_699},
            {"custom": {"plan": ["336699"]}},
            {"custom": {"phone": "336699"}},
            {"email": b"336699@acme.com"},
        ],
        ids=["number", "list", "reserved", "bytes"],
    )
    def test_a_refusal_names_the_field_and_not_its_value(self, facts):
        with pytest.raises(InvalidRequestError) as caught:
            a_contact(**facts)

        assert "336699" not in str(caught.value)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "spelling"),
        [
            ("id", "_id"),
            ("email", "email"),
            ("first_name", "firstName"),
            ("linkedin_url_sales_nav", "linkedinUrlSalesNav"),
            ("idsOrEmails", "idsOrEmails"),
        ],
    )
    def test_names_take_lemlists_spelling(self, name, spelling):
        found = camel(name)

        assert found == spelling

    def test_a_contact_knows_the_names_that_lemlist_keeps_among_its_fields(self):
        contact = Contact(id="ctc_1", fields={"firstName": "Jane", "lastName": "Doe"})

        assert (contact.first_name, contact.last_name) == ("Jane", "Doe")


def test_custom_fields_come_in_a_mapping():
    with pytest.raises(InvalidRequestError, match="custom must be a mapping of names to values, not str"):
        ContactInput(email="jane@acme.com", custom="pro")
