"""The pictures are what `docs/pictures/make.py` draws, and short real runs still show the facts that they claim."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
DATA = json.loads((PICTURES / "data.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def folder():
    """Let the scripts of the pictures import each other."""
    sys.path.insert(0, str(PICTURES))
    yield
    sys.path.remove(str(PICTURES))


def test_all_pictures_are_there():
    import make

    assert set(DATA) == set(make.NAMES) == {path.stem for path in PICTURES.glob("*.svg")}


@pytest.mark.parametrize("name", sorted(DATA))
def test_drawing_the_data_again_gives_the_committed_picture(name):
    import make

    assert make.drawn(name, DATA[name]) == (PICTURES / f"{name}.svg").read_text(encoding="utf-8")


def test_the_data_holds_what_the_pictures_claim():
    refused = {who: sum(status == 429 for _, status in seen) for who, seen in DATA["window"].items()}
    parts = DATA["report"]

    assert refused["by hand"] > 0 == refused["lemlist_async"]
    assert sum(parts.values()) == 2 * parts["submitted"]
    assert DATA["resume"]["contacts"] == DATA["resume"]["rows"]
    assert DATA["sync"]["refused"]
    assert all(both["shared"][1] <= both["own"][1] for both in DATA["processes"].values())


async def test_by_hand_there_are_429s_and_here_none():
    import scenes

    by_hand = await scenes._by_hand(45)
    here = [[status for _, status in await scenes._here(45)]]
    while 429 in here[-1] and len(here) < 3:  # a machine that stands still for a moment delays requests
        here.append([status for _, status in await scenes._here(45)])

    assert 429 in [status for _, status in by_hand]
    assert here[-1] == [200] * 45


async def test_nothing_that_was_submitted_is_lost():
    import scenes

    parts = await scenes.report()

    assert sum(parts.values()) == 2 * parts["submitted"]
    assert min(parts.values()) > 0


async def test_the_brake_refuses_a_file_that_was_cut_short():
    import scenes

    assert await scenes.sync() == DATA["sync"]


def test_a_job_of_the_picture_of_a_crash_imports_each_person_once(tmp_path):
    import scenes

    from lemlist_async.sandbox import sandbox_thread

    async def once(sandbox):
        arguments = (str(scenes.CHILD), sandbox.url, sandbox.api_key, str(tmp_path / "it.journal"))
        child = await asyncio.create_subprocess_exec(sys.executable, *arguments)
        return await child.wait()

    with sandbox_thread(quota=None) as sandbox:
        ends = [asyncio.run(once(sandbox)) for _ in range(2)]
        written = [one for one in sandbox.received if (one.method, one.path) == ("POST", "/contacts")]

    assert ends == [0, 0]
    assert len(written) == 150
