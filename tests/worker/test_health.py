"""What a worker says of its health."""

import aiohttp
from servers import free_port

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
