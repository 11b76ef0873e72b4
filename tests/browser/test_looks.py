"""The sandbox's page for everybody: names and roles, contrast, widths, dark mode, and motion."""

import pytest
from browser.test_page import button, expect, fill

NAMED = {"button", "checkbox", "columnheader", "combobox", "dialog", "group", "image", "img", "region", "searchbox"}
NAMED |= {"table", "textbox"}
LONG = "x" * 300

# For each visible text: its contrast against what is behind it, as WCAG 2 computes it.
CONTRASTS = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const linear = (one) => one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4;
    const [r, g, b] = parse(color).map((one) => linear(one / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((parse(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const one of document.querySelectorAll("body *")) {
    const text = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || one.closest("script, style") || !one.checkVisibility()) continue;
    const [high, low] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => b - a);
    found.push([one.textContent.trim().slice(0, 30), (high + .05) / (low + .05)]);
  }
  return found;
}"""


@pytest.fixture
def filled(sandbox, call):
    """A sandbox with something everywhere, requests of every kind, and a fault switched on."""
    fill(sandbox)
    sandbox.faults.answer(500, path="/team")
    for path in ("team", "team", "contacts/nobody@acme.com"):
        call(path)
    sandbox.faults.drop(path="/nowhere")
    return sandbox


def test_whatever_can_be_used_has_a_name_and_the_page_has_landmarks(open_page, filled):
    page = open_page()
    button(page, "Reset…").click()
    nodes = tree_of(page)
    page.keyboard.press("Escape")
    nodes += tree_of(page)

    unnamed = {role for role, name in nodes if role in NAMED and not name}
    roles = [role for role, _ in nodes]

    assert unnamed == set()
    assert (roles.count("banner"), roles.count("main"), roles.count("status")) >= (1, 1, 1)
    assert page.locator("h1").count() == 1
    assert {"button", "checkbox", "combobox", "searchbox", "textbox", "dialog", "region", "table"} <= set(roles)
    assert roles.count("columnheader") >= 5 + 2 + 3 + 3
    assert page.locator("[aria-live]").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"


def tree_of(page):
    """Return the roles and names that a screen reader is told."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [(one["role"]["value"], one.get("name", {}).get("value")) for one in nodes if not one["ignored"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(open_page, filled, scheme):
    page = open_page(color_scheme=scheme)
    button(page, "Answer 502").click()
    expect(page.get_by_role("status")).to_have_text("Switched on: Answer 502.")
    page.mouse.move(0, 0)

    contrasts = page.evaluate(CONTRASTS)

    assert len(contrasts) > 50
    assert [one for one in contrasts if one[1] < 4.5] == []


def test_dark_mode_is_dark(open_page):
    colours = [
        open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]

    light, dark = ([int(part) for part in one.removeprefix("rgb(").rstrip(")").split(",")] for one in colours)
    assert min(light) > 200
    assert max(dark) < 60


@pytest.mark.parametrize("width", [360, 768, 1280, 2000])
def test_nothing_is_wider_than_the_window(open_page, filled, call, width):
    fill_widely(filled, call)
    page = open_page(width)
    page.locator("summary").last.click()

    expect(page.get_by_role("cell", name=f"/contacts/{LONG}")).to_be_visible()
    wide = page.evaluate(
        "[...document.querySelectorAll('html, section, .scroll')].filter((one) => one.scrollWidth > one.clientWidth)"
        ".map((one) => one.id || one.tagName)"
    )

    assert wide == []


def fill_widely(sandbox, call):
    """Add what has no place to break a line at."""
    contact = sandbox.state.add_contact(email=f"{LONG}@acme.com", firstName=LONG)
    sandbox.state.add_list(LONG, members=[contact])
    campaign = sandbox.state.campaigns.add(LONG)
    lead = sandbox.state.campaigns.add_lead(campaign, email=f"{LONG}@acme.com")
    sandbox.state.add_activity("linkedinInviteAccepted", lead)
    call(f"contacts/{LONG}")
    sandbox.faults.answer(500, path=f"/{LONG}{LONG}")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_slots_move_only_for_those_who_like_motion(open_page, call, motion):
    call("team")
    page = open_page(reduced_motion=motion)

    expect(page.locator("#slots .taken")).to_have_count(1)

    assert bool(page.evaluate("document.getAnimations().length")) == (motion == "no-preference")
