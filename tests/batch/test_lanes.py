"""Lanes: what shares a key does not overlap, and keeps its order."""

import asyncio

import pytest
from fakes import VirtualTime
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async.batch.lanes import Lanes


class Diary:
    """Notes who is inside, and when."""

    def __init__(self):
        self.lanes = Lanes()
        self.inside = set()
        self.entered = []
        self.met = set()

    async def visit(self, name, keys, *, kind=None, stay=1.0):
        async with self.lanes.enter(keys, kind=kind):
            self.entered.append((name, asyncio.get_running_loop().time()))
            self.met |= {frozenset({name, other}) for other in self.inside}
            self.inside.add(name)
            try:
                await asyncio.sleep(stay)
            finally:
                self.inside.discard(name)

    def start(self, name, keys, **facts):
        return asyncio.create_task(self.visit(name, keys, **facts))


def entered_by(plan):
    """Run a plan (a function from a diary to tasks) and return who entered when."""
    diary = Diary()

    async def main():
        await asyncio.gather(*plan(diary), return_exceptions=True)

    VirtualTime().run(main)
    return dict(diary.entered)


def test_what_shares_a_key_goes_one_after_the_other():
    entered = entered_by(lambda diary: [diary.start(name, ["jane"]) for name in "abc"])

    assert entered == {"a": 0, "b": 1, "c": 2}


def test_what_shares_nothing_goes_at_once():
    entered = entered_by(lambda diary: [diary.start("a", ["jane"]), diary.start("b", ["joe"]), diary.start("c", [])])

    assert entered == {"a": 0, "b": 0, "c": 0}


def test_one_of_several_keys_is_enough_to_wait():
    def plan(diary):
        return [diary.start("a", ["email", "url"]), diary.start("b", ["url", "id"]), diary.start("c", ["id"])]

    entered = entered_by(plan)

    assert entered == {"a": 0, "b": 1, "c": 2}


def test_a_key_that_is_named_twice_does_not_wait_for_itself():
    entered = entered_by(lambda diary: [diary.start("a", ["jane", "jane"])])

    assert entered == {"a": 0}


def test_one_kind_goes_together_and_the_other_waits_for_all_of_it():
    def plan(diary):
        return [
            diary.start("add 1", ["list"], kind="add", stay=1),
            diary.start("add 2", ["list"], kind="add", stay=3),
            diary.start("remove", ["list"], kind="remove"),
        ]

    entered = entered_by(plan)

    assert entered == {"add 1": 0, "add 2": 0, "remove": 3}


def test_a_kind_that_keeps_coming_does_not_starve_the_other():
    def plan(diary):
        return [
            diary.start("add 1", ["list"], kind="add"),
            diary.start("remove", ["list"], kind="remove"),
            diary.start("add 2", ["list"], kind="add"),
            diary.start("add 3", ["list"], kind="add"),
        ]

    entered = entered_by(plan)

    assert entered == {"add 1": 0, "remove": 1, "add 2": 2, "add 3": 2}


def test_a_waiting_lane_that_everybody_left_can_be_joined_again():
    async def main():
        diary = Diary()
        first = diary.start("add", ["list"], kind="add", stay=3)
        gone = diary.start("gone", ["list"], kind="remove")
        await asyncio.sleep(1)
        gone.cancel()
        await asyncio.sleep(0)
        await asyncio.gather(first, diary.start("remove", ["list"], kind="remove"))
        return dict(diary.entered)

    entered = VirtualTime().run(main)

    assert entered == {"add": 0, "remove": 3}


@pytest.mark.parametrize("gone", ["a", "b", "c"], ids=["who is inside", "who waits next", "who waits last"])
def test_who_is_cancelled_gives_the_place_up(gone):
    async def main():
        diary = Diary()
        tasks = {name: diary.start(name, ["jane"], stay=2) for name in "abc"}
        await asyncio.sleep(0.5)
        tasks[gone].cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        await diary.visit("last", ["jane"])
        return [when for name, when in diary.entered if name != gone]

    entered = VirtualTime().run(main)

    assert entered == ([0.5, 2.5, 4.5] if gone == "a" else [0, 2, 4])


def test_who_fails_inside_lets_the_next_one_in():
    async def main():
        lanes = Lanes()
        with pytest.raises(ZeroDivisionError):
            async with lanes.enter(["jane"]):
                raise ZeroDivisionError
        async with lanes.enter(["jane"]):
            return "inside"

    inside = VirtualTime().run(main)

    assert inside == "inside"


visitors = st.lists(
    st.fixed_dictionaries(
        {
            "comes": st.integers(0, 6),
            "keys": st.sets(st.integers(0, 3), max_size=3),
            "kind": st.sampled_from([None, "add", "remove"]),
            "stay": st.integers(0, 3),
            "patience": st.none() | st.integers(0, 5),
        }
    ),
    max_size=25,
)


def may_meet(one, other):
    return not one["keys"] & other["keys"] or one["kind"] == other["kind"] is not None


@given(visitors)
def test_whoever_comes_and_leaves_nobody_meets_whom_they_must_not_and_nobody_waits_for_ever(visitors):
    """The virtual loop raises where somebody would wait for ever; in the end every lane is gone."""
    diary = Diary()

    async def visit(name, visitor):
        await asyncio.sleep(visitor["comes"])
        try:
            async with asyncio.timeout(visitor["patience"]):
                await diary.visit(name, visitor["keys"], kind=visitor["kind"], stay=visitor["stay"])
        except TimeoutError:
            pass

    async def main():
        await asyncio.gather(*(visit(name, visitor) for name, visitor in enumerate(visitors)))

    VirtualTime().run(main)

    assert all(may_meet(*(visitors[name] for name in pair)) for pair in diary.met)
    assert not diary.lanes._last


@given(visitors)
def test_who_came_first_with_a_key_enters_first(visitors):
    diary = Diary()

    async def main():
        await asyncio.gather(
            *(diary.visit(name, one["keys"], kind=one["kind"], stay=one["stay"]) for name, one in enumerate(visitors))
        )

    VirtualTime().run(main)

    place = {name: number for number, (name, _) in enumerate(diary.entered)}
    for later, one in enumerate(visitors):
        for earlier in range(later):
            assert may_meet(visitors[earlier], one) or place[earlier] < place[later]
