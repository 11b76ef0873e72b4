"""`lemlist.rate_limit`: what the last reply said of the quota."""

from lemlist_async import Lemlist
from lemlist_async.sandbox import Sandbox


async def test_the_client_tells_what_the_last_reply_said_of_the_quota():
    async with Sandbox() as sandbox, Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        before = lemlist.rate_limit

        await lemlist.team.get()

        assert before is None
        assert (lemlist.rate_limit.limit, lemlist.rate_limit.remaining) == (20, 19)
