"""Outcomes add up: every item is counted once."""

import pytest
from outcomes import JANE, ambiguous, done, failed, ids, report_of, unsent, upserted

from lemlist_async import Ambiguous, ApiWarning, Contact, Done, Failed, LemlistError, Rejected, Unsent
from lemlist_async.batch.report import Progress, Tally
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.lists import Added, Removed
from lemlist_async.resources.lists import AddTally, RemoveTally
from lemlist_async.resources.records import LookupTally, UpsertTally


class TestAdditions:
    def test_answers_without_doubt_are_summed_and_exact(self):
        report = report_of(
            AddTally(), done(ids(3), Added(added=2, already=1)), done(ids(2), Added(added=2, already=0)), submitted=5
        )

        assert (report.added_count, report.added_count_max, report.already_in_list) == (4, 4, 1)
        assert (report.done, report.chunks, report.requests) == (5, 2, 2)
        assert report.is_exact
        assert report.ok

    def test_after_a_lost_answer_what_was_already_there_may_have_been_added_by_us(self):
        report = report_of(AddTally(), done(ids(5), Added(added=1, already=4), doubtful=True))

        assert (report.added_count, report.added_count_max, report.is_exact) == (1, 5, False)

    def test_a_chunk_without_an_answer_may_have_been_added_whole(self):
        report = report_of(AddTally(), done(ids(2), Added(added=2, already=0)), ambiguous(ids(3)))

        assert (report.added_count, report.added_count_max, report.is_exact) == (2, 5, False)

    def test_ids_that_were_neither_added_nor_there_are_told(self):
        report = report_of(AddTally(), done(ids(5), Added(added=1, already=1)))

        assert report.unaccounted == 3
        assert [(one.code, one.count, one.positions) for one in report.warnings] == [("UNKNOWN_CONTACT_IDS", 3, (0,))]

    def test_an_older_server_that_does_not_say_what_was_there_leaves_nothing_unaccounted(self):
        report = report_of(AddTally(), done(ids(5), Added(added=1)))

        assert (report.added_count, report.added_count_max) == (1, 1)
        assert (report.already_in_list, report.unaccounted, report.warnings) == (0, 0, ())

    def test_what_was_there_before_is_bounded_if_a_server_does_not_say_it(self):
        report = report_of(AddTally(), done(ids(5), Added(added=1)), done(ids(3), Added(added=0, counted=False)))

        assert (report.already_in_list, report.already_in_list_max) == (0, 7)

    def test_an_older_servers_doubtful_answer_bounds_the_truth_by_the_chunk(self):
        report = report_of(AddTally(), done(ids(5), Added(added=1), doubtful=True))

        assert (report.added_count, report.added_count_max) == (1, 5)


class TestRemovals:
    def test_answers_without_doubt_are_summed_and_exact(self):
        report = report_of(RemoveTally(), done(ids(3), Removed(removed=2)), done(ids(2), Removed(removed=2)))

        assert (report.removed_count, report.removed_count_max, report.not_in_list) == (4, 4, 1)
        assert report.is_exact

    def test_after_a_lost_answer_the_whole_chunk_may_have_been_removed_by_us(self):
        report = report_of(RemoveTally(), done(ids(5), Removed(removed=1), doubtful=True))

        assert (report.removed_count, report.removed_count_max, report.not_in_list) == (1, 5, 4)
        assert not report.is_exact

    def test_a_chunk_without_an_answer_may_have_been_removed_whole(self):
        report = report_of(RemoveTally(), ambiguous(ids(3)))

        assert (report.removed_count, report.removed_count_max) == (0, 3)


class TestNonsense:
    def test_more_than_was_sent_leaves_the_bounds_in_order(self):
        added = report_of(AddTally(), done(ids(2), Added(added=5), doubtful=True))
        removed = report_of(RemoveTally(), done(ids(2), Removed(removed=5), doubtful=True))

        assert (added.added_count, added.added_count_max) == (0, 2)
        assert (removed.removed_count, removed.removed_count_max, removed.not_in_list) == (0, 2, 2)


class TestUpserts:
    def test_created_updated_and_unknown_are_counted_apart(self):
        outcomes = [done([JANE], upserted(created)) for created in (True, True, False, None)]

        report = report_of(UpsertTally(), *outcomes)

        assert (report.created_count, report.updated_count, report.unknown_count) == (2, 1, 1)
        assert not report.is_exact

    def test_counts_are_exact_where_nothing_is_open(self):
        exact = report_of(UpsertTally(), done([JANE], upserted(True)))
        open_ = report_of(UpsertTally(), done([JANE], upserted(True)), ambiguous([JANE]))

        assert (exact.is_exact, open_.is_exact) == (True, False)

    def test_warnings_are_counted_and_show_the_first_20_positions(self):
        warning = ApiWarning(code="OWNER_NOT_APPLIED", message="no such member")
        outcomes = [
            Done(items=[JANE], positions=[number], result=upserted(True, warning)) for number in range(100, 130)
        ]

        report = report_of(UpsertTally(), *outcomes)

        (counted,) = report.warnings
        assert (counted.code, counted.message, counted.count) == ("OWNER_NOT_APPLIED", "no such member", 30)
        assert counted.positions == tuple(range(100, 120))

    def test_two_fields_that_are_not_registered_are_two_warnings(self):
        """Told as one, the second field would be found only in the next night's run."""
        outcomes = [
            done([JANE], upserted(True, ApiWarning(code="FIELD_NOT_REGISTERED", message=f"custom[{name!r}]")))
            for name in ("plan", "tier", "plan")
        ]

        report = report_of(UpsertTally(), *outcomes)

        assert [(one.message, one.count) for one in report.warnings] == [("custom['plan']", 2), ("custom['tier']", 1)]

    def test_a_message_that_is_different_every_time_needs_no_more_memory(self):
        outcomes = [
            done([JANE], upserted(True, ApiWarning(code="ODD", message=f"contact number {number}")))
            for number in range(100)
        ]

        report = report_of(UpsertTally(), *outcomes)

        assert len(report.warnings) == 20
        assert sum(one.count for one in report.warnings) == 100

    def test_a_warning_of_lemlist_that_names_a_contact_does_not_name_it_here(self):
        warning = ApiWarning(code="ODD", message="jane@acme.com has another owner")

        report = report_of(UpsertTally(), done([JANE], upserted(True, warning)))

        assert report.warnings[0].message == "*** has another owner"


class TestLookUps:
    def test_what_was_found_is_kept_and_what_was_not_is_named(self):
        jane = Contact(id="ctc_1")

        report = report_of(LookupTally(), done(["ctc_1", "ctc_2"], {"ctc_1": jane}), done(["ctc_3"], {}), submitted=3)

        assert (report.found, report.missing, report.done) == ({"ctc_1": jane}, ("ctc_2", "ctc_3"), 3)


class TestReports:
    def test_an_item_of_an_answered_chunk_that_was_refused_is_counted_as_failed(self):
        tally = AddTally()
        tally.settle(done(ids(3), Added(added=2, already=0)))

        tally._refuse("ctc_1", 1, InvalidRequestError("no", status=400))

        report = tally.report(Progress(submitted=3))
        assert (report.done, report.failed, report.requests) == (2, 1, 1)
        assert (report.failures[0].item, report.failures[0].position) == ("ctc_1", 1)

    def test_it_names_what_failed_what_is_in_doubt_and_what_was_not_sent(self):
        report = report_of(
            AddTally(),
            failed(ids(2)),
            ambiguous(ids(1, begin=2)),
            in_doubt=(ambiguous(ids(2, begin=3)),),
            left=(unsent(ids(3, begin=5)),),
        )

        assert report.failed == 2
        assert report.ambiguous == ("ctc_2", "ctc_3", "ctc_4")
        assert report.unsent == ("ctc_5", "ctc_6", "ctc_7")
        assert report.added_count_max == 3

    def test_the_attempts_of_what_is_still_open_are_counted_too(self):
        report = report_of(
            AddTally(),
            done(ids(1), Added(added=1, already=0)),
            in_doubt=(ambiguous(ids(1)),),
            left=(unsent(ids(1), requests=2),),
        )

        assert (report.requests, report.chunks) == (8, 1)

    @pytest.mark.parametrize(
        "progress",
        [
            {"in_doubt": (ambiguous(ids(1)),)},
            {"left": (unsent(ids(1)),)},
            {"rejected": (Rejected(position=0, value="x", reason="no ID"),)},
        ],
        ids=["in doubt", "unsent", "rejected"],
    )
    def test_it_is_not_ok_while_anything_is_open(self, progress):
        report = report_of(AddTally(), **progress)

        assert not report.ok

    def test_a_failure_is_not_ok_and_a_duplicate_is(self):
        bad = report_of(AddTally(), failed(ids(1)))
        good = report_of(AddTally(), done(ids(1), Added(added=1, already=0)), submitted=2, duplicates=1)

        assert (bad.ok, good.ok) == (False, True)

    def test_an_outcome_of_one_item_names_it_and_its_position(self):
        outcome = Done(items=[JANE], positions=[7], result=upserted(True))

        assert (outcome.item, outcome.position) == (JANE, 7)

    def test_a_tally_of_its_own_says_what_it_counts(self):
        with pytest.raises(NotImplementedError):
            Tally().settle(done(ids(1), None))
        with pytest.raises(NotImplementedError):
            Tally().report(Progress())


def test_what_is_left_to_retry_comes_in_the_order_of_the_input():
    tally = AddTally()
    tally.settle(Failed(items=("ctc_3",), positions=(3,), error=LemlistError("no")))
    tally.settle(Ambiguous(items=("ctc_1",), positions=(1,)))

    report = tally.report(Progress(submitted=3, left=(Unsent(items=("ctc_2",), positions=(2,)),)))

    assert report.to_retry == ("ctc_1", "ctc_2", "ctc_3")
