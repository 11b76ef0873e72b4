"""What a declaration makes of a method: its signature is what is sent, its return type what comes back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal, TypedDict, Unpack

import pytest
from attrs import define, field, frozen
from support import QUICK

from lemlist_async import InvalidRequestError, Lemlist, NotFoundError, UnexpectedReplyError, Unlimited
from lemlist_async.models.base import Model
from lemlist_async.resources._operation import operation, operation_of
from lemlist_async.resources._parameter import Body, Query
from lemlist_async.resources._resource import Resource, Shared


@frozen(kw_only=True)
class Thing(Model):
    id: str
    size: int | None = None


class Changes(TypedDict, total=False):
    name: str
    new_owner: str


class Things(Resource):
    @operation("GET", "/things/{campaign_id}")
    async def get(self, campaign_id: str, *, big: bool = False, deadline: float | None = None) -> Thing:
        """Return one."""

    @operation("GET", "/things", at="data.things")
    async def all(
        self,
        words: Sequence[str] | None = None,
        *,
        since: Annotated[datetime, "minDate"] | None = None,
        order: Literal["up", "down"] | None = None,
    ) -> list[Thing]:
        """Return all of them."""

    @operation("POST", "/things", fixed={"version": "v2"})
    async def create(
        self, name: str, *, zap_id: Query[int | None] = None, more: Mapping[str, Any] | None = None, size: int = 5
    ) -> Thing:
        """Create one."""

    @operation("PATCH", "/things/{campaign_id}", repeatable=True)
    async def update(self, campaign_id: str, **changes: Unpack[Changes]) -> dict[str, Thing]:
        """Change one."""

    @operation("DELETE", "/things/{name}", repeatable=True)
    async def delete(self, name: str, labels: Body[Sequence[str]] = ()) -> None:
        """Delete one."""

    @operation("GET", "/raw")
    async def raw(self) -> Any:
        """Return what there is."""


@define
class Session:
    """What stands where the session would, and answers with what it was told."""

    answer: Any = None
    calls: list[Any] = field(factory=list)
    options: list[Any] = field(factory=list)

    async def send(self, call, *, attempts, deadline):
        self.calls.append(call)
        self.options.append((attempts, deadline))
        if isinstance(self.answer, Exception):
            raise self.answer
        return call.read(self.answer)


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def things(session):
    return Things(Shared(session, 5))


async def test_a_path_and_a_query_are_spelled_as_lemlist_spells_them(session, things):
    session.answer = {"_id": "x", "size": "7", "new": 1}

    thing = await things.get("cam_a", deadline=3.0)

    (call,) = session.calls
    assert (call.method, call.path, call.args, call.params) == (
        "GET",
        "/things/{campaign_id}",
        {"campaign_id": "cam_a"},
        {},
    )
    assert session.options == [(None, 3.0)]
    assert (thing.size, thing.extra) == (7, {"new": 1})


async def test_a_flag_that_is_off_by_default_is_sent_only_if_it_is_on(session, things):
    session.answer = {"_id": "x"}

    await things.get("cam_a", big=True)
    await things.get("cam_a", big=False)

    assert [call.params for call in session.calls] == [{"big": "true"}, {}]


async def test_lists_dates_and_words_go_into_a_query(session, things):
    session.answer = {"data": {"things": [{"_id": "a"}]}}
    noon = datetime(2026, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))

    found = await things.all(["a", "b"], since=noon, order="up")

    assert session.calls[0].params == {"words": "a,b", "minDate": "2026-01-01T12:00:00.000Z", "order": "up"}
    assert found == [Thing(id="a")]


async def test_a_body_holds_what_is_neither_in_the_path_nor_in_the_query(session, things):
    session.answer = {"_id": "x"}
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    await things.create("A", zap_id=3, more={"when": noon, "all": (Thing(id="b"), None)})

    (call,) = session.calls
    assert call.params == {"version": "v2", "zapId": "3"}
    more = {"when": "2026-01-01T12:00:00.000Z", "all": [{"_id": "b"}, None]}
    assert call.json == {"name": "A", "size": 5, "more": more}
    assert not call.repeatable


async def test_the_keys_of_an_unpacked_dictionary_are_parameters(session, things):
    session.answer = {"one": {"_id": "x"}}

    changed = await things.update("cam_a", new_owner="usr_a")

    assert session.calls[0].json == {"newOwner": "usr_a"}
    assert session.calls[0].repeatable
    assert changed == {"one": Thing(id="x")}


async def test_a_body_can_go_with_a_delete(session, things):
    await things.delete("a", ["x"])

    assert session.calls[0].json == {"labels": ["x"]}


async def test_what_may_be_anything_is_returned_as_it_came(session, things):
    session.answer = [1, {"a": None}]

    assert await things.raw() == [1, {"a": None}]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda things: things.get("Q4"), "is not a campaign ID"),
        (lambda things: things.get(None), "is not a campaign ID"),
        (lambda things: things.delete(" "), "name must be a string that is not empty"),
        (lambda things: things.all("ab"), "words takes several values, such as a list, not one str"),
        (lambda things: things.all(5), "words takes several values"),
        (lambda things: things.all(since="today"), "since must be a datetime with a time zone"),
        (lambda things: things.all(since=datetime(2026, 1, 1)), "since must be a datetime with a time zone"),  # noqa: DTZ001
        (lambda things: things.all(order="left"), "order must be one of up, down"),
        (lambda things: things.create(None), "name must not be None"),
        (lambda things: things.update("cam_a"), "Nothing to change"),
    ],
)
async def test_what_cannot_be_sent_is_refused_at_once(session, things, call, problem):
    with pytest.raises(InvalidRequestError, match=problem):
        await call(things)

    assert session.calls == []


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda things: things.get(), "missing a required argument: 'campaign_id'"),
        (lambda things: things.get("cam_a", "cam_b"), "too many positional arguments"),
        (lambda things: things.get("cam_a", campaign_id="cam_a"), "multiple values"),
        (lambda things: things.get("cam_a", bigg=True), "unexpected keyword argument 'bigg'"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_as_python_tells_them(things, call, problem):
    with pytest.raises(TypeError, match=problem):
        await call(things)


@pytest.mark.parametrize("answer", [None, {}, {"data": 5}, {"data": {"things": 5}}])
async def test_a_reply_of_another_shape_is_an_error_that_says_where(session, things, answer):
    session.answer = answer

    with pytest.raises(UnexpectedReplyError, match=r"no data\.things|no array"):
        await things.all()


async def test_what_is_gone_after_a_lost_answer_is_deleted(session, things):
    session.answer = NotFoundError("gone")
    session.answer.ambiguous = True

    assert await things.delete("a") is None

    session.answer.ambiguous = False
    with pytest.raises(NotFoundError):
        await things.delete("a")


async def test_a_declared_method_looks_like_any_other():
    assert Things.get.__doc__ == "Return one."
    assert operation_of(Things.get).summary == "Return one."
    assert operation_of(Things.get).reads
    assert not operation_of(Things.create).reads


def test_an_unknown_option_of_a_run_is_a_type_error():
    lists = Lemlist("key", limiter=Unlimited(), retry=QUICK).lists

    with pytest.raises(TypeError, match="no option concurency"):
        lists.add("clt_a", ["ctc_a"], concurency=3)
    with pytest.raises(TypeError, match="no option dedupe"):
        Lemlist("key").contacts.get_many(["a@b.co"], dedupe=False)


def test_a_noun_of_the_class_itself_is_no_resource():
    assert not hasattr(Lemlist.contacts, "get")


def test_a_noun_is_made_once():
    lemlist = Lemlist("key", limiter=Unlimited())

    assert lemlist.contacts is lemlist.contacts
