"""Outcomes: what they hold, show, and let go of in a pickle."""

import copy
import pickle

import pytest
from fakes import through_pickle
from outcomes import JANE, ambiguous, done, failed, ids, report_of, unsent, upserted

from lemlist_async import AddReport, BatchError, Contact, Failed, LemlistError, Rejected, UpsertResult
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.lists import Added
from lemlist_async.resources.lists import AddTally
from lemlist_async.resources.records import LookupTally, UpsertTally


class TestPrivacy:
    @pytest.mark.parametrize(
        "outcome",
        [
            done([JANE], upserted(True)),
            failed([JANE]),
            ambiguous([JANE]),
            unsent([JANE]),
            unsent(["jane@acme.com"]),
            Rejected(position=0, value="jane@acme.com", reason="no ID"),
        ],
        ids=["done", "failed", "ambiguous", "unsent", "an email as an item", "rejected"],
    )
    def test_no_repr_shows_a_contacts_data(self, outcome):
        shown = repr(outcome)

        assert not [secret for secret in ("jane", "Janet", "platinum") if secret in shown]

    def test_a_rejected_item_is_pickled_without_its_value(self):
        rejected = Rejected(position=3, value="jane@acme.com", reason="no ID")

        copy = through_pickle(rejected)

        assert copy == Rejected(position=3, value=None, reason="no ID")

    @pytest.mark.parametrize(
        "outcome",
        [
            done([JANE], upserted(True)),
            done([JANE], JANE),
            failed([JANE]),
            ambiguous([JANE]),
            unsent([JANE]),
            unsent(["jane@acme.com"]),
        ],
        ids=["done", "done with another result", "failed", "ambiguous", "unsent", "an email as an item"],
    )
    def test_no_pickle_holds_a_contacts_data(self, outcome):
        kept = pickle.dumps(outcome)

        assert not [secret for secret in (b"jane", b"Janet", b"platinum") if secret in kept]

    def test_what_was_upserted_keeps_its_id(self):
        outcome = done([JANE], upserted(True), doubtful=True)

        copy = through_pickle(outcome)

        assert (copy.items, copy.requests, copy.doubtful) == ((None,), 1, True)
        assert copy.result == UpsertResult(contact=Contact(id="ctc_1"), created=True)

    def test_a_report_of_upserts_still_counts_every_item(self):
        report = report_of(
            UpsertTally(),
            done([JANE], upserted(True)),
            failed([JANE]),
            ambiguous([JANE]),
            left=(unsent([JANE, JANE]),),
            submitted=5,
        )

        copy = through_pickle(report)

        assert (copy.done, copy.failed, len(copy.ambiguous), len(copy.unsent)) == (1, 1, 1, 2)
        assert copy.left[0].position == 0

    def test_a_report_of_look_ups_is_pickled_without_what_was_found(self):
        asked = ["ctc_1", "jane@acme.com", "ctc_2", "joe@acme.com"]
        found = {one: Contact(id="ctc_1", email="jane@acme.com") for one in asked[:2]}
        report = report_of(LookupTally(), done(asked, found), submitted=4)

        copy = through_pickle(report)

        assert b"acme" not in pickle.dumps(report)
        assert (copy.found, copy.missing, copy.done) == ({"ctc_1": None}, ("ctc_2", None), 4)

    def test_a_batch_error_takes_no_contacts_data_along(self):
        report = report_of(UpsertTally(), failed([JANE]), left=(unsent([JANE]),))

        kept = pickle.dumps(BatchError("1 failed", report=report))

        assert not [secret for secret in (b"jane", b"Janet", b"platinum") if secret in kept]

    def test_a_list_changes_outcome_keeps_its_ids_and_positions(self):
        outcome = Failed(
            items=ids(3), positions=[4, 6, 9], error=InvalidRequestError("no", status=400, code="X"), requests=2
        )

        copy = through_pickle(outcome)

        assert tuple(copy.items) == tuple(ids(3))
        assert (tuple(copy.positions), copy.requests) == ((4, 6, 9), 2)
        assert (type(copy.error), copy.error.code) == (InvalidRequestError, "X")

    def test_a_report_of_a_list_change_keeps_its_counts(self):
        report = report_of(
            AddTally(), done(ids(2), Added(added=1, already=1)), failed(ids(2)), ambiguous(ids(3)), submitted=7
        )

        copy = through_pickle(report)

        assert isinstance(copy, AddReport)
        assert (copy.added_count, copy.added_count_max, copy.failed) == (1, 4, 2)
        assert copy.ambiguous == report.ambiguous


def test_a_copy_of_an_outcome_keeps_its_items():
    failed = Failed(items=("jane@acme.com",), positions=(0,), error=LemlistError("no"))

    assert copy.copy(failed).items == failed.items
    assert copy.deepcopy(failed).items == failed.items
