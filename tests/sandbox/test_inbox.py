"""What lemlist does with conversations, labels and drafts."""

import pytest
from sandbox.asking import ask, ok

JANE = "jane@acme.com"


@pytest.fixture
def contact(sandbox):
    return sandbox.state.add_contact(email=JANE, firstName="Jane")


@pytest.fixture
def sender(sandbox):
    owner = sandbox.state.team.owner
    return {"sendUserId": owner.id, "sendUserMailboxId": owner.mailbox_id, "sendUserEmail": owner.email}


async def test_what_is_sent_and_what_comes_back_is_a_conversation(http, sandbox, contact, sender):
    owner = sandbox.state.team.owner.id
    sent = await ok(http, "POST", "inbox/email", json=sender | {"contactId": contact, "subject": "Hi", "message": "Hi"})
    sandbox.state.inbox.add_message(contact, "Hello")
    before = await ok(http, "GET", f"inbox?userId={owner}")
    messages = await ok(http, "GET", f"inbox/{contact}?userId={owner}&markAsRead=true")
    after = await ok(http, "GET", f"inbox?userId={owner}")

    [conversation] = before["data"]
    assert sent == {"ok": True, "contactId": contact}
    assert [(one["type"], one["message"]) for one in messages["data"]] == [
        ("emailsReplied", "Hello"),
        ("emailsSent", "Hi"),
    ]
    assert (conversation["haveReplies"], conversation["channels"], conversation["contact"]["fullName"]) == (
        True,
        ["email"],
        "Jane",
    )
    assert [one["data"][0]["users"][0]["read"] for one in (before, after)] == [False, True]


async def test_messages_to_a_lead_belong_to_its_campaign(http, sandbox, sender):
    campaign = sandbox.state.campaigns.add("Q4")
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)
    contact = sandbox.state.campaigns.leads[lead].contact_id
    about = sender | {"leadId": lead, "contactId": contact, "message": "Hi", "sendUserWhatsappAccountId": "wha_a"}

    await ok(http, "POST", "inbox/email", json=sender | {"leadId": lead, "message": "Hi"})
    await ok(http, "POST", "inbox/linkedin", json=about)
    await ok(http, "POST", "inbox/whatsapp", json=about)

    found = await ok(http, "GET", f"inbox/{contact}")
    assert {(one["campaignId"], one["leadId"]) for one in found["data"]} == {(campaign, lead)}
    assert {one["type"] for one in found["data"]} == {"emailsSent", "linkedinSent", "whatsappMessageSent"}


async def test_conversations_and_messages_come_in_pages(http, sandbox):
    contacts = sandbox.state.add_contacts(3)
    for contact in (*contacts, contacts[0]):
        sandbox.state.inbox.add_message(contact, "Hi", "sms", reply=False)

    first = await ok(http, "GET", "inbox?userId=usr_a&limit=2")
    second = await ok(http, "GET", "inbox?userId=usr_a&limit=2&page=2")
    last = await ok(http, "GET", f"inbox/{contacts[0]}?limit=1&skip=1")

    assert [one["contactId"] for one in (*first["data"], *second["data"])] == [contacts[0], contacts[2], contacts[1]]
    assert first["pagination"] == {
        "totalItems": 3,
        "currentPage": 1,
        "nextPage": 2,
        "previousPage": None,
        "perPage": 2,
        "totalPages": 2,
    }
    assert (second["pagination"]["nextPage"], second["pagination"]["previousPage"]) == (None, 1)
    assert (len(last["data"]), last["pagination"]["currentPage"]) == (1, 2)


async def test_a_conversation_ends_with_its_contact(http, sandbox, contact):
    sandbox.state.inbox.add_message(contact, "Hi")

    await ok(http, "DELETE", f"contacts/{contact}")

    assert (await ok(http, "GET", "inbox?userId=usr_a"))["data"] == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"contactId": "ctc_gone"}, "Contact not found"),
        ({"sendUserId": "usr_gone"}, "User not found"),
        ({"message": None}, "Bad params: message is required"),
    ],
)
async def test_a_message_needs_a_sender_a_reader_and_words(http, contact, sender, change, text):
    body = sender | {"contactId": contact, "message": "Hi"} | change

    assert await ask(http, "POST", "inbox/email", json=body) == (400, text)


async def test_labels_are_made_once_and_put_on_conversations(http, sandbox, contact):
    hot, cold = [(await ok(http, "POST", "inbox/labels", json={"labelName": name}))["_id"] for name in ("Hot", "Cold")]
    again = await ask(http, "POST", "inbox/labels", json={"labelName": "Hot"})
    path = f"inbox/conversations/labels/{contact}"
    kept = []
    for method, body in (
        ("POST", {"labelIds": [hot], "appendLabels": True}),
        ("POST", {"labelIds": [cold, hot], "appendLabels": True}),
        ("DELETE", {"labelIds": [hot]}),
        ("POST", {"labelIds": [hot], "appendLabels": False}),
    ):
        await ok(http, method, path, json=body)
        kept.append(sandbox.state.inbox.labels_of[contact])

    assert again == (409, "There is a label of this name")
    assert kept == [[hot], [hot, cold], [cold], [hot]]
    assert [one["name"] for one in await ok(http, "GET", "inbox/labels")] == ["Hot", "Cold"]
    assert (await ok(http, "GET", f"inbox/labels/{cold}"))["name"] == "Cold"
    assert len(sandbox.state.activities.of("inboxLabelUpdated")) == 4


@pytest.mark.parametrize(
    ("method", "path", "body", "refusal"),
    [
        ("GET", "inbox/labels/lbl_gone", None, (404, "Label not found")),
        ("POST", "inbox/labels", {}, (400, "Bad params: labelName is required")),
        ("POST", "inbox/conversations/labels/{}", {"labelIds": ["x"], "appendLabels": True}, (404, "Label not found")),
        ("POST", "inbox/conversations/labels/{}", {"labelIds": []}, (400, "Bad params: appendLabels is required")),
        ("DELETE", "inbox/conversations/labels/{}", {"labelIds": "x"}, (400, "Bad params: labelIds must be an array")),
        ("DELETE", "inbox/conversations/labels/ctc_gone", {"labelIds": []}, (400, "Contact not found")),
    ],
)
async def test_what_is_no_label_is_refused(http, contact, method, path, body, refusal):  # noqa: PLR0917
    assert await ask(http, method, path.format(contact), json=body) == refusal


async def test_drafts_are_written_changed_and_deleted_by_their_owner(http, sandbox, contact):
    path, mine = f"inbox/{contact}/drafts", {"draftOwner": sandbox.state.team.owner.email}
    body = {"channel": "email", "content": "x" * 200, "subject": "Hi"}

    made = (await ok(http, "POST", path, params=mine, json=body))["draftId"]
    [listed] = (await ok(http, "GET", path, params=mine))["drafts"]
    changed = (await ok(http, "PATCH", f"{path}/{made}", params=mine, json={"content": "Hello"}))["draft"]
    read = (await ok(http, "GET", f"{path}/{made}", params=mine))["draft"]
    empty = await ask(http, "PATCH", f"{path}/{made}", params=mine, json={"content": ""})
    other = await ask(http, "GET", f"{path}/{made}", params={"draftOwner": sandbox.state.team.users[1].id})
    await ok(http, "DELETE", f"{path}/{made}", params=mine)

    assert (len(listed["contentPreview"]), "content" in listed) == (100, False)
    assert (changed["content"], changed["source"], read) == ("Hello", "api", changed)
    assert empty == (400, "content is empty")
    assert other == (404, "Draft not found")
    assert (await ok(http, "GET", path, params=mine))["drafts"] == []


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/drf_a"), ("DELETE", "/drf_a")])
async def test_a_draft_has_an_owner_of_the_team(http, contact, method, path):
    body = {"channel": "email", "content": "Hi"} if method == "POST" else None

    answer = await ask(http, method, f"inbox/{contact}/drafts{path}", params={"draftOwner": "usr_gone"}, json=body)

    assert answer == (400, "User not found")
