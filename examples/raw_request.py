"""Call an endpoint that has no method of its own, with the same key, rate limit, retries and errors.

In one terminal:   python -m lemlist_async.sandbox
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/raw_request.py
"""

import asyncio

from lemlist_async import AuthenticationError, InvalidRequestError, Lemlist, LemlistError, UnexpectedReplyError


async def main() -> None:
    """Read, write, and see three ways in which that goes wrong."""
    async with Lemlist() as lemlist:
        senders = await lemlist.request("GET", "/team/senders", params={"state": "running"})
        print(f"{len(senders)} senders")

        # repeatable: a second POST would change nothing more, so a lost answer may be followed by another try.
        body = {"name": "Lumen Optics", "domain": "lumen-optics.example"}
        company = await lemlist.request("POST", "/companies", json=body, repeatable=True)
        print(f"company {company['data']['_id']}")

        try:
            await lemlist.request("GET", "/team/senders", params={"state": "asleep"})
        except InvalidRequestError as error:  # 400, with lemlist's own words
            print(f"refused: {error.status} {error.message}")

        try:
            await lemlist.request("GET", "/team/sender")
        except UnexpectedReplyError as error:  # lemlist answers an unknown path with 200 and its web page
            print(f"no such path: {error}")

    async with Lemlist("not-the-key") as stranger:
        try:
            await stranger.request("GET", "/team", deadline=10)
        except AuthenticationError as error:
            print(f"not let in: {error}")
        except LemlistError as error:  # the root of the tree: rate limit, 5xx, lost connection, deadline …
            print(f"not answered, {'worth another try' if error.retryable else 'no use trying again'}: {error}")


if __name__ == "__main__":
    asyncio.run(main())
