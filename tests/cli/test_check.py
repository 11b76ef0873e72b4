"""`lemlist-async check`."""

import json

import pytest

from lemlist_async.cli.exits import Exit
from lemlist_async.sandbox import Quota


def test_a_good_key_is_told_with_its_team(sandbox, run):
    sandbox.quota = Quota()

    result = run("check")

    assert result.exit_code == Exit.DONE
    assert result.stdout.splitlines() == [
        "key         accepted",
        f"team        Sandbox ({sandbox.state.team.id})",
        "users       2",
        "credits     100",
        "rate limit  20 requests, 19 left at this moment",
    ]
    assert result.stderr == ""


def test_as_json(sandbox, run):
    result = run("check", "--json")

    assert json.loads(result.stdout) == {
        "accepted": True,
        "team": {"id": sandbox.state.team.id, "name": "Sandbox"},
        "users": 2,
        "credits": 100,
        "rate_limit": {"limit": None, "remaining": None},
    }


def test_a_key_that_may_not_see_the_credits_is_accepted_all_the_same(sandbox, run):
    sandbox.faults.answer(403, path="/team/credits")

    result = run("check")

    assert result.exit_code == Exit.DONE
    assert "credits     not told" in result.stdout
    assert "rate limit  not told" in result.stdout


def test_a_wrong_key_is_refused_with_what_to_do(sandbox, run):
    result = run("check", env={"LEMLIST_API_KEY": "wrong-key"})

    assert result.exit_code == Exit.REFUSED
    assert result.stdout == ""
    assert result.stderr.startswith("lemlist-async: GET /team answered 404: No user found for this API key")
    assert "LEMLIST_API_KEY" in result.stderr
    assert "wrong-key" not in result.stderr


def test_no_key_is_refused(no_account, run):
    result = run("check")

    assert result.exit_code == Exit.REFUSED
    assert result.stderr.startswith("lemlist-async: There is no API key.")


@pytest.mark.usefixtures("impatient")
def test_a_lemlist_out_of_reach_is_a_failure(sandbox, run):
    result = run("check", "--base-url", "http://127.0.0.1:9")

    assert result.exit_code == Exit.FAILED
    assert "refused" in result.stderr


def test_the_sandbox_needs_no_account_and_says_what_it_is(no_account, run):
    result = run("check", "--sandbox")

    assert result.exit_code == Exit.DONE
    assert "team        Sandbox" in result.stdout
    assert result.stderr.startswith("A throw-away sandbox on this computer")


def test_the_sandbox_never_hears_the_real_key(sandbox, run):
    result = run("check", "--sandbox", env={"LEMLIST_API_KEY": "a-real-key"})

    assert result.exit_code == Exit.DONE
    assert sandbox.received == []


def test_the_sandbox_and_another_lemlist_exclude_each_other(run):
    result = run("check", "--sandbox", "--base-url", "https://example.com")

    assert result.exit_code == Exit.REFUSED


@pytest.mark.parametrize("url", ["http://example.com", "lemlist"], ids=["unencrypted", "no-url"])
def test_a_base_url_that_would_leak_the_key_is_refused(sandbox, run, url):
    result = run("check", "--base-url", url)

    assert result.exit_code == Exit.REFUSED
    assert "Traceback" not in result.stderr


def test_a_limiter_that_is_no_redis_is_refused(sandbox, run):
    result = run("check", "--limiter", "http://127.0.0.1:1")

    assert result.exit_code == Exit.REFUSED
    assert sandbox.received == []


def test_a_limiter_out_of_reach_is_named(sandbox, run):
    result = run("check", "--limiter", "redis://127.0.0.1:1")

    assert result.exit_code == Exit.FAILED
    assert "Redis at 127.0.0.1:1, which keeps the rate limit, is unreachable" in result.stderr
    assert result.stderr.endswith("without a URL this host keeps a window of its own.\n")
    assert sandbox.received == []


def test_a_sandbox_needs_no_limiter(no_account, run):
    assert run("check", "--sandbox", "--limiter", "http://127.0.0.1:1").exit_code == Exit.DONE
