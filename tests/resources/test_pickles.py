"""What a pickle keeps of reports and results: counts and IDs, and nobody's data."""

import pickle

from lemlist_async import Added, Company, CompanyUpsertResult, Contact, LookupReport, Removed, UpsertResult
from lemlist_async.batch.outcomes import Done

FACTS = {
    "submitted": 1,
    "duplicates": 0,
    "rejected": (),
    "done": 1,
    "failures": (),
    "doubts": (),
    "left": (),
    "chunks": 1,
    "requests": 1,
    "warnings": (),
    "elapsed": 1.0,
}


def kept(result):
    """Give what a pickle of an outcome keeps of its result."""
    return pickle.loads(pickle.dumps(Done(items=["jane@acme.com"], positions=[0], result=result))).result  # noqa: S301


def test_of_a_written_contact_its_id_stays():
    result = UpsertResult(contact=Contact(id="ctc_1", email="jane@acme.com"), created=True)

    assert kept(result) == UpsertResult(contact=Contact(id="ctc_1"), created=True)


def test_of_a_written_company_its_id_stays():
    result = CompanyUpsertResult(company=Company(id="cpn_1", name="Acme"), created=None)

    assert kept(result) == CompanyUpsertResult(company=Company(id="cpn_1"), created=None)


def test_counts_stay():
    assert kept(Added(added=3, already=1)) == Added(added=3, already=1)
    assert kept(Removed(removed=2)) == Removed(removed=2)


def test_of_a_look_up_the_ids_stay():
    jane = Contact(id="ctc_1", email="jane@acme.com")
    report = LookupReport(found={"ctc_1": jane, "jane@acme.com": jane}, missing=("joe@acme.com", "ctc_2"), **FACTS)

    found = pickle.loads(pickle.dumps(report))  # noqa: S301

    assert (found.found, found.missing) == ({"ctc_1": None}, (None, "ctc_2"))
