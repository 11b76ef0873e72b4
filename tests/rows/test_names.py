"""Names of columns as people and exporters write them, and hints on those that nobody knows."""

import pytest

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.aliases import OF_CONTACTS
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.names import fold

FIELDS = [Field(name="plan", label="Plan"), Field(name="companyName", label="Company name")]


def targets(*headers, **options):
    return dict(Columns.match(headers, **options).targets)


FRENCH = "Prénom=first_name;Nom=last_name;Courriel=email;Poste=job_title;Téléphone=phone;Site web=company_domain"
GERMAN = "Vorname=first_name;Nachname=last_name;E-Mail-Adresse=email;Position=job_title;Handy=phone"
SPANISH = "Nombre=first_name;Apellidos=last_name;Correo electrónico=email;Cargo=job_title;Móvil=phone"
APOLLO = "First Name=first_name;Title=job_title;Email=email;Person Linkedin Url=linkedin_url;Website=company_domain"
CLAY = "Job Title=job_title;LinkedIn Profile=linkedin_url;Company Domain=company_domain;Work Email=email"
HUBSPOT = "First Name=first_name;Email=email;Mobile Phone Number=phone;Job Title=job_title;Contact owner=contact_owner"
SCRAPER = "firstName=first_name;title=job_title;defaultProfileUrl=linkedin_url;profileImageUrl=picture"
DROPCONTACT = (
    "email=email;linkedin=linkedin_url;website=company_domain;company_linkedin=company_linkedin_url;job=job_title"
)
KASPR = "First name=first_name;Work email=email;LinkedIn URL=linkedin_url;Phone 1=phone;Company domain=company_domain"
LUSHA = (
    "First Name=first_name;Work Email=email;Direct Phone=phone;LinkedIn URL=linkedin_url;Company Domain=company_domain"
)
SPELLING = "LINKEDIN  URL=linkedin_url;e mail:=email;PRENOM=first_name;Tél.=phone"


@pytest.mark.parametrize(
    "names", [FRENCH, GERMAN, SPANISH, APOLLO, CLAY, HUBSPOT, SCRAPER, DROPCONTACT, KASPR, LUSHA, SPELLING]
)
def test_common_names_are_known(names):
    expected = dict(one.split("=") for one in names.split(";"))

    assert targets(*expected) == expected


def test_every_alias_means_one_field():
    folded = [fold(alias) for names in OF_CONTACTS.values() for alias in names]

    assert len(folded) == len(set(folded))


def test_the_name_of_a_company_is_a_custom_field_that_many_teams_have():
    known, unknown = (Columns.match(["email", "Company"], fields=fields) for fields in (FIELDS, []))

    assert known.targets["Company"] == unknown.targets["Company"] == "custom.companyName"
    assert (known.unregistered, unknown.unregistered) == ((), ("Company",))


def test_of_two_columns_for_one_field_the_better_name_is_taken_and_the_other_is_kept():
    columns = Columns.match(["Email", "Work Direct Phone", "Mobile Phone", "Corporate Phone"])

    assert columns.targets["Mobile Phone"] == "phone"
    assert columns.targets["Work Direct Phone"] == "custom.workDirectPhone"
    assert [(note.code, note.column) for note in columns.notes if note.code == "SECOND_COLUMN"] == [
        ("SECOND_COLUMN", "Work Direct Phone"),
        ("SECOND_COLUMN", "Corporate Phone"),
    ]


def test_a_fields_own_name_goes_before_a_common_one():
    assert targets("Work email", "email") == {"Work email": "custom.workEmail", "email": "email"}


@pytest.mark.parametrize("header", ["URL", "Profile", "Link"])
def test_a_name_that_says_nothing_means_what_its_values_are(write, header):
    profiles = ContactFile(write(f"{header},Plan\nhttps://www.linkedin.com/in/a,x\n", "a.csv"))
    sales = ContactFile(write(f"{header},Plan\nhttps://www.linkedin.com/sales/lead/A,x\n", "b.csv"))
    mixed = ContactFile(write(f"{header},email\nhttps://www.linkedin.com/in/a,\nhttps://x.com,j@x.com\n", "c.csv"))

    assert profiles.columns.targets[header] == "linkedin_url"
    assert sales.columns.targets[header] == "linkedin_url_sales_nav"
    assert mixed.columns.targets[header].startswith("custom.")


def test_read_only_columns_are_left_out_and_told_in_one_note():
    columns = Columns.match(["email", "createdAt", "unsubscribed", "isActiveInCampaigns"])

    assert columns.targets == {"email": "email"}
    assert columns.ignored == ("createdAt", "unsubscribed", "isActiveInCampaigns")
    (note,) = columns.notes
    assert note.code == "READ_ONLY_COLUMNS"
    assert "createdAt, unsubscribed, isActiveInCampaigns" in note.message


def test_a_read_only_name_can_be_renamed_and_registered():
    registered = [Field(name="createdAt")]

    assert targets("email", "createdAt", fields=registered)["createdAt"] == "custom.createdAt"
    assert targets("email", "createdAt", renames={"createdAt": "custom.signedUp"})["createdAt"] == "custom.signedUp"


def test_status_is_read_only_in_lemlists_own_export_alone():
    assert "status" not in targets("email", "status", "campaigns", "contactLists")
    assert "status" in targets("email", "status")


@pytest.mark.parametrize(
    ("header", "guess"), [("Frist name", "firstName"), ("Compnay name", "custom.companyName"), ("Plann", "custom.plan")]
)
def test_a_name_that_is_nearly_known_gets_a_hint(header, guess):
    columns = Columns.match(["email", header], fields=FIELDS)

    (note,) = columns.notes
    assert (note.code, note.column) == ("DID_YOU_MEAN", header)
    assert f'Did you mean {guess}? --map "{header}={guess}"' in note.message


def test_no_hint_leads_to_a_field_that_the_team_may_not_have():
    assert Columns.match(["email", "employees", "Compnay name"]).notes == ()


def test_values_that_look_like_profiles_or_addresses_get_a_hint(write):
    file = ContactFile(write("Wer,Wo,email,Auch\nj@y.com,https://www.linkedin.com/in/j,j@x.com,x\n"))

    assert [(note.code, note.column, note.message.split("=")[-1]) for note in file.notes] == [
        ("LOOKS_LIKE", "Wer", 'additionalEmails" says so.'),
        ("LOOKS_LIKE", "Wo", 'linkedinUrl" says so.'),
    ]


def test_without_an_identifier_the_column_that_holds_some_is_named(write):
    with pytest.raises(
        InvalidRequestError, match=r"""'Wer' holds such values: --map "Wer=email" \(in Python: renames="""
    ):
        ContactFile(write("Wer,Plan\nj@x.com,pro\n"))


def test_a_value_in_place_of_a_name_is_not_shown(write):
    with pytest.raises(InvalidRequestError, match="values instead of names") as caught:
        ContactFile(write("a@x.com,Ana\nb@x.com,Bo\n"))

    assert "a@x.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "emial",
            r"""'emial' is not a field, but --map "Job=emial" .* Did you mean email\? There are: contactId, email,""",
        ),
        (
            "custom.plan_tier",
            r"lemlist has no custom field 'plan_tier', but --map .* There are: .*custom\.plan, custom",
        ),
        ("custom.Plan", r"no custom field 'Plan'.* Did you mean custom\.plan\?"),
    ],
)
def test_a_rename_that_cannot_be_followed_says_what_was_wrong_and_what_there_is(target, message):
    with pytest.raises(InvalidRequestError, match=message):
        Columns.match(["email", "Job"], renames={"Job": target}, fields=FIELDS)


def test_without_a_registry_a_rename_may_ask_for_any_custom_field():
    assert targets("email", "Job", renames={"Job": "custom.anything"})["Job"] == "custom.anything"
    with pytest.raises(InvalidRequestError, match=r"or custom\.KEY|custom\.KEY\."):
        targets("email", "Job", renames={"Job": "zzz"})
