"""Webhooks: made, listed and deleted; and what lemlist posts, read as values."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import InvalidRequestError, NotFoundError, TransportError, WebhookEvent, parse_webhook

URL = "https://hooks.example.com/very-secret"

# Shaped like lemlist's activities, which is what it posts.
EVENT = {
    "_id": "act_a",
    "type": "emailsReplied",
    "teamId": "tea_a",
    "isFirst": True,
    "createdAt": "2025-10-28T08:07:38.375Z",
    "leadEmail": "jane@acme.com",
    "leadId": "lea_a",
    "contactId": "ctc_a",
    "campaignId": "cam_a",
    "campaignName": "Q4",
    "userId": "usr_a",
    "metaData": {"leadId": "lea_a"},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=10,
)


async def test_a_webhook_is_made_listed_and_deleted(sandbox, lemlist):
    made = await lemlist.webhooks.create(URL, type="emailsReplied", campaign_id="cam_a", is_first=True, secret="s3cret")
    listed = await lemlist.webhooks.all()
    await lemlist.webhooks.delete(made.id)

    assert listed == [made]
    assert (made.target_url, made.type, made.campaign_id, made.is_first) == (URL, "emailsReplied", "cam_a", True)
    assert made.created_at.tzinfo is UTC
    assert sandbox.received[0].json == {"targetUrl": URL, "type": "emailsReplied", "secret": "s3cret"}
    assert sandbox.received[0].query == {"campaignId": "cam_a", "isFirst": "true"}
    assert await lemlist.webhooks.all() == []


async def test_a_webhook_for_everything_needs_its_url_only(sandbox, lemlist):
    made = await lemlist.webhooks.create(URL)

    assert (made.type, made.campaign_id, made.is_first) == (None, None, None)
    assert (sandbox.received[0].json, sandbox.received[0].query) == ({"targetUrl": URL}, {})


async def test_a_webhooks_url_is_a_secret(lemlist):
    made = await lemlist.webhooks.create(URL)

    assert "secret" not in repr(made)


async def test_what_is_no_url_is_refused_and_not_shown(sandbox, lemlist):
    with pytest.raises(InvalidRequestError, match="url must begin with https://") as caught:
        await lemlist.webhooks.create("hooks.example.com/very-secret")

    assert "secret" not in str(caught.value)
    assert sandbox.count() == 0


async def test_a_creation_is_not_repeated_after_a_lost_answer(sandbox, lemlist):
    sandbox.faults.drop(after_applying=True)

    with pytest.raises(TransportError) as caught:
        await lemlist.webhooks.create(URL)

    assert (caught.value.ambiguous, sandbox.count(), len(sandbox.state.hooks.by_id)) == (True, 1, 1)


async def test_a_deletion_is_repeated_and_a_webhook_that_is_gone_is_gone(sandbox, lemlist):
    hook_id = sandbox.state.hooks.add(URL)
    sandbox.faults.drop(after_applying=True)

    await lemlist.webhooks.delete(hook_id)

    assert (sandbox.state.hooks.by_id, sandbox.count()) == ({}, 2)


async def test_a_webhook_that_was_never_there_is_not_found(lemlist):
    with pytest.raises(NotFoundError):
        await lemlist.webhooks.delete("hoo_gone")


@pytest.mark.parametrize(
    "body",
    [EVENT, json.dumps(EVENT), json.dumps(EVENT).encode(), bytearray(json.dumps(EVENT).encode())],
    ids=["decoded", "text", "raw", "a buffer"],
)
def test_an_event_is_read_whatever_form_it_has(body):
    event = parse_webhook(body)

    assert event == WebhookEvent(
        type="emailsReplied",
        id="act_a",
        campaign_id="cam_a",
        campaign_name="Q4",
        lead_id="lea_a",
        lead_email="jane@acme.com",
        contact_id="ctc_a",
        team_id="tea_a",
        user_id="usr_a",
        is_first=True,
        created_at=datetime(2025, 10, 28, 8, 7, 38, 375000, tzinfo=UTC),
        data=EVENT,
    )


def test_an_event_shows_nothing_personal():
    assert "jane" not in repr(parse_webhook(EVENT))


def test_a_word_that_lemlist_adds_later_is_an_event_too():
    event = parse_webhook({"type": "telepathySent", "data": 7})

    assert (event.type, event.id, event.data) == ("telepathySent", None, {"type": "telepathySent", "data": 7})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", "[]", "null", 7, None, {}, {"type": ""}, {"type": 7}, b"[" * 100_000],
    ids=["nothing", "broken", "no text", "an array", "null", "a number", "None", "empty", "blank", "odd", "deep"],
)
def test_what_is_no_event_is_refused(body):
    with pytest.raises(InvalidRequestError, match="This is not an event of lemlist's"):
        parse_webhook(body)


def test_an_odd_field_is_none_and_its_raw_value_is_in_the_data():
    event = parse_webhook({"type": "emailsReplied", "createdAt": "yesterday"})

    assert (event.created_at, event.data["createdAt"]) == (None, "yesterday")


def test_the_secret_is_checked_where_it_is_known_and_kept_nowhere():
    event = parse_webhook(EVENT | {"secret": "s3cret"}, secret="s3cret")

    assert event.data == EVENT
    assert "secret" not in parse_webhook(EVENT | {"secret": "s3cret"}).data


@pytest.mark.parametrize("given", [{}, {"secret": "other"}, {"secret": 7}, {"secret": None}, {"secret": "\ud800"}])
def test_an_event_without_the_secret_is_refused(given):
    with pytest.raises(InvalidRequestError, match="does not carry the webhook's secret") as caught:
        parse_webhook(EVENT | given, secret="s3cret")

    assert "s3cret" not in str(caught.value)


def test_the_callers_own_mapping_is_left_as_it_is():
    body = EVENT | {"secret": "s3cret"}

    parse_webhook(body)

    assert body["secret"] == "s3cret"


@given(st.dictionaries(st.sampled_from([*EVENT, "secret", "data", "odd"]), json_values))
def test_anything_posted_is_an_event_or_refused(body):
    try:
        event = parse_webhook(json.dumps(body), secret=body.get("secret") or None)
    except InvalidRequestError:
        return

    assert event.data == {name: value for name, value in body.items() if name != "secret"}
