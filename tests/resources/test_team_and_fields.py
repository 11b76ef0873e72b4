"""The team behind the key, and the registry of fields."""

import pytest

from lemlist_async import Field, UnexpectedReplyError


async def test_the_team_is_read_with_its_members_and_without_its_secrets(sandbox, lemlist):
    team = await lemlist.team.get()

    assert (team.id, team.name) == (sandbox.state.team.id, "Sandbox")
    assert [user.email for user in team.users] == ["olivia@sandbox.example", "sam@sandbox.example"]
    assert not hasattr(team, "hooks")
    assert "olivia" not in repr(team)


async def test_the_credits_are_read(lemlist):
    left = await lemlist.team.credits()

    assert left.credits == 100
    assert left.details["remaining"]["total"] == 100


async def test_a_team_of_another_shape_is_an_error_that_shows_no_values(sandbox, lemlist):
    sandbox.faults.answer(200, body='{"name": "secret"}', content_type="application/json")

    with pytest.raises(UnexpectedReplyError, match="'_id' is missing") as caught:
        await lemlist.team.get()

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("entity", ["contact", "company"])
async def test_the_fields_of_an_entity_are_read(sandbox, lemlist, entity):
    sandbox.state.add_field("plan", "Plan", entity=entity)

    fields = await lemlist.fields.all(entity)

    assert Field(name="plan", label="Plan", type="text", source="custom") in fields


async def test_contacts_fields_are_read_unless_said_otherwise(lemlist):
    assert "firstName" in [field.name for field in await lemlist.fields.all()]


@pytest.mark.parametrize("body", ["[]", "{}", '{"data": []}', "null", '{"data": {"contact": [1]}}'])
async def test_fields_of_another_shape_are_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json", times=None)

    with pytest.raises(UnexpectedReplyError):
        await lemlist.fields.all()


async def test_an_entity_without_fields_has_none(sandbox, lemlist):
    sandbox.faults.answer(200, body='{"data": {}}', content_type="application/json")

    assert await lemlist.fields.all() == []
