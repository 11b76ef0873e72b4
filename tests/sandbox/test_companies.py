"""What lemlist does with companies."""

import pytest

PAGE = "https://www.linkedin.com/company/acme"


async def test_a_company_is_created_then_updated_by_its_domain(http):
    body = {"name": "Acme", "domain": "https://ACME.com/about", "linkedinUrl": PAGE, "companyOwner": "nobody"}

    async with http.post("companies", json=body) as first, http.post("companies", json=body) as second:
        created, updated = (await first.json())["data"], (await second.json())["data"]

    assert (first.status, second.status) == (201, 200)
    assert (created["created"], "updated" in created) == (True, False)
    assert (updated["created"], updated["updated"]) == (False, True)
    assert (created["domain"], created["linkedinUrl"]) == ("acme.com", PAGE)
    assert created["fields"] == {"name": "Acme"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"domain": "acme.com"}, "MISSING_REQUIRED_FIELD"),
        ({"name": "Acme"}, "MISSING_REQUIRED_FIELD"),
        ({"name": "Acme", "domain": "acme"}, "INVALID_DOMAIN"),
        ({"name": "Acme", "domain": "acme.com", "linkedinUrl": "acme.com"}, "INVALID_LINKEDIN_URL"),
        ({"companyId": "acme"}, "INVALID_COMPANY_ID"),
        ({"companyId": "cpn_unknown"}, "COMPANY_NOT_FOUND_BY_ID"),
    ],
)
async def test_a_bad_company_is_refused_with_a_code(http, body, code):
    async with http.post("companies", json=body) as response:
        answer = await response.json()

    assert (response.status, answer["error"]["code"]) == (400, code)


def test_a_company_is_found_by_id_or_page_and_keeps_what_is_not_given(sandbox):
    state = sandbox.state
    company_id = state.add_company(domain="acme.com", name="Acme", linkedinUrl=PAGE)
    owner = state.team.add_user("Uma", "uma@sandbox.example")

    _, by_page = state.companies.upsert({"name": "Acme", "domain": "acme.io", "linkedinUrl": PAGE})
    _, by_id = state.companies.upsert({"companyId": company_id, "industry": "Anvils", "companyOwner": owner})

    assert by_page["data"]["_id"] == by_id["data"]["_id"] == company_id
    assert (by_id["data"]["domain"], by_id["data"]["ownerId"]) == ("acme.io", owner)
    assert by_id["data"]["fields"] == {"name": "Acme", "industry": "Anvils"}


async def test_companies_come_by_key_or_in_pages(http, sandbox):
    acme = sandbox.state.add_company(domain="acme.com", name="Acme")
    zeta = sandbox.state.add_company(domain="zeta.com", name="Zeta")

    queries = [
        {"idsOrDomains": f"https://zeta.com/x,{acme},nonsense"},
        {"search": "ACM"},
        {"sortOrder": "desc", "limit": "1"},
        {"idsOrDomains": ",".join(["x"] * 101)},
    ]
    answers = []
    for query in queries:
        async with http.get("companies", params=query) as response:
            answers.append(await response.json() if response.status == 200 else response.status)

    ids = [[one["_id"] for one in answer["data"]] for answer in answers[:3]]
    assert ids == [[zeta, acme], [acme], [zeta]]
    assert answers[2]["total"] == 2
    assert answers[3] == 400


async def test_a_company_with_contacts_is_deleted_only_by_force(http, sandbox):
    company_id = sandbox.state.add_company(domain="acme.com")
    contact_id = sandbox.state.add_contact(email="jane@acme.com", companyDomain="acme.com")

    async with (
        http.delete(f"companies/{company_id}") as refused,
        http.delete(f"companies/{company_id}?force=true") as deleted,
    ):
        error, answer = (await refused.json())["error"], await deleted.json()

    assert (error["code"], error["contactCount"]) == ("COMPANY_HAS_CONTACTS", 1)
    assert answer == {"success": True, "deletedCompanyId": company_id, "unlinkedContacts": 1}
    assert sandbox.state.contact(contact_id)["companyId"] is None


async def test_a_lonely_company_is_deleted_and_then_it_is_gone(http, sandbox):
    company_id = sandbox.state.add_company(domain="acme.com", linkedinUrl=PAGE)

    statuses = []
    for one in (company_id, company_id, "acme"):
        async with http.delete(f"companies/{one}") as response:
            statuses.append(response.status)

    assert statuses == [200, 404, 400]


def test_a_domain_or_page_of_two_companies_belongs_to_the_first(sandbox):
    state = sandbox.state
    first = state.add_company(domain="acme.com", linkedinUrl=PAGE)
    second = state.add_company(domain="acme.io")

    state.companies.upsert({"companyId": second, "domain": "acme.com", "linkedinUrl": PAGE})
    state.delete_company(second)

    assert state.companies.find({"companyDomain": "acme.com"}).id == first
    assert state.companies.find({"companyLinkedinUrl": PAGE}).id == first


async def test_notes_are_added_and_come_in_numbered_pages(http, sandbox):
    path = f"companies/{sandbox.state.add_company(domain='acme.com')}/notes"

    for number in range(3):
        async with http.post(path, json={"note": f"note {number}"}) as response:
            made = await response.json()
    queries = [{}, {"limit": "2", "page": "2"}, {"sortOrder": "desc", "limit": "1"}, {"page": "9"}]
    pages = []
    for query in queries:
        async with http.get(path, params=query) as answer:
            pages.append(await answer.json())

    assert (response.status, made["type"]) == (200, "annotated")
    assert [[one["note"][-1] for one in page["data"]] for page in pages] == [["0", "1", "2"], ["2"], ["2"], []]
    assert all(page["total"] == 3 for page in pages)


async def test_a_bad_note_and_an_unknown_company_are_refused(http, sandbox):
    path = f"companies/{sandbox.state.add_company(domain='acme.com')}/notes"
    unknown = "companies/cpn_unknown/notes"

    async with (
        http.post(path, json={"note": ""}) as empty,
        http.post(unknown, json={"note": "Hi"}) as nowhere,
        http.get(unknown) as none,
    ):
        assert [empty.status, nowhere.status, none.status] == [400, 404, 404]
