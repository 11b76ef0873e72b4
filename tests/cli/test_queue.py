"""The commands of the queue: worker, jobs, schedule."""

import json
import signal
import sys

import psycopg
import pytest

from lemlist_async.cli.exits import Exit


@pytest.fixture
def dsn(postgres, monkeypatch, sandbox):
    dsn = postgres.dsn()
    monkeypatch.setenv("LEMLIST_DSN", dsn)
    monkeypatch.setenv("LEMLIST_API_KEY_ACME", sandbox.api_key)
    return dsn


@pytest.fixture
def migrated(dsn, run):
    assert run("worker", "migrate").exit_code == 0
    return dsn


def test_the_tables_are_made_once_and_can_be_printed(dsn, run):
    first, second, printed = run("worker", "migrate"), run("worker", "migrate"), run("worker", "migrate", "--sql")

    assert first.stderr == "The tables are ready.\n"
    assert second.stderr == "The tables were ready.\n"
    assert "CREATE TABLE IF NOT EXISTS lemlist_rows" in printed.stdout


@pytest.mark.usefixtures("dsn")
@pytest.mark.parametrize(
    "command",
    [
        ("jobs", "add", "import", "people.csv", "--key", "acme"),
        ("jobs", "list"),
        ("jobs", "show", "1"),
        ("jobs", "abort", "1"),
        ("jobs", "retry", "1"),
        ("schedule", "list"),
        ("schedule", "remove", "nightly"),
    ],
    ids=" ".join,
)
def test_a_database_without_tables_says_which_command_makes_them(run, command):
    done = run(*command)

    assert done.exit_code == Exit.REFUSED
    assert "run: lemlist-async worker migrate" in done.stderr


def test_a_database_that_is_not_there_is_named_without_its_password(run):
    done = run("jobs", "list", "--dsn", "postgresql://me:s3cret@127.0.0.1:1/db")

    assert done.exit_code != 0
    assert "127.0.0.1:1/db cannot be reached" in done.stderr
    assert "s3cret" not in done.output


@pytest.mark.usefixtures("migrated")
def test_a_job_goes_from_the_queue_through_a_worker_to_its_end(run, begin, people, sandbox):
    number = json.loads(run("jobs", "add", "import", people(3), "--key", "acme", "--list", "News", "--json").stdout)[
        "job"
    ]
    worker = begin("worker", "run", "--beat", "1", "--stale", "10", "--health", "0", "--verbose")

    while (job := json.loads(run("jobs", "show", number, "--json").stdout))["status"] in {"todo", "doing"}:
        assert worker.poll() is None, worker.communicate()
    shown, listed = run("jobs", "show", number), run("jobs", "list")
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
    assert (job["status"], job["progress"]["created"]) == ("succeeded", 3)
    assert "created" in shown.stdout
    assert "succeeded" in listed.stdout
    assert len(json.loads(run("jobs", "list", "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--beat", "-1"), "'--beat': -1.0 is not in the range 0.1<=x<=3600"),
        (("--beat", "nan"), "'--beat': 'nan' is no number of seconds"),
        (("--stale", "2"), "'--stale': 2.0 is not in the range 5<=x<=86400"),
        (("--stale", "-1"), "'--stale': -1.0 is not in the range"),
        (("--stale", "15"), "--stale 15 must be at least twice --beat 10: others would take over jobs that run."),
        (("--grace", "-1"), "'--grace': -1.0 is not in the range 0<=x<=86400"),
        (("--health", "99999"), "--health 99999 is no port: ports end at 65535. For a file, write ./99999"),
    ],
)
def test_numbers_with_which_no_worker_works_are_refused(run, arguments, problem):
    done = run("worker", "run", "--dsn", "postgresql://127.0.0.1:1/db", *arguments)

    assert done.exit_code == Exit.REFUSED
    assert problem in " ".join(done.stderr.split())


@pytest.mark.usefixtures("migrated")
def test_a_worker_tells_in_one_line_why_a_job_failed(run, begin, tmp_path):
    number = json.loads(run("jobs", "add", "import", tmp_path / "x.csv", "--key", "acme", "--json").stdout)["job"]
    worker = begin("worker", "run")
    while json.loads(run("jobs", "show", number, "--json").stdout)["status"] in {"todo", "doing"}:
        assert worker.poll() is None, worker.communicate()
    worker.send_signal(signal.SIGTERM)

    assert worker.communicate(timeout=30)[1].splitlines() == [
        "Working; 10 jobs at a time. Ctrl-C stops gracefully.",
        f"Job {number} failed: {tmp_path}/x.csv: there is no such file. It is not retried.",
    ]


def test_the_reason_of_a_failed_job_is_shown(run, migrated):
    number = json.loads(run("jobs", "add", "import", "x.csv", "--key", "acme", "--json").stdout)["job"]
    with psycopg.connect(migrated) as connection:
        connection.execute('INSERT INTO lemlist_progress VALUES (%s, now(), \'{"reason": "No rows."}\')', (number,))

    shown, listed = run("jobs", "show", number), run("jobs", "list")
    as_json = json.loads(run("jobs", "show", number, "--json").stdout)

    assert "reason       No rows.\n" in shown.stdout
    assert listed.stdout.splitlines()[0].split() == ["job", "status", "kind", "key", "source", "reason"]
    assert listed.stdout.splitlines()[1].endswith("x.csv   No rows.")
    assert (as_json["reason"], as_json["progress"]) == ("No rows.", None)


def test_a_job_is_shown_with_its_list_its_options_and_numbers(run, migrated):
    options = '{"renames": {"Mail": "email"}}'
    added = run("jobs", "add", "import", "x.csv", "--key", "acme", "--list", "News", "--options", options, "--json")
    number = json.loads(added.stdout)["job"]
    report = '{"rows": 3, "unknown": 0, "elapsed": 1.2345, "is_complete": true, "list": {"created": true}}'
    with psycopg.connect(migrated) as connection:
        connection.execute("INSERT INTO lemlist_progress VALUES (%s, '2026-11-26 12:00:00+00', %s)", (number, report))

    shown = run("jobs", "show", number)

    assert [line.split(maxsplit=1) for line in shown.stdout.splitlines()[:5]] == [
        ["job", str(number)],
        ["status", "todo"],
        ["kind", "import"],
        ["key", "acme"],
        ["source", "x.csv"],
    ]
    assert [" ".join(line.split()) for line in shown.stdout.splitlines()[5:]] == [
        "list News",
        "name x.csv",
        'options {"renames": {"Mail": "email"}}',
        "progress at 2026-11-26 12:00:00 UTC",
        "list created yes",
        "rows 3",
        "elapsed 1.2",
        "is complete yes",
    ]


@pytest.mark.usefixtures("migrated")
def test_a_job_can_be_ended_and_queued_again(run, people):
    number = json.loads(run("jobs", "add", "import", people(3), "--key", "acme", "--json").stdout)["job"]

    ended, again = run("jobs", "abort", number), run("jobs", "retry", number)

    assert ended.stdout == f"Job {number} is being ended.\n"
    assert again.stdout == f"Job {number + 1} is queued.\n"


@pytest.mark.usefixtures("migrated")
def test_no_jobs_and_no_schedules_are_said(run):
    assert run("jobs", "list", "--limit", 2**70).stderr == "There are no jobs.\n"
    assert run("schedule", "list").stderr == "There are no schedules.\n"


@pytest.mark.usefixtures("migrated")
def test_a_schedule_is_kept_shown_and_removed(run):
    facts = ("nightly", "0 2 * * *", "import", "people.csv", "--key", "acme", "--spread", "6h")

    added, listed = run("schedule", "add", *facts), run("schedule", "list")
    as_json = json.loads(run("schedule", "list", "--json").stdout)
    again = json.loads(run("schedule", "add", *facts, "--json").stdout)
    removed, gone = run("schedule", "remove", "nightly"), run("schedule", "remove", "nightly", "--json")

    assert added.stdout.startswith("nightly is due first at ")
    assert "0 2 * * *" in listed.stdout
    assert (as_json[0]["schedule"], as_json[0]["name"]) == ("nightly", "people.csv")
    assert (as_json[0]["spread"], as_json[0]["source"]) == (21600.0, "people.csv")
    assert again["schedule"] == "nightly"
    assert removed.stdout == "nightly is removed.\n"
    assert gone.exit_code == Exit.REFUSED


@pytest.mark.usefixtures("migrated")
def test_a_removal_is_told_as_json(run):
    run("schedule", "add", "nightly", "0 2 * * *", "import", "people.csv", "--key", "acme")

    assert json.loads(run("schedule", "remove", "nightly", "--json").stdout) == {"schedule": "nightly", "removed": True}


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--key", "unknown"), "There is no API key called 'unknown'"),
        (("--key", "acme", "--options", "{"), "--options must be a JSON object"),
        (("--key", "acme", "--options", "[]"), "--options must be a JSON object"),
        (
            ("--key", "acme", "--options", '{"fulll": true}'),
            'options has no "fulll"; a job of kind import has "concurrency", "create_companies", "delimiter",'
            ' "drop_unregistered", "encoding", "full", "header_line", "ignore", "max_rejected", "renames", "sheet",'
            ' "verify".',
        ),
        (("--key", "acme", "--options", '{"renames": 5}'), 'options: "renames" must be an object of strings'),
        (("--key", "acme", "--keys", "vault"), "keys must be env, or file:PATH"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_queued(run, arguments, problem):
    done = run("jobs", "add", "import", "people.csv", *arguments)

    assert done.exit_code == Exit.REFUSED
    assert problem in done.stderr
    assert run("jobs", "list").stderr == "There are no jobs.\n"


@pytest.mark.usefixtures("migrated")
def test_a_spread_must_look_like_one(run):
    done = run("schedule", "add", "x", "0 2 * * *", "import", "a.csv", "--spread", "long")

    assert "should look like 6h, 30m or 90s" in done.stderr


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("cron", "spread", "problem"),
    [("0 0 31 2 *", "0s", "names a date that never comes"), ("0 2 * * *", "9" * 30 + "h", "must be at most a year")],
)
def test_a_schedule_that_is_never_due_is_refused(run, cron, spread, problem):
    done = run("schedule", "add", "x", cron, "import", "a.csv", "--key", "acme", "--spread", spread)

    assert done.exit_code == Exit.REFUSED
    assert problem in done.stderr


def test_without_the_extra_it_says_what_to_install(monkeypatch, run):
    monkeypatch.delitem(sys.modules, "lemlist_async.worker.engine", raising=False)
    monkeypatch.setitem(sys.modules, "procrastinate", None)

    done = run("jobs", "list", "--dsn", "postgresql://127.0.0.1/db")

    assert 'pip install "lemlist-async[worker]"' in done.stderr


@pytest.mark.usefixtures("migrated")
def test_a_journal_is_copied_and_nothing_is_sent_again(run, people, sandbox, tmp_path, dsn):
    path = people(3)
    kept = tmp_path / "it.journal"
    run("contacts", "import", path, "--journal", kept)
    sandbox.reset_received()

    copied = run("journal", "copy", kept, "--name", "people")
    again = run("journal", "copy", tmp_path / "nothing", "--name", "people")

    assert copied.exit_code == 0, copied.stderr
    assert "is in the database as 'people'" in copied.stderr
    assert again.exit_code == Exit.REFUSED
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM lemlist_rows").fetchone() == (3,)
