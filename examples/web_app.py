"""Share one list batcher and one contact loader among the handlers of a web app.

In one terminal:   python -m lemlist_async.sandbox --contacts 200
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/web_app.py
"""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientSession, web

from lemlist_async import Lemlist, LemlistError, NotFoundError
from lemlist_async.resources.contacts import ContactLoader
from lemlist_async.resources.lists import ListBatcher

LEMLIST = web.AppKey("lemlist", Lemlist)
LOADER = web.AppKey("loader", ContactLoader)
BATCHER = web.AppKey("batcher", ListBatcher)


async def lemlist_parts(app: web.Application) -> AsyncIterator[None]:
    """Open the client and what the handlers share, once; when the app ends, what waits is sent first."""
    async with Lemlist() as lemlist:
        signups = await lemlist.lists.find_or_create("Sign-ups")
        async with lemlist.contacts.loader() as loader, lemlist.lists.batcher(signups.id) as batcher:
            app[LEMLIST], app[LOADER], app[BATCHER] = lemlist, loader, batcher
            yield


async def sign_up(request: web.Request) -> web.Response:
    """Look one contact up and add it to the list; lemlist has answered both when this does."""
    try:
        contact = await request.app[LOADER].get(request.match_info["email"])
        await request.app[BATCHER].add(contact.id)
    except NotFoundError:
        raise web.HTTPNotFound from None
    except LemlistError as error:  # this handler's own; adding a contact again is safe
        raise web.HTTPServiceUnavailable(reason="Please try again.") from error
    return web.json_response({"id": contact.id})


def make_app() -> web.Application:
    """Build the app; serve it with `web.run_app(make_app())`."""
    app = web.Application()
    app.cleanup_ctx.append(lemlist_parts)
    app.router.add_post("/signups/{email}", sign_up)
    return app


async def visit(app: web.Application, url: str) -> None:
    """Be everybody who signs up at the same moment, and one whom lemlist does not know."""
    emails = [contact.email async for contact in app[LEMLIST].contacts.iterate() if contact.email]

    async with ClientSession() as browser:

        async def post(email: str) -> int:
            async with browser.post(f"{url}/signups/{email}") as response:
                return response.status

        statuses = await asyncio.gather(*map(post, [*emails, "nobody@example.com"]))
    print(f"{statuses.count(200)} signed up, {statuses.count(404)} unknown")


async def main() -> None:
    """Serve on a free port of this machine, take a rush of visitors, and end."""
    app = make_app()
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        await visit(app, f"http://127.0.0.1:{runner.addresses[0][1]}")
        print(f"{app[LOADER].stats.requests} requests to look up, {app[BATCHER].stats.requests} to add")
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
