"""The plan of a sync: pure, and checked against sets."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import Contact, ContactInput, InvalidRequestError, JobRefusedError
from lemlist_async.jobs import SyncPlan
from lemlist_async.jobs.plan import check_removals, checked_max_removals, plan_sync

IDS = st.lists(st.integers(0, 30).map(lambda number: f"ctc_{number}"), max_size=40)


def contact(number: int) -> Contact:
    url = f"https://linkedin.com/in/P{number}"
    return Contact(id=f"ctc_{number}", emails=(f"P{number}@Example.com",), fields={"linkedinUrl": url})


def wanted(number: int, by: str) -> ContactInput:
    match by:
        case "email":
            return ContactInput(email=f"p{number}@example.com")
        case "linkedin":
            return ContactInput(linkedin_url=f"https://LinkedIn.com/in/p{number}")
        case _:
            return ContactInput(contact_id=f"ctc_{number}")


def a_plan(*, members: int = 0, adds: int = 0, upserts: int = 0, removals: int = 0) -> SyncPlan:
    people = tuple(wanted(number, "email") for number in range(upserts))
    return SyncPlan(members=members, kept=0, adds=("ctc_1",) * adds, upserts=people, removals=("ctc_2",) * removals)


@given(members=IDS, ids=IDS)
def test_with_ids_the_list_ends_up_holding_exactly_those(members, ids):
    plan = plan_sync(dict.fromkeys(members), ids, [])

    assert (set(members) | set(plan.adds)) - set(plan.removals) == set(ids)
    assert len(plan.adds) == len(set(plan.adds))
    assert not set(plan.adds) & set(members)
    assert set(plan.removals) <= set(members)
    assert (plan.members, plan.kept) == (len(set(members)), len(set(members) & set(ids)))
    assert plan.is_empty == (set(members) == set(ids))


@given(
    members=st.sets(st.integers(0, 20)),
    rows=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["email", "linkedin", "id"])), max_size=30),
)
def test_with_contacts_members_are_recognized_by_any_identifier_in_any_case(members, rows):
    plan = plan_sync({f"ctc_{one}": contact(one) for one in members}, [], [wanted(*row) for row in rows])

    assert set(plan.removals) == {f"ctc_{one}" for one in members - {number for number, _ in rows}}
    assert set(plan.adds) == {f"ctc_{number}" for number, by in rows if by == "id" and number not in members}
    missing = {row for row in rows if row[0] not in members and row[1] != "id"}
    assert len(plan.upserts) == len(missing)


def test_a_row_that_names_one_contact_and_the_email_of_another_costs_neither_its_place():
    row = ContactInput(contact_id="ctc_9", email="p1@example.com")

    plan = plan_sync({"ctc_1": contact(1)}, [], [row])

    assert (plan.adds, plan.removals) == (("ctc_9",), ())


def test_the_last_row_of_a_person_is_the_one_that_is_upserted():
    rows = [ContactInput(email="a@example.com", first_name=name) for name in ("first", "last")]

    [row] = plan_sync({}, [], rows).upserts

    assert row.first_name == "last"


@pytest.mark.parametrize(
    ("plan", "requests", "seconds"),
    [
        (a_plan(), 0, 0),
        (a_plan(adds=1000, removals=1), 2, 0),
        (a_plan(adds=1001, removals=2000), 4, 0),
        (a_plan(adds=1, upserts=100), 101, 8.1),
        (a_plan(upserts=20), 21, 0.1),
    ],
)
def test_a_plan_tells_its_requests_and_the_least_time_that_the_limit_allows(plan, requests, seconds):
    assert plan.requests == requests
    assert plan.least_seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("most", "removals", "is_allowed"),
    [
        (0.1, 10, True),
        (0.1, 11, False),
        (10, 10, True),
        (10, 11, False),
        (0, 1, False),
        (1.0, 100, True),
        (None, 99, True),
    ],
)
def test_the_brake_takes_a_share_a_number_or_nothing(most, removals, is_allowed):
    members = {f"ctc_{number}": None for number in range(100)}

    plan = plan_sync(members, list(members)[removals:], (), checked_max_removals(most))

    assert plan.is_refused is not is_allowed
    if is_allowed:
        check_removals(plan, removals)
    else:
        with pytest.raises(JobRefusedError, match=f"would remove {removals} of 100 members"):
            check_removals(plan, removals)


def test_contacts_that_must_be_upserted_may_turn_out_to_be_members():
    members = {f"ctc_{number}": None for number in range(10)}
    people = [ContactInput(linkedin_url=f"https://www.linkedin.com/in/{number}") for number in range(9)]

    plan = plan_sync(members, (), people, 1)

    assert (len(plan.removals), plan.least_removals, plan.is_refused) == (10, 1, False)


@pytest.mark.parametrize("most", [-1, -0.1, 1.5, 50.0, float("nan"), float("inf"), True, "10 %"])
def test_a_brake_that_would_not_hold_is_refused(most):
    with pytest.raises(InvalidRequestError, match="max_removals is"):
        checked_max_removals(most)


def test_a_pickled_plan_holds_ids_and_counts_and_no_contacts_data():
    plan = a_plan(members=3, adds=1, upserts=2, removals=1)

    pickled = pickle.dumps(plan)

    again = pickle.loads(pickled)  # noqa: S301 - made here
    assert b"example.com" not in pickled
    assert (again.adds, again.removals, again.upserts) == (plan.adds, plan.removals, (None, None))
    assert (again.members, again.requests, again.is_empty) == (3, plan.requests, False)
