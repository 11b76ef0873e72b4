"""Between our models and lemlist's JSON, whose names are spelled out here by hand."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import (
    ApiWarning,
    Company,
    Contact,
    ContactInput,
    ContactList,
    Credits,
    Field,
    Subscription,
    Team,
    TeamUser,
    UnexpectedReplyError,
)
from lemlist_async.models.base import FieldRejection
from lemlist_async.models.contacts import FIELD_NAMES, ContactCampaign
from lemlist_async.models.convert import record_json, structured
from lemlist_async.spelling import trimmed

SPELLING = {
    "contact_id": "contactId",
    "email": "email",
    "linkedin_url": "linkedinUrl",
    "linkedin_url_sales_nav": "linkedinUrlSalesNav",
    "additional_emails": "additionalEmails",
    "first_name": "firstName",
    "last_name": "lastName",
    "phone": "phone",
    "job_title": "jobTitle",
    "job_description": "jobDescription",
    "picture": "picture",
    "timezone": "timezone",
    "industry": "industry",
    "languages": "languages",
    "location": "location",
    "skills": "skills",
    "summary": "summary",
    "tagline": "tagline",
    "contact_owner": "contactOwner",
    "source": "source",
    "company_id": "companyId",
    "company_domain": "companyDomain",
    "company_linkedin_url": "companyLinkedinUrl",
}

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
words = st.text(min_size=1, max_size=8).map(trimmed).filter(bool)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def problem_with(data, shape):
    with pytest.raises(UnexpectedReplyError) as caught:
        structured(data, shape)
    assert caught.value.__context__ is None
    return caught.value.message


class TestWriting:
    def test_every_field_is_spelled_as_lemlist_spells_it(self):
        assert set(SPELLING) == set(FIELD_NAMES)

        for name, spelling in SPELLING.items():
            value = ["v"] if name == "additional_emails" else "v"
            body = record_json(ContactInput(**{"email": "jane@acme.com", name: value}))
            assert list(body.get(spelling)) == ["v"]

    @given(st.dictionaries(st.sampled_from([name for name in SPELLING if name != "additional_emails"]), words))
    def test_what_is_set_is_sent_and_nothing_else(self, facts):
        facts |= {"email": "jane@acme.com"}

        body = record_json(ContactInput(**facts))

        assert body == {SPELLING[name]: value for name, value in facts.items()}
        assert json.loads(json.dumps(body)) == body

    def test_empty_custom_values_are_not_sent_and_zero_and_false_are(self):
        custom = {"a": "", "b": None, "c": 0, "d": False, "e": 0.0}

        body = record_json(ContactInput(email="jane@acme.com", custom=custom))

        assert body == {"email": "jane@acme.com", "c": 0, "d": False, "e": 0.0}

    def test_custom_names_keep_their_spelling(self):
        body = record_json(ContactInput(email="jane@acme.com", custom={"My_Field name": "x"}))

        assert body["My_Field name"] == "x"

    def test_dates_are_written_as_lemlist_reads_them(self):
        custom = {
            "day": date(2026, 11, 21),
            "moment": datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=2))),
        }

        body = record_json(ContactInput(email="jane@acme.com", custom=custom))

        assert (body["day"], body["moment"]) == ("2026-11-21", "2026-11-21T08:00:00Z")


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "0001-01-01T00:00:00+02:00"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), "9999-12-31T23:00:00-02:00"),
    ],
    ids=["never", "for ever"],
)
def test_the_ends_of_the_calendar_can_be_written(moment, written):
    body = record_json(ContactInput(email="jane@acme.com", custom={"since": moment}))

    assert body["since"] == written


def as_lemlist_says(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


contacts = st.builds(
    Contact,
    id=words,
    email=words | st.none(),
    full_name=words | st.none(),
    linkedin_url=words | st.none(),
    linkedin_url_sales_nav=words | st.none(),
    fields=st.dictionaries(words, words | st.integers() | st.booleans(), max_size=3),
    campaigns=st.lists(st.builds(ContactCampaign, campaign_id=words, lead_state=words), max_size=2).map(tuple),
    owner_id=words | st.none(),
    unsubscribed=st.booleans() | st.none(),
    created_at=moments.map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000)) | st.none(),
)


def told_by_lemlist(contact):
    """Return a contact as a GET answers it."""
    said = {
        "_id": contact.id,
        "email": contact.email,
        "fullName": contact.full_name,
        "linkedinUrl": contact.linkedin_url,
        "linkedinUrlSalesNav": contact.linkedin_url_sales_nav,
        "fields": dict(contact.fields),
        "campaigns": [{"campaignId": one.campaign_id, "leadState": one.lead_state} for one in contact.campaigns],
        "ownerId": contact.owner_id,
        "unsubscribed": contact.unsubscribed,
        "createdAt": contact.created_at and as_lemlist_says(contact.created_at),
    }
    return {name: value for name, value in said.items() if value is not None}


class TestReading:
    @given(contacts)
    def test_a_contact_that_goes_around_comes_back_the_same(self, contact):
        read = structured(json.loads(json.dumps(told_by_lemlist(contact))), Contact)

        assert read.emails == (() if contact.email is None else (contact.email,))
        assert read == structured(told_by_lemlist(contact), Contact)
        assert [getattr(read, name) for name in ("id", "email", "full_name", "fields", "campaigns", "created_at")] == [
            contact.id,
            contact.email,
            contact.full_name,
            contact.fields,
            contact.campaigns,
            contact.created_at,
        ]
        assert (read.owner_id, read.unsubscribed) == (contact.owner_id, contact.unsubscribed)

    @pytest.mark.parametrize(
        ("data", "email", "emails"),
        [
            ({"email": "a@x.io"}, "a@x.io", ("a@x.io",)),
            ({"emails": [{"value": "a@x.io"}, {"value": "b@x.io"}]}, "a@x.io", ("a@x.io", "b@x.io")),
            ({"emails": ["a@x.io"]}, "a@x.io", ("a@x.io",)),
            ({"email": "b@x.io", "emails": [{"value": "a@x.io"}, {"value": "b@x.io"}]}, "b@x.io", ("a@x.io", "b@x.io")),
            ({"email": None, "emails": None}, None, ()),
            ({"emails": [{"value": None}, {}, "", {"value": "a@x.io"}]}, "a@x.io", ("a@x.io",)),
            ({"emails": "a@x.io"}, "a@x.io", ("a@x.io",)),
            ({}, None, ()),
        ],
        ids=["GET", "upsert", "texts", "both", "nulls", "empty ones", "one text", "neither"],
    )
    def test_both_spellings_of_emails_are_one(self, data, email, emails):
        contact = structured({"_id": "ctc_1"} | data, Contact)

        assert (contact.email, contact.emails) == (email, emails)

    @pytest.mark.parametrize(
        "said",
        ["2025-10-28T00:40:37.917Z", "2025-10-28T01:40:37.917+01:00", "2025-10-28T00:40:37.917", 1761612037917],
        ids=["Z", "offset", "naive", "milliseconds"],
    )
    def test_every_form_of_date_is_the_moment_in_utc(self, said):
        contact = structured({"_id": "ctc_1", "createdAt": said}, Contact)

        assert contact.created_at == datetime(2025, 10, 28, 0, 40, 37, 917_000, tzinfo=UTC)
        assert contact.created_at.tzinfo is UTC

    def test_a_null_is_read_as_if_it_were_not_there(self):
        contact = structured({"_id": "ctc_1", "campaigns": None, "fields": None, "fieldRejections": None}, Contact)
        field = structured({"name": "plan", "label": None, "type": None}, Field)
        team = structured({"_id": "tea_1", "userIds": None, "users": None}, Team)

        assert contact == Contact(id="ctc_1")
        assert field == Field(name="plan")
        assert team == Team(id="tea_1")

    def test_fields_that_nobody_knows_yet_are_ignored(self):
        read = structured({"_id": "clt_1", "name": "News", "dynamic": True, "brandNew": {"a": 1}}, ContactList)

        assert read == ContactList(id="clt_1", name="News", dynamic=True)

    def test_drifting_types_are_read_as_what_they_mean(self):
        texts = structured({"_id": 5, "name": 2.5}, ContactList)
        numbers = structured({"credits": "50"}, Credits)

        assert (texts, numbers) == (ContactList(id="5", name="2.5"), Credits(credits=50))

    def test_several_values_come_as_a_tuple(self):
        read = structured([{"code": "A", "message": "a"}, {"code": "B", "message": "b"}], tuple[ApiWarning, ...])

        assert read == (ApiWarning(code="A", message="a"), ApiWarning(code="B", message="b"))

    def test_the_other_models_are_read_too(self):
        team = structured({"_id": "tea_1", "userIds": ["usr_1"], "users": [{"userId": "usr_1"}]}, Team)
        company = structured({"_id": "cpn_1", "fields": None, "fieldRejections": [{"reason": "taken"}]}, Company)
        field = structured({"name": "plan", "crmField": "Plan"}, Field)

        assert team == Team(id="tea_1", user_ids=("usr_1",), users=(TeamUser(user_id="usr_1"),))
        assert company == Company(id="cpn_1", field_rejections=(FieldRejection(reason="taken"),))
        assert field == Field(name="plan", crm_field="Plan")

    @pytest.mark.parametrize(
        ("data", "shape", "where"),
        [
            ({"name": "News"}, ContactList, "'_id' is missing"),
            ({"_id": ["x"]}, Contact, "$.id"),
            ({"_id": None}, ContactList, "'_id' is missing"),
            ([], Contact, "@ $"),
            (None, Contact, "@ $"),
            ("page", tuple[ContactList, ...], "@ $"),
            ({"credits": "many"}, Credits, "$.credits"),
            ({"credits": 1.5}, Credits, "$.credits"),
            ({"credits": float("nan")}, Credits, "$.credits"),
            ({"_id": "x", "doNotContact": "false"}, Subscription, "$.do_not_contact"),
            ([{"_id": "x"}, {"_id": True}], tuple[ContactList, ...], "$[1].id"),
        ],
        ids=[
            "no ID",
            "odd ID",
            "null ID",
            "array",
            "null",
            "text",
            "odd number",
            "broken number",
            "no number",
            "odd flag",
            "second of two",
        ],
    )
    def test_another_shape_is_an_error_that_says_where(self, data, shape, where):
        problem = problem_with(data, shape)

        assert problem.startswith("the reply has another shape than expected: ")
        assert where in problem

    @pytest.mark.parametrize(
        ("name", "value", "attribute", "default"),
        [
            ("createdAt", "yesterday", "created_at", None),
            ("createdAt", True, "created_at", None),
            ("createdAt", 10**400, "created_at", None),
            ("fields", [1], "fields", {}),
            ("campaigns", ["cam_1"], "campaigns", ()),
            ("campaigns", "cam_1", "campaigns", ()),
            ("unsubscribed", "no", "unsubscribed", None),
            ("ownerId", {"_id": "usr_1"}, "owner_id", None),
        ],
    )
    def test_an_odd_side_field_is_empty_and_its_raw_value_stays(self, name, value, attribute, default):
        contact = structured({"_id": "ctc_1", "email": "jane@acme.com", name: value}, Contact)

        assert getattr(contact, attribute) == default
        assert contact.extra == {name: value}
        assert contact.email == "jane@acme.com"

    def test_what_the_documents_do_not_name_is_kept(self):
        contact = structured(
            {"_id": "ctc_1", "score": 7, "extra": 1, "campaigns": [{"leadId": "lea_1", "x": 2}]}, Contact
        )

        assert contact.extra == {"score": 7, "extra": 1}
        assert contact.campaigns[0].extra == {"x": 2}
        assert contact == structured({"_id": "ctc_1", "campaigns": [{"leadId": "lea_1"}]}, Contact)

    def test_odd_and_unknown_fields_are_kept_together(self):
        made = structured({"_id": "ctc_1", "score": 7, "createdAt": ""}, Contact)

        assert made.extra == {"score": 7, "createdAt": ""}

    @pytest.mark.parametrize("number", [50, 50.0, "50"])
    def test_a_whole_number_is_read_however_it_is_written(self, number):
        assert structured({"credits": number}, Credits).credits == 50

    def test_no_more_than_three_problems_are_told(self):
        problem = problem_with([{} for _ in range(10)], tuple[ContactList, ...])

        assert problem.count(";") == 2

    @pytest.mark.parametrize(
        "data",
        [{"_id": {"jane@acme.com": 1}}, {"fullName": "jane@acme.com"}],
        ids=["odd ID", "no ID"],
    )
    def test_an_odd_value_is_not_shown(self, data):
        problem = problem_with(data, Contact)

        assert "jane" not in problem
