"""The sandbox's page in a real browser: what it shows, and what its buttons do."""

import http.server
import threading
from contextlib import contextmanager

import pytest

SCRIPT = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"


def expect(*args):
    from playwright.sync_api import expect

    return expect(*args)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def region(page, name):
    return page.get_by_role("region", name=name, exact=True)


def fill(sandbox, name="Jane"):
    """Put something into every section of the page."""
    contact = sandbox.state.add_contact(email="jane@acme.com", firstName=name, lastName="Doe")
    sandbox.state.add_list(name, members=[contact])
    campaign = sandbox.state.campaigns.add(name)
    sandbox.state.add_activity("emailsSent", sandbox.state.campaigns.add_lead(campaign, email="jane@acme.com"))


def test_requests_appear_with_their_status_and_use_slots_up(open_page, sandbox, call):
    page = open_page()

    call("team")
    call("contacts/nobody@acme.com")

    rows = page.get_by_role("table", name="Requests").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("/contacts/nobody@acme.com")
    expect(rows.nth(1)).to_contain_text("404")
    expect(rows.nth(2)).to_contain_text("GET")
    expect(rows.nth(2)).to_contain_text("200")
    expect(rows.nth(2)).to_contain_text(" ms")
    expect(page.get_by_text("2 of 20 slots taken")).to_be_visible()
    expect(page.locator("#slots .taken")).to_have_count(2)
    assert sandbox.count() == 2


def test_a_full_window_says_that_the_next_request_is_refused(open_page, sandbox, call):
    page = open_page()

    sandbox.quota.foreign(20)

    expect(page.get_by_text("the next request is refused")).to_be_visible()
    assert call("team") == 429
    expect(page.get_by_role("cell", name="429")).to_be_visible()


def test_a_sandbox_without_a_limit_says_so(open_page, sandbox):
    page = open_page()

    sandbox.quota = None

    expect(page.get_by_text("No rate limit")).to_be_visible()
    expect(page.locator("#slots")).to_be_hidden()


def test_everything_in_the_sandbox_is_shown(open_page, sandbox):
    page = open_page()

    fill(sandbox)
    page.locator("summary").click()

    expect(region(page, "Lists")).to_contain_text("1 member")
    expect(region(page, "Lists").get_by_text("Jane Doe jane@acme.com")).to_be_visible()
    expect(region(page, "Contacts").get_by_role("cell", name="Jane Doe")).to_be_visible()
    expect(region(page, "Campaigns").get_by_role("row").nth(1)).to_contain_text("running")
    expect(region(page, "Activities").get_by_role("row").nth(1)).to_contain_text("emailsSent")


def test_an_open_list_stays_open_while_its_members_change(open_page, sandbox):
    vip = sandbox.state.add_list("VIP", members=sandbox.state.add_contacts(1))
    page = open_page()
    page.locator("summary").press("Enter")

    sandbox.state.lists[vip].members |= dict.fromkeys(sandbox.state.add_contacts(1))

    expect(page.get_by_text("Person 2 person2@example.com")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_search_finds_a_contact_that_is_not_among_the_first(open_page, sandbox):
    sandbox.state.add_contacts(300)
    page = open_page()

    page.get_by_label("Search contacts").fill("PERSON299@")

    expect(page.get_by_role("table", name="Contacts").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("cell", name="person299@example.com")).to_be_visible()
    expect(page.get_by_text("1 found of 300")).to_be_visible()
    page.get_by_label("Search contacts").fill("nobody at all")
    expect(page.get_by_text("Nobody matches.")).to_be_visible()


def test_a_fault_button_makes_the_next_call_fail(open_page, call):
    page = open_page()

    button(page, "Answer 500").click()
    expect(page.get_by_text("Answer 500: the next request")).to_be_visible()

    assert [call("team"), call("team")] == [500, 200]
    expect(page.get_by_text("Fault: scripted answer")).to_be_visible()
    expect(page.get_by_text("Nothing: every request succeeds.")).to_be_visible()


def test_faults_fit_a_path_and_last_until_they_are_cleared(open_page, sandbox, call):
    page = open_page()

    page.get_by_label("Which requests").select_option("All, until cleared")
    page.get_by_label("Path contains").fill("/contacts")
    page.get_by_label("Do what is asked, then fail").check()
    button(page, "Answer 502").click()
    expect(page.get_by_text("Answer 502: all requests (path with /contacts), applied first")).to_be_visible()
    statuses = [call("team"), *(call("contacts", "POST", b'{"email": "jane@acme.com"}') for _ in range(2))]
    button(page, "Clear faults").click()
    expect(page.get_by_text("Nothing: every request succeeds.")).to_be_visible()

    assert statuses == [200, 502, 502]
    assert sandbox.state.contact("jane@acme.com") is not None
    assert call("contacts") == 200
    expect(page.get_by_text("applied all the same")).to_have_count(2)


def test_every_fault_button_is_understood(open_page, sandbox):
    page = open_page()
    buttons = page.get_by_role("group", name="Switch a fault on").get_by_role("button")

    for number in range(buttons.count()):
        with page.expect_response("**/_sandbox/faults") as answered:
            buttons.nth(number).click()
        assert answered.value.status == 200

    assert len(sandbox.faults.show()) == buttons.count() == 9


def test_a_reset_empties_everything_after_a_question(open_page, sandbox, call):
    sandbox.state.add_field("plan")
    fill(sandbox)
    call("team")
    page = open_page()

    button(page, "Reset…").click()
    button(page, "Keep everything").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert sandbox.state.contact("jane@acme.com") is not None
    button(page, "Reset…").click()
    button(page, "Empty it").click()

    expect(page.get_by_text("No request yet.")).to_be_visible()
    expect(page.get_by_text("No contact yet.")).to_be_visible()
    expect(page.get_by_text("No list yet.")).to_be_visible()
    expect(page.get_by_text("No campaign yet.")).to_be_visible()
    expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
    assert sandbox.state.contact("jane@acme.com") is None


def test_the_keyboard_is_enough(open_page, sandbox, call):
    fill(sandbox)
    page = open_page()
    visited = []

    def tab_to(name):
        for _ in range(40):
            page.keyboard.press("Tab")
            here = page.evaluate("document.activeElement.textContent.trim()")
            visited.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
            if here == name:
                return
        raise AssertionError(f"no way to {name}")

    tab_to("Answer 500")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Answer 500: the next request")).to_be_visible()
    assert call("team") == 500
    tab_to("Reset…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Empty the sandbox?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "ask"
    page.keyboard.press("Enter")
    tab_to("Empty it")
    page.keyboard.press("Enter")

    expect(page.get_by_text("No contact yet.")).to_be_visible()
    assert set(visited) <= {"solid", "none"}
    assert visited.count("none") <= visited.count("solid") / 10  # the document itself is visited between two rounds


def test_updates_can_be_paused(open_page, call):
    page = open_page()

    with page.expect_response("**/state.json*"):
        button(page, "Pause updates").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    call("team")
    page.wait_for_timeout(1200)  # two updates would have come

    assert asked == []
    button(page, "Pause updates").click()
    expect(page.get_by_role("cell", name="/team")).to_be_visible()


def test_a_sandbox_that_went_away_is_told_until_it_is_back(open_page):
    page = open_page()

    page.route("**/state.json*", lambda route: route.abort())
    expect(page.get_by_role("status")).to_have_text("The sandbox does not answer. Trying again…")
    page.unroute("**/state.json*")

    expect(page.get_by_role("status")).to_be_empty()


def test_a_script_in_a_name_is_text(open_page, sandbox, call):
    fill(sandbox, SCRIPT)
    sandbox.state.add_field("plan")
    page = open_page()

    call("contacts/%3Cimg%20src=x%20onerror=window.ran=1%3E")

    expect(page.get_by_role("cell", name="<img src=x onerror=window.ran=1>")).to_be_visible()
    expect(region(page, "Contacts")).to_contain_text(SCRIPT)
    expect(region(page, "Lists")).to_contain_text(SCRIPT)
    expect(region(page, "Activities")).to_contain_text(SCRIPT)
    assert page.locator("img").count() == 0
    assert page.evaluate("window.ran") is None


def test_the_page_asks_no_other_host_and_may_not(open_page, home, browser):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    button(page, "Answer 500").click()
    page.reload()
    button(page, "Clear faults").click()
    expect(page.get_by_text("Nothing: every request succeeds.")).to_be_visible()
    refused = page.evaluate("fetch('http://127.0.0.2:9/').then(() => 'sent', (error) => error.name)")

    assert {one for one in asked if not one.startswith((home, "data:"))} <= {"http://127.0.0.2:9/"}
    assert refused == "TypeError"


@contextmanager
def another_site(html):
    """Serve a page on another port: another origin to the browser."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


ATTACK = """async ([home, type]) => {
  const sent = type ? { mode: "cors", headers: { "Content-Type": type } } : { mode: "no-cors" };
  const options = { method: "POST", body: "{}", ...sent };
  const reply = await fetch(home + "_sandbox/reset", options).catch((error) => error.name);
  const read = await fetch(home + "_sandbox/state.json").then((one) => one.text(), (error) => error.name);
  return [reply.type ?? reply, read];
}"""


@pytest.mark.parametrize("content_type", ["", "application/json"])
def test_another_origin_can_neither_change_nor_read_the_sandbox(browser, sandbox, home, content_type):
    fill(sandbox)

    with another_site("<title>another</title>") as site:
        page = browser.new_page()
        page.goto(site)
        changed, read = page.evaluate(ATTACK, [home, content_type])
        form = f"<form method=post enctype=text/plain action='{home}_sandbox/reset'><input name='{{}}'></form>"
        page.set_content(form)
        with page.expect_navigation():
            page.evaluate("document.forms[0].submit()")
        page.close()

    assert (changed, read) == ("TypeError", "TypeError")
    assert sandbox.state.contact("jane@acme.com") is not None
