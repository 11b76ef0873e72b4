"""`leads import`, `companies import`, `unsubscribes import`, `campaigns`."""

import json
import signal
import time

import pytest

from lemlist_async.cli.exits import Exit


@pytest.fixture
def campaign(sandbox):
    """A campaign that does not run."""
    return sandbox.state.campaigns.add("Outreach", "paused", messagesSent=3, replied=1)


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path."""

    def write(name, *lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def leads(write):
    """A file of two leads and one row that is none."""
    return write(
        "leads.csv",
        "Email,First name,Company,Industry,Hook",
        "jane@example.com,Jane,Acme,Toys,Nice shoes",
        "nothing,Joe,,,",
        "jim@example.com,Jim,,,",
    )


def test_leads_are_added_to_a_campaign_with_their_variables(sandbox, run, campaign, leads, tmp_path):
    result = run("leads", "import", leads, "--campaign", "Outreach")

    bodies = [one.json for one in sandbox.requests("POST")]
    jane = next(body for body in bodies if body["email"] == "jane@example.com")
    assert result.exit_code == Exit.REJECTED
    assert sorted(body["email"] for body in bodies) == ["jane@example.com", "jim@example.com"]
    assert {"firstName": "Jane", "companyName": "Acme", "industry": "Toys"}.items() <= jane.items()
    assert jane["hook"] == "Nice shoes"
    assert "added         2" in result.stdout
    assert "1 rejected: Email is not an email address (line 3)" in result.stdout
    assert "nothing,Joe" in (tmp_path / "leads.rejected.csv").read_text(encoding="utf-8-sig")


def test_leads_who_are_there_already_are_counted(sandbox, run, campaign, leads):
    run("leads", "import", leads, "--campaign", campaign)

    report = json.loads(
        run("leads", "import", leads, "--campaign", campaign, "--deduplicate", "--no-journal", "--json").stdout
    )

    assert (report["rows"], report["rejected_rows"], report["added_count"]) == (3, 1, 0)
    assert report["already_in_campaign"] + report["already_elsewhere"] == 2


def test_a_campaign_that_runs_needs_a_yes(sandbox, run, leads):
    campaign = sandbox.state.campaigns.add("Running", "running")

    refused = run("leads", "import", leads, "--campaign", campaign)
    allowed = run("leads", "import", leads, "--campaign", campaign, "--yes", "--max-rejected", "50%")

    assert refused.exit_code == Exit.REFUSED
    assert "begins to send at once" in refused.stderr
    assert allowed.exit_code == Exit.DONE


def test_what_lemlist_refuses_goes_to_the_file_of_refused_rows(sandbox, run, campaign, write, tmp_path):
    file = write("leads.csv", "Email", "jane@example.com", "jim@example.com")
    sandbox.faults.answer(400, method="POST", times=1)

    result = run("leads", "import", file, "--campaign", campaign, "--concurrency", "1")

    assert result.exit_code == Exit.REJECTED
    assert result.stderr == ""
    assert "added         1" in result.stdout
    assert "jane@example.com" in (tmp_path / "leads.rejected.csv").read_text(encoding="utf-8-sig")


@pytest.mark.usefixtures("impatient")
def test_an_outage_stops_an_import_of_leads(sandbox, run, campaign, leads):
    sandbox.faults.answer(500, method="POST", times=None)

    result = run("leads", "import", leads, "--campaign", campaign, "--deduplicate")

    assert result.exit_code == Exit.STOPPED
    assert "answered 500" in result.stderr
    assert "The same command continues where this one ended" in result.stderr


@pytest.mark.parametrize("name", ["Nobody's", "cam_unknown"])
def test_a_campaign_that_is_not_there_is_refused(sandbox, run, leads, name):
    result = run("leads", "import", leads, "--campaign", name)

    assert result.exit_code == Exit.REFUSED
    assert sandbox.count(method="POST") == 0


def test_campaigns_of_one_name_are_told_apart_by_their_ids(sandbox, run, campaign, leads):
    twin = sandbox.state.campaigns.add("Outreach", "paused")

    result = run("leads", "import", leads, "--campaign", "Outreach")

    assert result.exit_code == Exit.REFUSED
    assert twin in result.stderr


def test_an_import_of_leads_is_cancelled_with_its_report(sandbox, begin, campaign, leads):
    sandbox.faults.silence(method="POST")
    process = begin("leads", "import", leads, "--campaign", campaign, "--deduplicate")
    while not sandbox.count(method="POST"):
        assert process.poll() is None
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    assert "Stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert process.returncode == Exit.STOPPED
    assert "rows read" in out
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["Outreach", "cam_mine"])
def test_the_sandbox_has_the_campaign_that_is_named(no_account, run, leads, name):
    result = run("leads", "import", leads, "--campaign", name, "--sandbox", "--max-rejected", "1")

    assert result.exit_code == Exit.DONE


COMPANIES = (
    "Company name,Website,Employees,Tier",
    "Acme,https://www.acme.com/about,10,gold",
    "Nameless,,,",
    ",b.com,,",
)


def test_companies_are_created_and_updated(sandbox, run, write, tmp_path):
    sandbox.state.add_field("tier", entity="company")
    file = write("companies.csv", *COMPANIES)

    first = run("companies", "import", file)
    again = json.loads(run("companies", "import", file, "--json").stdout)

    assert first.exit_code == Exit.REJECTED
    assert "created       1" in first.stdout
    assert (again["updated_count"], again["unchanged"], again["rejected_rows"]) == (0, 1, 2)
    body = next(one.json for one in sandbox.requests("POST"))
    assert body["domain"] == "acme.com"
    assert (body["name"], body["size"], body["tier"]) == ("Acme", "10", "gold")
    assert (tmp_path / "companies.rejected.csv").exists()


@pytest.mark.parametrize("name", ["companies.jsonl", "companies.xlsx", "companies.parquet"])
def test_companies_come_in_any_format(sandbox, run, tmp_path, name):
    from lemlist_async.rows.writers import writing

    with writing(tmp_path / name, ["name", "domain"]) as writer:
        writer.write({"name": "Acme", "domain": "acme.com"})
        writer.write({"name": "Beta", "domain": "beta.com"})

    result = run("companies", "import", tmp_path / name)

    assert result.exit_code == Exit.DONE
    assert len(sandbox.requests("POST")) == 2


def test_columns_that_lemlist_would_drop_are_refused_or_left_out(sandbox, run, write):
    file = write("companies.csv", *COMPANIES[:2])

    refused = run("companies", "import", file)
    dropped = run("companies", "import", file, "--drop-unregistered")
    ignored = run("companies", "import", file, "--ignore", "Tier")
    mapped = run("companies", "import", file, "--map", "Tier=description")
    wrong = run("companies", "import", file, "--map", "Tier=grade")

    assert refused.exit_code == wrong.exit_code == Exit.REFUSED
    assert "'Tier'" in refused.stderr
    assert dropped.exit_code == ignored.exit_code == mapped.exit_code == Exit.DONE
    assert sandbox.requests("POST")[-1].json["description"] == "gold"


def test_a_file_without_companies_is_refused(sandbox, run, write, tmp_path):
    no_domain = run("companies", "import", write("a.csv", "Email", "jane@example.com"))
    missing = run("companies", "import", tmp_path / "none.csv")
    empty = run("companies", "import", write("b.csv"))

    assert no_domain.exit_code == missing.exit_code == empty.exit_code == Exit.REFUSED
    assert "no column identifies a company. Found: 'Email'. Needed is one of domain, companyId" in no_domain.stderr
    assert "none.csv" in missing.stderr


def test_a_broken_row_of_companies_is_rejected(sandbox, run, write):
    file = write("companies.csv", "name,domain", "Acme,acme.com,too,many", "Beta,beta.com")

    result = run("companies", "import", file)

    assert result.exit_code == Exit.REJECTED
    assert len(sandbox.requests("POST")) == 1


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_values_are_unsubscribed(sandbox, run, write, source):
    lines = ("email", "jane@example.com", "@acme.com")
    arguments = [write("stop.csv", *lines)] if source == "file" else ["-"]

    result = run("unsubscribes", "import", *arguments, "--json", input="\n".join(lines))

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert (report["submitted"], report["unsubscribed"]) == (2, 2)
    assert run("api", "unsubscribes", "get", "jane@example.com").exit_code == Exit.DONE


@pytest.mark.parametrize(("allowed", "code"), [("0", Exit.REJECTED), ("1", Exit.DONE)])
def test_values_that_are_none_are_told(sandbox, run, write, allowed, code):
    file = write("stop.txt", "jane@example.com", "acme.com")

    result = run("unsubscribes", "import", file, "--max-rejected", allowed)

    assert result.exit_code == code
    assert "rejected      1" in result.stdout
    assert "1 rejected: A domain is written with an @ in front of it. (line 2)" in result.stdout


@pytest.mark.usefixtures("impatient")
def test_an_outage_stops_unsubscribing(sandbox, run, write):
    sandbox.faults.answer(500, method="POST", times=None)

    result = run("unsubscribes", "import", write("stop.txt", "jane@example.com"))

    assert result.exit_code == Exit.STOPPED
    assert "answered 500" in result.stderr


def test_campaigns_are_listed(sandbox, run, campaign):
    sandbox.state.campaigns.add("Running", "running")

    words = run("campaigns", "list").stdout
    running = json.loads(run("campaigns", "list", "--status", "running", "--json").stdout)

    assert f"{campaign}  Outreach  paused" in words
    assert [one["name"] for one in running["campaigns"]] == ["Running"]


def test_statistics_of_some_or_all_campaigns_are_shown(sandbox, run, campaign):
    sandbox.state.campaigns.add("Other", messagesSent=7)

    one = run("campaigns", "stats", "Outreach")
    every = json.loads(run("campaigns", "stats", "--since", "2026-01-01", "--until", "2026-11-01", "--json").stdout)

    assert one.exit_code == Exit.DONE
    assert "Outreach" in one.stdout
    assert "Other" not in one.stdout
    assert [row["stats"]["messages_sent"] for row in every["campaigns"]] == [3, 7]


@pytest.mark.usefixtures("impatient")
def test_statistics_that_do_not_come_are_told(sandbox, run, campaign):
    sandbox.faults.answer(500, method="POST", times=None)

    result = run("campaigns", "stats", campaign)

    assert result.exit_code == Exit.REJECTED
    assert "answered 500" in result.stderr
    assert "–" in result.stdout


def test_campaigns_are_started_and_paused(sandbox, run, campaign):
    refused = run("campaigns", "start", "Outreach")
    started = run("campaigns", "start", "Outreach", "--yes", "--json")
    paused = run("campaigns", "pause", campaign)

    assert refused.exit_code == Exit.REFUSED
    assert "Say --yes" in refused.stderr
    assert json.loads(started.stdout)["status"] == "running"
    assert paused.stderr == "Outreach is paused.\n"


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", Exit.DONE), (b"n\n", Exit.STOPPED)], ids=["yes", "no"])
def test_at_a_terminal_a_start_is_asked_for(at_terminal, campaign, answer, code):
    ended, _ = at_terminal("campaigns", "start", campaign, asked=b"Go on?", keys=answer)

    assert ended == code


@pytest.mark.parametrize("command", [["list"], ["stats"], ["start", "Mine"], ["pause", "Mine"]], ids=" ".join)
def test_the_sandbox_has_campaigns(no_account, run, command):
    assert run("campaigns", *command, "--sandbox").exit_code == Exit.DONE
