"""Files, mappings and frames of companies."""

import csv

import pandas as pd
import pytest

from lemlist_async import CompanyInput, InvalidRequestError
from lemlist_async.jobs import CompanyFile, import_companies
from lemlist_async.models.fields import Field
from lemlist_async.rows.row import CarriedRow


@pytest.fixture
def companies(tmp_path):
    """Read a file with this content."""

    def read(content, **options):
        path = tmp_path / "companies.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CompanyFile(path, **options)

    return read


def codes(file):
    return [note.code for note in file.notes]


def test_columns_are_found_by_the_names_that_people_give_them(companies):
    file = companies("Account Name;Website;Mitarbeiter;Ort\nAcme;https://www.acme.com/about;10;Köln\n")

    (row,) = file

    assert row == CarriedRow(
        number=2,
        value=CompanyInput(name="Acme", domain="acme.com", size="10", location="Köln"),
        values={"Account Name": "Acme", "Website": "https://www.acme.com/about", "Mitarbeiter": "10", "Ort": "Köln"},
    )
    assert file.columns.unregistered == ()


def test_an_assumed_encoding_is_told(companies):
    file = companies("name;domain\nMüller;mueller.de\n".encode("cp1252"))

    assert [row.value.name for row in file] == ["Müller"]
    assert codes(file) == ["ENCODING_ASSUMED"]


def test_a_header_below_titles_is_found_and_told(companies):
    file = companies("All accounts\n\nname,domain\nAcme,acme.com\n")

    assert [(row.number, row.value.domain) for row in file] == [(4, "acme.com")]
    assert codes(file) == ["HEADER_FOUND"]


def test_of_two_columns_for_one_field_the_better_name_wins_and_the_other_is_told(companies):
    file = companies("name,website,domain\nAcme,www.acme.de,acme.com\n", fields=[])

    assert [row.value.domain for row in file] == ["acme.com"]
    assert codes(file) == ["SECOND_COLUMN"]
    assert file.columns.unregistered == ("website",)


def test_no_field_is_suggested_that_companies_do_not_have(companies):
    file = companies("name,domain,Kontakt\nAcme,acme.com,jane@acme.com\n", fields=[])

    assert codes(file) == []
    assert file.columns.unregistered == ("Kontakt",)


def test_a_file_of_refused_rows_is_read_without_its_reasons(companies):
    file = companies("reason,name,domain\nold,Acme,acme.com\n")

    assert [row.values for row in file] == [{"name": "Acme", "domain": "acme.com"}]
    assert file.headers == ("name", "domain")


def test_custom_fields_have_the_type_of_the_registry(companies):
    fields = [Field(name="seats", label="Seats", type="number")]

    good, bad = companies("name,domain,Seats\nA,a.com,7\nB,b.com,many\n", fields=fields)

    assert good.value.custom == {"seats": 7}
    assert bad.value is None
    assert "Seats" in bad.reason


def test_rows_that_make_no_company_say_why(companies):
    nameless, without_domain = companies("name,domain\n,a.com\nB,\n")

    assert nameless.reason == "A company needs name, or a company_id to be updated by."
    assert without_domain.reason == "no identifier: domain is empty"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "this is empty"),
        ("name,city\nAcme,Köln\n", r"no column identifies a company.*Needed is one of domain, companyId"),
        ("id,name\n17,Acme\n", r"the column 'id' holds no lemlist company IDs \(cpn_…\)"),
        ("name,domain,domain\nA,a.com,b.com\n", "two columns are called 'domain'"),
    ],
)
def test_files_without_companies_are_refused(companies, content, words):
    with pytest.raises(InvalidRequestError, match=words):
        companies(content)


async def test_mappings_and_frames_are_imported_as_companies(lemlist, sandbox):
    frame = pd.DataFrame({"Company": ["Acme", "Beta"], "Website": ["acme.com", "www.beta.com"]})

    of_mappings = await import_companies(lemlist, [{"name": "Gamma", "Company Domain": "gamma.com"}])
    of_a_frame = await import_companies(lemlist, frame)

    assert (of_mappings.created, of_a_frame.created) == (1, 2)
    assert [one.json["domain"] for one in sandbox.requests("POST", "/companies")] == [
        "gamma.com",
        "acme.com",
        "beta.com",
    ]


async def test_what_lemlist_exports_comes_back(lemlist, sandbox, tmp_path):
    sandbox.state.add_field("tier", entity="company")
    await lemlist.companies.upsert(CompanyInput(name="Acme", domain="acme.com", custom={"tier": "gold"}))
    rows = [row async for row in lemlist.companies.export()]
    path = tmp_path / "companies.csv"
    with path.open("w", newline="") as written:
        writer = csv.DictWriter(written, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    file = CompanyFile(path, fields=await lemlist.fields.all("company"))
    report = await import_companies(lemlist, file)

    assert [note.code for note in file.notes] == ["READ_ONLY_COLUMNS"]
    assert (report.updated, report.rejected) == (1, 0)


def test_the_column_that_holds_domains_is_told(tmp_path):
    path = tmp_path / "companies.csv"
    path.write_text("Firma,Seite\nAcme,www.acme.com\n")

    with pytest.raises(InvalidRequestError, match=r"""'Seite' holds such values: --map "Seite=domain" """):
        CompanyFile(path)
