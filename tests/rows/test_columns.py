"""Which column means which field, and how a cell becomes its value."""

from datetime import UTC, date, datetime

import pytest

from lemlist_async import ContactInput
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import FIELD_NAMES
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.spelling import camel

REGISTRY = [
    Field(name="email", label="Email"),
    Field(name="firstName", label="Given name"),
    Field(name="signedUp", label="Signed up on", type="date", source="custom"),
    Field(name="seenAt", label="Seen at", type="datetime", source="custom"),
    Field(name="mrr", label="Monthly revenue", type="number", source="custom"),
    Field(name="active", label="Active", type="boolean", source="custom"),
    Field(name="zip", label="", type="text", source="custom"),
    Field(name="mobile", label="Mobile", type="phone", source="custom"),
]


def target(header, **options):
    """What one more column beside the email means."""
    return Columns.match(["email", header], **options).targets[header]


def value(column, cell):
    """What the cell of a registered column is sent as; None where it is left out."""
    columns = Columns.match(["email", column], fields=REGISTRY)
    return columns.contact({"email": "jane@acme.com", column: cell}).custom.get(column)


# Headers.


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_a_field_is_known_in_snake_case_in_camel_case_and_in_words(name):
    for header in (name, camel(name), name.replace("_", " ").title(), f" {name.replace('_', '-').upper()} "):
        columns = Columns.match({header: None, "linkedin_url" if name == "email" else "email": None})

        assert columns.targets[header] == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("E-mail address", "email"),
        ("LinkedIn URL", "linkedin_url"),
        ("LinkedIn", "linkedin_url"),
        ("Sales Navigator URL", "linkedin_url_sales_nav"),
        ("_id", "contact_id"),
        ("Owner", "contact_owner"),
        ("Phone number", "phone"),
        ("custom.plan", "custom.plan"),
    ],
)
def test_common_labels_are_known(header, name):
    columns = Columns.match([header, "email"] if name != "email" else [header])

    assert columns.targets[header] == name


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Signed Up", "signedUp"),
        ("Plan", "plan"),
        ("plan_tier", "plan_tier"),
        ("leadScore", "leadScore"),
        ("MRR", "mrr"),
        ("MRR (2026)", "mrr2026"),
        ("Work Email", "workEmail"),
        ("Größe", "größe"),
        ("company.size", "companySize"),
        ("custom.", "custom"),
    ],
)
def test_an_unknown_header_is_a_custom_field_of_that_name(header, key):
    assert target(header) == f"custom.{key}"


@pytest.mark.parametrize("header", ["signedUp", "Signed Up", "signed_up", "Signed up on", "SIGNED-UP-ON"])
def test_the_registry_knows_its_fields_by_name_and_by_label(header):
    columns = Columns.match(["email", header, "Given name"], fields=REGISTRY)

    assert columns.targets == {"email": "email", header: "custom.signedUp", "Given name": "first_name"}
    assert columns.unregistered == ()


def test_a_registered_field_goes_before_a_common_label():
    assert target("Owner", fields=[Field(name="owner", label="Account owner")]) == "custom.owner"


def test_a_registered_field_is_found_by_its_exact_name_among_others_alike():
    fields = [Field(name="planTier"), Field(name="plan_tier")]

    assert target("plan_tier", fields=fields) == "custom.plan_tier"
    with pytest.raises(InvalidRequestError, match=r"'Plan tier' could be custom\.planTier or custom\.plan_tier"):
        target("Plan tier", fields=fields)


def test_custom_fields_that_are_not_registered_are_told():
    columns = Columns.match(["email", "Signed Up", "Plan", "custom.tier"], fields=REGISTRY)

    assert columns.unregistered == ("Plan", "custom.tier")


def test_without_a_registry_nothing_is_called_unregistered():
    assert Columns.match(["email", "Plan"]).unregistered == ()


def test_ignored_columns_are_told_and_not_read():
    columns = Columns.match(["email", "Signed Up", "Note"], ignore=["note", "SIGNED UP"])

    contact = columns.contact({"email": "jane@acme.com", "Signed Up": "x", "Note": "y"})

    assert columns.ignored == ("Signed Up", "Note")
    assert contact == ContactInput(email="jane@acme.com")


@pytest.mark.parametrize("spelling", ["Work Email", "work email", "work_email"])
def test_a_rename_says_what_a_column_means(spelling):
    columns = Columns.match(["Work Email", "Tier"], renames={spelling: "Email address", "Tier": "custom.plan_tier"})

    assert columns.targets == {"Work Email": "email", "Tier": "custom.plan_tier"}


def test_a_rename_goes_before_the_header_and_before_ignoring():
    renames = {"Email": "custom.privateEmail", "Work": "email"}

    columns = Columns.match(["Email", "Work"], renames=renames, ignore=["Work"])

    assert columns.targets == {"Email": "custom.privateEmail", "Work": "email"}


def test_a_rename_may_name_a_registered_field():
    assert target("Revenue", renames={"Revenue": "Monthly revenue"}, fields=REGISTRY) == "custom.mrr"


@pytest.mark.parametrize(
    ("headers", "options", "message"),
    [
        (["email", "email"], {}, "two columns are called 'email'"),
        (["email", " ", "Plan"], {}, "column 2 has no name"),
        (["email", 7], {}, "must be a string, not int"),
        (["email", "%"], {}, "'%' has no letters"),
        (["email", "E-Mail"], {}, "the columns 'email' and 'E-Mail' both mean email"),
        (["Plan", "plan", "email"], {}, "'Plan' and 'plan' both mean custom.plan"),
        (["Name", "Plan"], {}, "Found: 'Name', 'Plan'. Needed is one of email, linkedinUrl, .* --map"),
        ([], {}, "Found: nothing"),
        ([f"c{number}" for number in range(20)], {}, "'c11' and 8 more"),
        (["Jane", "jane@acme.com"], {}, "Found: values instead of names, so the header may be missing"),
        (["email"], {"renames": {"Work": "email"}}, "no column 'Work' to rename. Found: 'email'"),
        (["email", "Notes"], {"renames": {"Note": "custom.x"}}, r"no column 'Note' to rename. Did you mean 'Notes'\? "),
        (
            ["email", "Notes"],
            {"ignore": ["Ntoes"]},
            r"no column 'Ntoes' to ignore. Did you mean 'Notes'\? Found: 'email'",
        ),
        (["email"], {"ignore": ["Salary"]}, "no column 'Salary' to ignore. Found: 'email'"),
        (["email", "Job"], {"renames": {"Job": "jbo_title"}}, "'jbo_title' is not a field"),
        (["email", "Job"], {"renames": {"Job": "plan"}, "fields": REGISTRY}, "'plan' is not a field"),
        (["email", "Job"], {"renames": {"Job": "custom.jobTitle"}}, "custom.jobTitle has a field of its own"),
    ],
)
def test_a_header_that_does_not_tell_its_meaning_is_refused(headers, options, message):
    with pytest.raises(InvalidRequestError, match=message):
        Columns.match(headers, **options)


def test_an_empty_header_can_be_ignored():
    assert Columns.match(["", "email"], ignore=[""]).targets == {"email": "email"}


# Cells.


def test_a_row_becomes_a_contact():
    columns = Columns.match(["Email", "First name", "Plan", "Note"])

    contact = columns.contact({"Email": " jane@acme.com ", "First name": "Jane", "Plan": " pro ", "Note": " "})

    assert contact == ContactInput(email="jane@acme.com", first_name="Jane", custom={"plan": " pro "})


@pytest.mark.parametrize("cell", ["+33612345678", "0033", "07001", "true", "2026-11-21"])
def test_text_stays_text(cell):
    assert value("zip", cell) == value("mobile", cell) == cell


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("mrr", "12.5", 12.5),
        ("mrr", " -3 ", -3),
        ("mrr", "1e3", 1000.0),
        ("mrr", 7, 7),
        ("mrr", "  ", None),
        ("mrr", "", None),
        ("mrr", None, None),
        ("active", "TRUE", True),
        ("active", "yes", True),
        ("active", "1", True),
        ("active", "no", False),
        ("active", "0", False),
        ("active", False, False),
        ("signedUp", "2026-11-21", date(2026, 11, 21)),
        ("signedUp", date(2026, 11, 21), date(2026, 11, 21)),
        ("seenAt", "2026-11-21", date(2026, 11, 21)),
        ("seenAt", "2026-11-21T09:00:00Z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
    ],
)
def test_a_cell_takes_the_registered_type(column, cell, expected):
    found = value(column, cell)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("column", "cells", "reason"),
    [
        (
            "mrr",
            ["12,5", "1,000", "yes", "007", "+1", ".5", "1e999", "٣", True, [1]],
            "mrr is not a number such as 12.5",
        ),
        ("active", ["maybe", "ja", "2", 1], "active is not true or false"),
        (
            "signedUp",
            ["21.11.2026", "2026-13-01", "20261121", datetime(2026, 1, 1, tzinfo=UTC)],
            "signedUp is not a date",
        ),
        ("seenAt", ["2026-11-21T09:00:00", "yesterday"], "seenAt is not a time with its zone"),
    ],
)
def test_a_cell_that_could_be_read_in_two_ways_is_refused(column, cells, reason):
    for cell in cells:
        with pytest.raises(InvalidRequestError, match=reason):
            value(column, cell)


@pytest.mark.parametrize("cell", ["jane", "jane@", "@acme.com", "jane@@acme.com", "a@b@c", "jane doe@acme.com"])
def test_what_cannot_be_an_email_address_is_refused_without_being_shown(cell):
    columns = Columns.match(["Work"], renames={"Work": "email"})

    with pytest.raises(InvalidRequestError) as caught:
        columns.contact({"Work": cell})

    assert str(caught.value) == "Work is not an email address"


@pytest.mark.parametrize("cell", ["a@x.com; b@x.com,", ["a@x.com", " b@x.com", ""], ("a@x.com", "b@x.com")])
def test_additional_emails_are_several_in_one_cell(cell):
    contact = Columns.match(["email", "Additional emails"]).contact({"email": "j@x.com", "Additional emails": cell})

    assert contact.additional_emails == ("a@x.com", "b@x.com")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("a@x.com; b", "additionalEmails is not an email address"), (5, "must hold email"), ([5], "must hold email")],
)
def test_additional_emails_are_checked(cell, reason):
    with pytest.raises(InvalidRequestError, match=reason):
        Columns.match(["email", "additionalEmails"]).contact({"email": "j@x.com", "additionalEmails": cell})


@pytest.mark.parametrize("cell", ["4711", 4711, "ctc_", "ctc_a b"])
def test_an_id_of_another_system_is_refused(cell):
    with pytest.raises(InvalidRequestError, match="id is not a lemlist contact ID"):
        Columns.match(["id"]).contact({"id": cell})


def test_an_empty_id_is_none():
    columns = Columns.match(["Contact ID", "email"])

    assert columns.contact({"Contact ID": " ctc_1aB ", "email": ""}) == ContactInput(contact_id="ctc_1aB")
    assert columns.contact({"Contact ID": " ", "email": "j@x.com"}) == ContactInput(email="j@x.com")


def test_linkedin_urls_are_left_to_lemlist():
    contact = Columns.match(["LinkedIn"]).contact({"LinkedIn": "not a url"})

    assert contact.linkedin_url == "not a url"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["email", "Plan"], "no identifier: email is empty"),
        (["email", "LinkedIn"], "no identifier: email, LinkedIn are empty"),
    ],
)
def test_a_row_without_an_identifier_is_refused_by_the_names_of_its_columns(headers, reason):
    with pytest.raises(InvalidRequestError) as caught:
        Columns.match(headers).contact({"email": " ", "LinkedIn": "  ", "Plan": "pro"})

    assert str(caught.value) == reason


def test_values_of_another_kind_are_refused_by_their_column():
    with pytest.raises(InvalidRequestError, match="Mail must be text, number, boolean, date or datetime, not dict"):
        Columns.match(["Mail"]).contact({"Mail": {}})


def test_columns_print_without_their_workings():
    assert "unregistered=('Plan',)" in repr(Columns.match(["email", "Plan"], fields=REGISTRY))


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (["mailto:a@x.com", "b@x.com, c@x.com", "nobody"], r"""'Wer' holds such values: --map "Wer=email" """),
        (["ctc_a1", "ctc_b2"], r"""'Wer' holds such values: --map "Wer=contactId" """),
        (["https://linkedin.com/in/jane?x=1", "?"], r"""'Wer' holds such values: --map "Wer=linkedinUrl" """),
        (["lea_a1", "lea_b2"], r"'Wer' holds other IDs of lemlist's; say which column it is"),
        (["+33 6 12 34 56 78"], "'Wer' holds phone numbers; say which"),
        (["acme.com", "https://www.beta.de/"], "'Wer' holds domains; say which"),
        (["Jane", "a@x.com", "Bob"], "contactId; say which"),
    ],
)
def test_what_an_unknown_column_holds_is_told(held, message):
    with pytest.raises(InvalidRequestError, match=message):
        Columns.match(["Wer", "user.name"], samples={"Wer": held})


@pytest.mark.parametrize("header", ["ctc_a1", "a@x.com", "+33 6 12 34 56 78"])
def test_values_in_place_of_names_are_told(header):
    with pytest.raises(InvalidRequestError, match="the first line holds values: add one with the columns' names"):
        Columns.match(["Jane", header], samples={"Jane": ["b@x.com"]})


@pytest.mark.parametrize(("header", "value"), [("email^name", "a@x.com^Jane"), ("email,name", "a@x.com,Jane")])
def test_several_columns_in_one_are_told(header, value):
    with pytest.raises(InvalidRequestError, match="say what separates them, such as --delimiter") as caught:
        Columns.match([header], samples={header: [value]})

    assert f'delimiter="{header[5]}"' in caught.value.message


def test_a_common_name_of_a_field_that_is_not_registered_gets_no_hint():
    columns = Columns.match(["Email", "Company"], fields=REGISTRY)

    assert columns.unregistered == ("Company",)
    assert columns.notes == ()
