"""Rows from a path, from http, and from SQL."""

import builtins
import sqlite3
import sys
from pathlib import Path

import pytest
from aiohttp import web
from support import spec

from lemlist_async import InvalidRequestError
from lemlist_async.worker import open_source


async def emails(one):
    async with open_source(one) as rows:
        if hasattr(rows, "__aiter__"):
            return [row["email"] async for row in rows]
        return [row.contact.email for row in rows]


@pytest.fixture
async def web_server():
    """A web server with one file."""

    async def answer(request):
        if request.path.endswith("people.csv"):
            return web.Response(text="email\na@x.com\nb@x.com\n", content_type="text/csv")
        if request.path.endswith("busy.csv"):
            raise web.HTTPServiceUnavailable
        if request.path.endswith("secret.csv"):
            raise web.HTTPForbidden
        raise web.HTTPNotFound

    server = web.Application()
    server.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_path_is_read_where_it_is(people):
    path = people(2)

    assert await emails(spec(path)) == await emails(spec(f"file://{path}")) == ["p0@example.com", "p1@example.com"]


async def test_the_path_of_a_file_url_is_decoded(people):
    path = people(1, "50% of Ünal's people.csv")

    assert await emails(spec(Path(path).as_uri())) == ["p0@example.com"]


async def test_options_of_the_file_are_passed_on(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Mail;Note\na@x.com;x\n")
    one = spec(str(path), options={"renames": {"Mail": "email"}, "ignore": ["Note"], "delimiter": ";"})

    assert await emails(one) == ["a@x.com"]


async def test_a_file_elsewhere_is_fetched(web_server):
    assert await emails(spec(f"{web_server}/people.csv")) == ["a@x.com", "b@x.com"]


async def test_a_file_that_is_not_there_names_its_place(web_server):
    with pytest.raises(InvalidRequestError, match=r"http://127\.0\.0\.1/nothing\.csv cannot be read"):
        await emails(spec(f"{web_server}/nothing.csv"))


@pytest.mark.parametrize(("name", "is_retryable"), [("busy.csv", True), ("secret.csv", False), ("nothing.csv", False)])
async def test_a_file_that_may_be_back_later_says_so(web_server, name, is_retryable):
    with pytest.raises(InvalidRequestError, match="cannot be read") as caught:
        await emails(spec(f"{web_server}/{name}"))

    assert caught.value.retryable is is_retryable


async def test_a_server_out_of_reach_may_be_back_later():
    with pytest.raises(InvalidRequestError, match="cannot be read") as caught:
        await emails(spec("http://127.0.0.1:1/people.csv"))

    assert caught.value.retryable


async def test_a_store_whose_package_is_missing_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)

    with pytest.raises(InvalidRequestError, match=r"cannot be read \(ImportError\): Install s3fs") as caught:
        await emails(spec("s3://bucket/people.csv"))

    assert not caught.value.retryable


async def test_without_fsspec_a_source_elsewhere_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "fsspec":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(InvalidRequestError, match=r"pip install \"lemlist-async\[worker\]\""):
        await emails(spec("s3://bucket/people.csv"))


async def test_a_query_is_read_through_a_cursor_of_the_server(monkeypatch, empty_database):
    monkeypatch.setenv("LEMLIST_SQL_WAREHOUSE", empty_database)
    query = "SELECT 'p' || n || '@x.com' AS email FROM generate_series(1, 2500) n"

    found = await emails(spec("sql:WAREHOUSE", query=query))

    assert (len(found), found[0]) == (2500, "p1@x.com")


async def test_a_query_of_another_database_goes_through_sqlalchemy(monkeypatch, tmp_path):
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("CREATE TABLE people (email)")
        connection.executemany("INSERT INTO people VALUES (?)", [(f"p{number}@x.com",) for number in range(1500)])
    connection.close()
    monkeypatch.setenv("LEMLIST_SQL_LOCAL", f"sqlite:///{tmp_path / 'db'}")

    assert len(await emails(spec("sql:LOCAL", query="SELECT email FROM people"))) == 1500


async def test_without_sqlalchemy_another_database_says_what_to_install(monkeypatch):
    monkeypatch.setenv("LEMLIST_SQL_LOCAL", "mysql://me:s3cret@host/db")
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)

    with pytest.raises(InvalidRequestError, match="mysql://host/db needs SQLAlchemy") as caught:
        await emails(spec("sql:LOCAL", query="SELECT 1"))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("SELECT broken", 'the query failed .UndefinedColumn.: column "broken"'),
        ("SELECT 'Jane'::int", r"the query failed .InvalidTextRepresentation.\.$"),
        ("SELECT 1 / (2000 - n) AS email FROM generate_series(1, 2500) n", r"the query failed .DivisionByZero.\.$"),
    ],
)
async def test_a_query_that_fails_says_why(monkeypatch, empty_database, query, problem):
    monkeypatch.setenv("LEMLIST_SQL_WAREHOUSE", empty_database)

    with pytest.raises(InvalidRequestError, match=problem) as caught:
        await emails(spec("sql:WAREHOUSE", query=query))

    assert not caught.value.retryable


async def test_a_database_that_is_not_there_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("LEMLIST_SQL_WAREHOUSE", "postgresql://me:s3cret@127.0.0.1:1/db")

    with pytest.raises(InvalidRequestError, match=r"postgresql://127\.0\.0\.1/db cannot be reached") as caught:
        await emails(spec("sql:WAREHOUSE", query="SELECT 1"))

    assert caught.value.retryable
    assert "s3cret" not in str(caught.value)


async def test_a_source_whose_connection_string_is_not_set_says_which_variable():
    with pytest.raises(InvalidRequestError, match="set LEMLIST_SQL_WAREHOUSE"):
        await emails(spec("sql:warehouse", query="SELECT 1"))


async def test_a_wrong_connection_string_of_postgresql_is_wrong_next_time_too(monkeypatch):
    monkeypatch.setenv("LEMLIST_SQL_WAREHOUSE", "postgresql://me:s3cret@127.0.0.1/db?foo=bar")

    with pytest.raises(InvalidRequestError, match=r"cannot be reached .ProgrammingError") as caught:
        await emails(spec("sql:WAREHOUSE", query="SELECT 1"))

    assert not caught.value.retryable
    assert "s3cret" not in str(caught.value)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder of its own as the working one: a database in memory would belong to the thread that made it."""
    monkeypatch.chdir(tmp_path)


_OVERFLOW = """
    WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2500)
    SELECT CASE WHEN n = 2000 THEN abs(-9223372036854775807 - 1) ELSE n END AS email FROM many
"""


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("database", "query", "problem", "is_retryable"),
    [
        ("sqlite:///local.db", "SELECT email FROM nothing", "the query failed .OperationalError", False),
        ("sqlite:///local.db", _OVERFLOW, "the query failed .OperationalError", False),
        ("sqlite:////nowhere/at/all/db", "SELECT 1", "cannot be reached .OperationalError", True),
        ("me:s3cret@host", "SELECT 1", "SQLAlchemy cannot use the connection string .ArgumentError", False),
        ("mysql+none://me:s3cret@host/db", "SELECT 1", "cannot use the connection string .NoSuchModuleError", False),
        ("mysql://me:s3cret@host/db", "SELECT 1", "ModuleNotFoundError.: No module named 'MySQLdb'", False),
    ],
)
async def test_what_sqlalchemy_cannot_do_is_said_and_retried_only_if_it_may_help(
    monkeypatch, database, query, problem, is_retryable
):
    monkeypatch.setenv("LEMLIST_SQL_LOCAL", database)

    with pytest.raises(InvalidRequestError, match=problem) as caught:
        await emails(spec("sql:LOCAL", query=query))

    assert caught.value.retryable is is_retryable
    assert "s3cret" not in str(caught.value)
