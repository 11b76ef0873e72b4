"""The key and people's data stay where they belong: in no log, no error, no report's text, no pickle."""

import asyncio
import logging
import pickle
from base64 import b64encode

import pytest
from support import ONCE, client_of, until

from lemlist_async import ContactInput, LemlistError, RetryPolicy

KEY = "zK3y9q7w5distinctive"
EMAIL = "zaphod.q@beeblebrox.example"
PERSONAL = [EMAIL, "Zaphodina", "zaphod-profile", "+33611223344", "zplan-value"]
SECRETS = [KEY, b64encode(f":{KEY}".encode()).decode(), *PERSONAL]

ZAPHOD = ContactInput(
    email=EMAIL,
    first_name="Zaphodina",
    linkedin_url="https://linkedin.com/in/zaphod-profile",
    phone="+33611223344",
    custom={"plan": "zplan-value"},
)


@pytest.fixture
def api_key():
    return KEY


@pytest.fixture
def texts(caplog):
    """Gather texts that anyone may see; the log's records are among them."""
    caplog.set_level(logging.DEBUG)
    gathered = []
    yield gathered
    gathered += [record.getMessage() for record in caplog.records]
    gathered += [repr(vars(record)) for record in caplog.records]
    assert gathered
    leaks = {
        (secret, text[max(0, at - 60) : at + 60])
        for text in gathered
        for secret in SECRETS
        if (at := text.find(secret)) >= 0
    }
    assert not leaks


def texts_of(value):
    return [str(value), repr(value), pickle.dumps(value).decode("latin-1")]


def texts_of_error(error):
    """Give the texts of an error and of all that hang on it, and of its report's."""
    gathered = texts_of(error) if isinstance(error, LemlistError) else []
    while error is not None:
        gathered += [str(error), repr(error)]
        gathered += texts_of(error.report) if hasattr(error, "report") else []
        gathered += texts_of_error(error.__context__) if error.__context__ is not error.__cause__ else []
        error = error.__cause__
    return gathered


async def use(lemlist, newsletter, texts):
    """Do everything that has to do with a person, and gather what is said about it."""
    runs = [lemlist.contacts.upsert_many([ZAPHOD]), lemlist.lists.add(newsletter, iter([EMAIL, "ctc_1", "Zaphodina"]))]
    calls = [
        lemlist.contacts.upsert(ZAPHOD),
        lemlist.contacts.get(EMAIL),
        lemlist.contacts.delete(EMAIL),
        lemlist.request("GET", f"/contacts/{EMAIL}"),
        lemlist.request("POST", "/contacts", json={"email": EMAIL, "linkedinUrl": ZAPHOD.linkedin_url}),
        lemlist.request("GET", "/contacts", params={"idsOrEmails": EMAIL}),
        lemlist.lists.find_or_create("A list"),
        lemlist.team.get(),
        *runs,
        lemlist.lists.remove(newsletter, [EMAIL]),
    ]
    texts += texts_of(ZAPHOD)[:2]
    for call in calls:
        try:
            result = await call
        except (LemlistError, RuntimeError) as error:
            texts += texts_of_error(error)
        else:
            texts += [] if isinstance(result, dict | list | str) else [repr(result)]
    for run in runs:
        texts += [*texts_of(run.report), repr(run)]
    texts += [repr(lemlist), str(lemlist), repr(lemlist._session)]


async def test_success_gives_nothing_away(sandbox, texts):
    sandbox.state.add_field("plan")
    newsletter = sandbox.state.add_list("Newsletter")

    async with client_of(sandbox) as lemlist:
        await use(lemlist, newsletter, texts)


ECHO = f"{KEY} {EMAIL} {ZAPHOD.linkedin_url} Basic {SECRETS[1]}"


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 409, 418, 429, 500, 502])
@pytest.mark.parametrize("body", ["plain", '{"error": {"code": "%s", "message": "%s"}}', '{"error": "%s"}', "<html>%s"])
async def test_no_refusal_gives_anything_away_even_if_lemlist_repeats_it(sandbox, texts, status, body):
    newsletter = sandbox.state.add_list("Newsletter")
    body = body.replace("%s", ECHO) if "%s" in body else ECHO
    sandbox.faults.answer(status, body=body, headers={"Location": f"https://x.test/{KEY}"}, times=None)

    async with client_of(sandbox, retry=RetryPolicy(attempts=2, first_wait=0.001)) as lemlist:
        await use(lemlist, newsletter, texts)


@pytest.mark.parametrize("after_applying", [False, True])
@pytest.mark.parametrize("kind", ["drop", "truncate", "garble"])
async def test_no_broken_reply_gives_anything_away(sandbox, texts, kind, after_applying):
    newsletter = sandbox.state.add_list("Newsletter")
    getattr(sandbox.faults, kind)(after_applying=after_applying, times=None)

    async with client_of(sandbox) as lemlist:
        await use(lemlist, newsletter, texts)


@pytest.mark.parametrize("body", [ECHO, f'"{EMAIL}"', f'{{"data": "{EMAIL}"}}', f'{{"data": {{"_id": ["{EMAIL}"]}}}}'])
async def test_no_unexpected_reply_gives_anything_away(sandbox, texts, body):
    newsletter = sandbox.state.add_list("Newsletter")
    sandbox.faults.answer(200, body=body, content_type="application/json", times=None)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        await use(lemlist, newsletter, texts)


async def test_no_timeout_gives_anything_away(sandbox, texts):
    newsletter = sandbox.state.add_list("Newsletter")
    sandbox.faults.silence(times=None)

    async with client_of(sandbox, retry=ONCE, timeout=0.02) as lemlist:
        await use(lemlist, newsletter, texts)
    async with client_of(sandbox, retry=RetryPolicy(deadline=0.02)) as lemlist:
        await use(lemlist, newsletter, texts)


async def test_no_refused_connection_gives_anything_away(sandbox, texts):
    newsletter = sandbox.state.add_list("Newsletter")
    await sandbox.stop()

    async with client_of(sandbox) as lemlist:
        await use(lemlist, newsletter, texts)


async def test_a_wrong_key_is_not_given_away_either(sandbox, texts):
    newsletter = sandbox.state.add_list("Newsletter")
    lemlist, closed = client_of(sandbox), client_of(sandbox)
    sandbox.api_key = "another"

    async with lemlist:
        await use(lemlist, newsletter, texts)
    await closed.aclose()
    await use(closed, newsletter, texts)


async def test_no_cancelled_run_gives_anything_away(sandbox, texts):
    sandbox.faults.silence()

    async with client_of(sandbox) as lemlist:
        run = lemlist.contacts.upsert_many([ZAPHOD])
        task = asyncio.create_task(run)
        await until(sandbox.count)
        texts += [repr(task), repr(run)]
        task.cancel()
        await asyncio.wait({task})

    texts += texts_of(run.report)
    assert run.report.ambiguous == (ZAPHOD,)


async def test_outcomes_give_nothing_away(sandbox, texts):
    crowd = [ZAPHOD, ContactInput(email="nonsense", first_name="Zaphodina")]

    async with client_of(sandbox) as lemlist, lemlist.contacts.upsert_many(crowd) as outcomes:
        async for outcome in outcomes:
            texts += [str(outcome), repr(outcome)]
