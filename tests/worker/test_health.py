"""What a worker says of its health."""

import logging
import re
import socket

import aiohttp
import pytest
from servers import free_port

from lemlist_async import InvalidRequestError
from lemlist_async.worker.health import Health


async def status_of(port):
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/") as reply:
        return reply.status


async def test_a_port_answers_503_without_a_sign_of_life_and_200_with_one():
    now = [0.0]
    health = Health(port=free_port(), clock=lambda: now[0])

    async with health.served():
        before = await status_of(health.port)
        health.well()
        after = await status_of(health.port)
        now[0] = 61.0
        later = await status_of(health.port)

    assert (before, after, later) == (503, 200, 503)


async def test_a_file_is_touched_at_each_sign_of_life(tmp_path):
    health = Health(file=tmp_path / "well")

    async with health.served():
        health.well()

    assert (tmp_path / "well").exists()
    assert health.is_well


async def test_a_file_in_a_folder_that_is_not_there_is_refused_at_the_start(tmp_path):
    file = tmp_path / "nothing" / "well"

    with pytest.raises(InvalidRequestError, match=re.escape(f"The health file {file} cannot be written: create its")):
        async with Health(file=file).served():
            pass


async def test_a_file_that_is_gone_later_is_logged_and_blames_nothing_else(tmp_path, caplog):
    health = Health(file=tmp_path / "folder" / "well")
    health.file.parent.mkdir()

    async with health.served():
        health.file.parent.rmdir()
        with caplog.at_level(logging.WARNING):
            health.well()

    assert caplog.messages == [f"The health file {health.file} cannot be touched: No such file or directory."]


async def test_looking_whether_a_file_can_be_written_is_no_sign_of_life(tmp_path):
    async with Health(file=tmp_path / "well").served():
        assert not (tmp_path / "well").exists()


async def test_a_port_that_another_has_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidRequestError, match=f"The health port {port} cannot be used: Address already in use"):
            async with Health(port=port).served():
                pass


async def test_a_port_beyond_all_ports_is_refused():
    with pytest.raises(InvalidRequestError, match="The health port 99999 cannot be used: it must be between 0 and"):
        async with Health(port=99999).served():
            pass
