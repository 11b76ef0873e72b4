"""Outcomes made by hand, and the reports that they add up to."""

from lemlist_async import Ambiguous, Contact, ContactInput, Done, Failed, Unsent, UpsertResult
from lemlist_async.batch.report import Progress
from lemlist_async.errors import ServerError

JANE = ContactInput(email="jane@acme.com", first_name="Janet", custom={"plan": "platinum"})


def ids(count, begin=0):
    return [f"ctc_{number}" for number in range(begin, begin + count)]


def done(items, result, **facts):
    return Done(items=items, positions=range(len(items)), result=result, requests=1, **facts)


def failed(items, **facts):
    return Failed(items=items, positions=range(len(items)), error=ServerError("oops", status=500), requests=5, **facts)


def ambiguous(items, **facts):
    return Ambiguous(items=items, positions=range(len(items)), requests=5, **facts)


def unsent(items, **facts):
    return Unsent(items=items, positions=range(len(items)), **facts)


def upserted(created, *warnings):
    return UpsertResult(contact=Contact(id="ctc_1", email="jane@acme.com"), created=created, warnings=warnings)


def report_of(tally, *outcomes, **progress):
    for outcome in outcomes:
        tally.settle(outcome)
    return tally.report(Progress(**progress))
