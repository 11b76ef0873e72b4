"""Groups: what is ready together comes together, and nothing waits for what does not come."""

import asyncio

import pytest

from lemlist_async.jobs.groups import groups


async def test_what_comes_at_once_is_one_group_of_at_most_so_many(lemlist):
    async def items():
        for number in range(5):
            yield number

    assert [group async for group in groups(items(), 3, 10)] == [[0, 1, 2], [3, 4]]


async def test_what_comes_later_is_not_waited_for():
    gate = asyncio.Event()

    async def items():
        yield 1
        await gate.wait()
        yield 2

    ready = groups(items(), 9, 0.01)

    assert await anext(ready) == [1]
    gate.set()
    assert await anext(ready) == [2]
    await ready.aclose()


async def test_a_group_that_begins_soon_after_another_one_is_smaller_if_that_is_wanted():
    async def items():
        for number in range(9):
            yield number

    assert [group async for group in groups(items(), 4, 10, while_busy=2)] == [[0, 1, 2, 3], [4, 5], [6, 7], [8]]


async def test_a_group_that_begins_later_is_not():
    async def items():
        for number in range(4):
            yield number
            if number == 1:
                await asyncio.sleep(0.05)

    assert [group async for group in groups(items(), 2, 0.01, while_busy=1)] == [[0, 1], [2, 3]]


async def test_an_error_comes_after_what_came_before_it():
    async def items():
        yield 1
        raise KeyError("mine")

    ready = groups(items(), 9, 10)

    assert await anext(ready) == [1]
    with pytest.raises(KeyError, match="mine"):
        await anext(ready)


async def test_nothing_is_no_group():
    async def items():
        for one in ():
            yield one

    assert [group async for group in groups(items(), 3, 10)] == []


async def test_a_loop_that_ends_early_leaves_no_task_behind():
    async def items():
        yield 1
        await asyncio.sleep(60)

    ready = groups(items(), 9, 0)
    await anext(ready)
    await ready.aclose()
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == {asyncio.current_task()}
