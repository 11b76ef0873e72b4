"""What lemlist does with contacts."""

import pytest

from lemlist_async.sandbox import State

ANA = "https://www.linkedin.com/in/ana"
MISSING = "ctc_00000000000000000"


@pytest.fixture
def state():
    return State()


async def test_an_upsert_creates_with_201_and_then_updates_with_200(http):
    """`updated` is there only when it is true, and the answer speaks of `emails`."""
    body = {"email": "jane@acme.com", "firstName": "Jane"}

    async with http.post("contacts", json=body) as first, http.post("contacts", json=body) as second:
        created, updated = (await first.json())["data"], (await second.json())["data"]

    assert (first.status, second.status) == (201, 200)
    assert created["created"] is True
    assert "updated" not in created
    assert (updated["created"], updated["updated"]) == (False, True)
    assert created["emails"] == [{"value": "jane@acme.com"}]
    assert created["companyLinked"] is False
    assert "companyId" not in created


async def test_a_contact_is_read_with_email_and_full_name(http, sandbox):
    contact_id = sandbox.state.add_contact(email="jane@acme.com", firstName="Jane", lastName="Doe")

    async with http.get(f"contacts/{contact_id}") as by_id, http.get("contacts/JANE@acme.com") as by_email:
        contact = await by_id.json()
        same = await by_email.json()

    assert contact == same
    assert (contact["email"], contact["fullName"]) == ("jane@acme.com", "Jane Doe")
    assert "emails" not in contact
    assert contact["fields"]["firstName"] == "Jane"


async def test_an_unknown_contact_is_404(http):
    async with http.get("contacts/nobody@acme.com") as read, http.delete("contacts/nobody@acme.com") as gone:
        code = (await gone.json())["error"]["code"]

    assert (read.status, gone.status) == (404, 404)
    assert code == "CONTACT_NOT_FOUND"


async def test_a_deleted_contact_leaves_its_lists_too(http, sandbox):
    first, second = sandbox.state.add_contacts(2)
    list_id = sandbox.state.add_list("Both", members=[first, second])

    async with http.delete(f"contacts/{first}") as response:
        answer = await response.json()

    assert answer == {"success": True, "deletedContactId": first}
    assert sandbox.state.members(list_id) == [second]
    assert sandbox.state.contact("person1@example.com") is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({}, "MISSING_IDENTIFIER", id="nothing"),
        pytest.param({"email": None, "linkedinUrl": ""}, "MISSING_IDENTIFIER", id="empty"),
        pytest.param({"email": "jane"}, "INVALID_EMAIL", id="no address"),
        pytest.param({"email": 7}, "INVALID_EMAIL", id="a number"),
        pytest.param({"email": "a@b.co", "additionalEmails": ["x"]}, "INVALID_ADDITIONAL_EMAILS", id="bad more"),
        pytest.param({"email": "a@b.co", "additionalEmails": "c@d.eo"}, "INVALID_ADDITIONAL_EMAILS", id="text"),
        pytest.param({"email": "a@b.co", "linkedinUrl": "acme.com/in/x"}, "INVALID_LINKEDIN_URL", id="profile"),
        pytest.param({"linkedinUrl": f'=HYPERLINK("{ANA}")'}, "INVALID_LINKEDIN_URL", id="a formula"),
        pytest.param({"linkedinUrl": f"LinkedIn: {ANA}"}, "INVALID_LINKEDIN_URL", id="words before it"),
        pytest.param({"linkedinUrl": f"{ANA} (old)"}, "INVALID_LINKEDIN_URL", id="words after it"),
        pytest.param({"linkedinUrlSalesNav": "linkedin.com/in/x"}, "INVALID_LINKEDIN_URL", id="sales navigator"),
        pytest.param({"contactId": "jane"}, "INVALID_CONTACT_ID", id="malformed ID"),
        pytest.param({"contactId": MISSING}, "CONTACT_NOT_FOUND_BY_ID", id="unknown ID"),
    ],
)
async def test_a_bad_upsert_is_refused_whole_with_a_code(http, sandbox, body, code):
    """A malformed LinkedIn URL rejects the contact, however good its email is."""
    async with http.post("contacts", json=body) as response:
        answer = await response.json()

    assert response.status == 400
    assert (answer["success"], answer["error"]["code"]) == (False, code)
    assert not sandbox.state.contacts.by_id


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param({"email": "Jane@Acme.com"}, {"email": "jane@acme.COM"}, id="email in another case"),
        pytest.param(
            {"linkedinUrl": "https://www.linkedin.com/in/jane/"},
            {"linkedinUrl": "linkedin.com/in/jane"},
            id="url",
        ),
        pytest.param(
            {"linkedinUrlSalesNav": "https://www.linkedin.com/sales/lead/abc"},
            {"linkedinUrlSalesNav": "https://linkedin.com/sales/lead/abc", "email": "a@b.co"},
            id="sales navigator",
        ),
    ],
)
def test_an_identity_finds_the_same_contact_again(state, first, again):
    contact_id = state.add_contact(**first)

    status, answer = state.upsert_contact(again)

    assert (status, answer["data"]["_id"]) == (200, contact_id)


def test_a_contact_id_updates_and_its_new_email_replaces_the_old_one(state):
    contact_id = state.add_contact(email="old@acme.com")

    state.upsert_contact({"contactId": contact_id, "email": "new@acme.com"})

    assert state.contact("old@acme.com") is None
    assert state.contact("new@acme.com")["_id"] == contact_id


def test_an_identity_that_another_contact_has_is_not_moved(state):
    state.add_contact(email="jane@acme.com")
    other = state.add_contact(email="john@acme.com")

    state.upsert_contact({"contactId": other, "email": "jane@acme.com"})

    assert state.contact(other)["email"] == "john@acme.com"


def test_empty_values_change_nothing_and_the_source_is_set_once(state):
    contact_id = state.add_contact(email="jane@acme.com", firstName="Jane", source="csv")

    state.add_contact(email="jane@acme.com", firstName="", lastName=None, source="crm")

    assert state.contact(contact_id)["fields"] == {"firstName": "Jane"}
    assert state.contact(contact_id)["source"] == "csv"


def test_an_unregistered_field_is_dropped_and_a_registered_one_is_kept(state):
    state.add_field("plan", label="Plan")

    _, answer = state.upsert_contact({"email": "jane@acme.com", "plan": "pro", "plam": "pro"})

    assert answer["data"]["fields"] == {"plan": "pro"}


def test_an_owner_is_known_by_id_or_email_and_an_unknown_one_is_dropped(state):
    owner, seller = state.team.users

    owners = [
        state.upsert_contact({"email": f"{n}@acme.com", "contactOwner": given})[1]["data"]["ownerId"]
        for n, given in enumerate([seller.id, seller.email.upper(), "stranger@acme.com", None])
    ]

    assert owners == [seller.id, seller.id, owner.id, owner.id]


def test_additional_emails_gather(state):
    state.add_contact(email="jane@acme.com", additionalEmails=["j@acme.com"])

    contact_id = state.add_contact(email="jane@acme.com", additionalEmails=["j@acme.com", "jane@home.com"])

    emails = [one["value"] for one in state.contact(contact_id)["emails"]]
    assert emails == ["jane@acme.com", "j@acme.com", "jane@home.com"]


@pytest.mark.parametrize("by", ["companyId", "companyDomain", "companyLinkedinUrl"])
def test_a_company_is_linked_and_takes_the_job(state, by):
    page = "https://www.linkedin.com/company/acme"
    company_id = state.add_company(domain="acme.com", name="Acme", linkedinUrl=page)
    value = {"companyId": company_id, "companyDomain": "https://www.acme.com/x", "companyLinkedinUrl": page}[by]

    _, answer = state.upsert_contact({"email": "jane@acme.com", "jobTitle": "CEO", by: value})

    assert (answer["data"]["companyLinked"], answer["data"]["companyId"]) == (True, company_id)
    assert "jobTitle" not in answer["data"]["fields"]
    assert state.contact("jane@acme.com")["job"] == {"jobTitle": "CEO"}


def test_without_a_company_the_job_is_a_field_and_a_missing_company_goes_unsaid(state):
    _, answer = state.upsert_contact({"email": "jane@acme.com", "jobTitle": "CEO", "companyDomain": "acme.com"})

    assert answer["data"]["companyLinked"] is False
    assert answer["data"]["fields"] == {"jobTitle": "CEO"}
    assert "warnings" not in answer


def test_a_contact_that_lemlist_would_refuse_cannot_be_arranged(state):
    with pytest.raises(ValueError, match="Invalid email"):
        state.add_contact(email="jane")


async def test_contacts_by_key_come_as_a_bare_array(http, sandbox):
    first, second = sandbox.state.add_contacts(2)

    async with http.get("contacts", params={"idsOrEmails": f"{second},person1@example.com,{first},x"}) as response:
        found = await response.json()

    assert [one["_id"] for one in found] == [second, first]


async def test_more_than_100_keys_are_refused(http):
    async with http.get("contacts", params={"idsOrEmails": ",".join(["x"] * 101)}) as response:
        text = await response.text()

    assert (response.status, text) == (400, "Maximum 100 values in idsOrEmails")


@pytest.mark.parametrize(
    ("query", "page_of"),
    [
        pytest.param({}, (100, 0, 100), id="defaults"),
        pytest.param({"limit": "500"}, (500, 0, 500), id="at most 500"),
        pytest.param({"limit": "2", "offset": "599"}, (2, 599, 1), id="the last page"),
    ],
)
async def test_contacts_come_in_pages(http, sandbox, query, page_of):
    sandbox.state.add_contacts(600)

    async with http.get("contacts", params=query) as response:
        page = await response.json()

    assert page["total"] == 600
    assert (page["limit"], page["offset"], len(page["data"])) == page_of


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({"email": "JANE@acme.com"}, ["jane@acme.com"], id="email"),
        pytest.param({"search": "doe"}, ["jane@acme.com", "john@home.com"], id="search"),
        pytest.param({"search": "doe", "email": "john@home.com"}, ["john@home.com"], id="both"),
        pytest.param({"companyDomain": "acme.com"}, ["jane@acme.com"], id="company"),
        pytest.param({"companyDomain": "nowhere.com"}, [], id="unknown company"),
        pytest.param({"notInAnyCampaign": "true"}, ["jane@acme.com", "john@home.com"], id="no campaign"),
        pytest.param({"listId": "clt_unknown"}, [], id="unknown list"),
    ],
)
async def test_contacts_are_filtered(http, sandbox, query, found):
    sandbox.state.add_company(domain="acme.com")
    sandbox.state.add_contact(email="jane@acme.com", lastName="Doe", companyDomain="acme.com")
    sandbox.state.add_contact(email="john@home.com", lastName="Doe")

    async with http.get("contacts", params=query) as response:
        page = await response.json()

    assert [one["email"] for one in page["data"]] == found


async def test_a_lists_contacts_come_in_the_order_of_joining(http, sandbox):
    first, second, _ = sandbox.state.add_contacts(3)
    list_id = sandbox.state.add_list("Two", members=[second, first, "ctc_unknown"])

    async with http.get("contacts", params={"listId": list_id}) as response:
        page = await response.json()

    assert [one["_id"] for one in page["data"]] == [second, first]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"search": "x"}, "Search query must be at least 2 characters"),
        ({"listId": "x"}, "Bad params: listId must be like ^clt_[a-zA-Z0-9]+$"),
        ({"limit": "501"}, "Bad params: limit must be an integer from 1 to 500"),
        ({"limit": "abc"}, "Bad params: limit must be an integer"),
        ({"offset": "-1"}, "Bad params: offset must be an integer, 0 or more"),
        ({"notInAnyCampaign": "perhaps"}, "Bad params: notInAnyCampaign must be true or false"),
        ({"email": "jane"}, "Bad params: email must be an email address"),
    ],
)
async def test_bad_filters_are_refused_in_plain_text(http, query, text):
    async with http.get("contacts", params=query) as response:
        body = await response.text()

    assert (response.status, response.content_type, body) == (400, "text/plain", text)


async def test_the_export_is_csv_with_custom_fields_and_without_ids(http, sandbox):
    sandbox.state.add_field("plan")
    sandbox.state.add_company(domain="acme.com", name="Acme")
    jane = sandbox.state.add_contact(
        email="jane@acme.com", firstName="Jane", plan="pro", jobTitle="CEO", companyDomain="acme.com"
    )
    sandbox.state.add_contact(email="john@home.com")
    list_id = sandbox.state.add_list("VIP", members=[jane])

    async with http.get("contacts/export", params={"listId": list_id}) as response:
        header, *rows = (await response.text()).splitlines()

    assert response.content_type == "text/csv"
    assert "attachment" in response.headers["Content-Disposition"]
    assert header == (
        "firstName,lastName,email,linkedinUrl,companyName,jobTitle,phone,status,owner,campaigns,contactLists,plan"
    )
    assert rows == ["Jane,,jane@acme.com,,Acme,CEO,,,olivia@sandbox.example,,VIP,pro"]


async def test_all_contacts_or_companies_can_be_exported(http, sandbox):
    sandbox.state.add_company(domain="acme.com", name="Acme")
    sandbox.state.add_contact(email="jane@acme.com", companyDomain="acme.com")
    sandbox.state.add_contacts(2)

    async with (
        http.get("contacts/export?listId=all") as contacts,
        http.get("contacts/export?listId=all&entity=company") as some,
    ):
        rows = (await contacts.text()).splitlines()
        companies = (await some.text()).splitlines()

    assert len(rows) == 4
    assert companies[1].startswith("Acme,acme.com,")
    assert companies[1].endswith(",1")


@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"listId": "clt_unknown"}, 404)])
async def test_an_export_needs_a_list_that_exists(http, query, status):
    async with http.get("contacts/export", params=query) as response:
        pass

    assert response.status == status


def test_the_same_seed_makes_the_same_ids(state):
    assert state.add_contacts(3) == State().add_contacts(3)
    assert state.add_contacts(1) != State(seed=1).add_contacts(1)


def test_made_up_people_stay_distinct_after_a_deletion(state):
    first, _ = state.add_contacts(2)
    state.delete_contact(first)

    [third] = state.add_contacts(1)

    assert state.contact(third)["email"] == "person3@example.com"


def test_a_twin_that_was_smuggled_in_does_not_take_the_email_with_it(state):
    first = state.add_contact(email="jane@acme.com")
    twin = state.contacts.add(email="jane@acme.com")

    state.delete_contact(twin.id)

    assert state.contact("jane@acme.com")["_id"] == first
