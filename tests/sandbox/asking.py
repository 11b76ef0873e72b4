"""How tests ask a sandbox over HTTP."""


async def ask(http, method, path, **options):
    """Return a reply's status, and its JSON or its text."""
    async with http.request(method, path, **options) as response:
        is_json = response.content_type == "application/json"
        return response.status, await (response.json() if is_json else response.text())


async def ok(http, method, path, **options):
    """Return what a request that succeeds is answered with."""
    status, answer = await ask(http, method, path, **options)
    assert status < 300, (status, answer)
    return answer
