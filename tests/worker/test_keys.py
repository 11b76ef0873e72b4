"""Keys by reference: where they come from, and that none is shown."""

import pytest

from lemlist_async import InvalidRequestError
from lemlist_async.worker import CalledKeys, EnvironmentKeys, FileKeys
from lemlist_async.worker.keys import keyring


@pytest.fixture
def keys_file(tmp_path):
    path = tmp_path / "keys.toml"
    path.write_text('acme = "key-of-acme"\n')
    path.chmod(0o600)
    return path


async def test_the_environment_knows_a_key_by_its_reference():
    keys = EnvironmentKeys({"LEMLIST_API_KEY_ACME_EU": "key-1", "LEMLIST_API_KEY": "key-2"})

    assert [await keys.key("acme-eu"), await keys.key("default")] == ["key-1", "key-2"]


async def test_an_unknown_reference_says_where_it_was_looked_for():
    with pytest.raises(InvalidRequestError, match="'acme': the environment has no LEMLIST_API_KEY_ACME"):
        await EnvironmentKeys({}).key("acme")


async def test_a_file_knows_keys_and_is_read_anew_each_time(keys_file):
    keys = FileKeys(keys_file)
    before = await keys.key("acme")

    keys_file.write_text('acme = "another"\n')

    assert (before, await keys.key("acme")) == ("key-of-acme", "another")


async def test_a_file_that_others_can_read_is_refused(keys_file):
    keys_file.chmod(0o644)

    with pytest.raises(InvalidRequestError, match="can be read by others"):
        await FileKeys(keys_file).key("acme")


@pytest.mark.parametrize(
    ("content", "problem"),
    [("acme = key-of-acme\n", "is not TOML"), ('other = "x"\n', "has none of this name"), ("acme = 5\n", "has none")],
)
async def test_a_file_without_the_key_says_so_and_shows_none(keys_file, content, problem):
    keys_file.write_text(content)

    with pytest.raises(InvalidRequestError, match=problem) as caught:
        await FileKeys(keys_file).key("acme")
    assert "key-of-acme" not in str(caught.value)


async def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(InvalidRequestError, match=r"keys\.toml cannot be read: No such file"):
        await FileKeys(tmp_path / "keys.toml").key("acme")


async def test_a_function_may_be_asked_async_or_not():
    async def vault(reference):
        return f"key of {reference}"

    asked = [await CalledKeys(vault).key("acme"), await CalledKeys({"acme": "k"}.get).key("acme")]

    assert asked == ["key of acme", "k"]
    with pytest.raises(InvalidRequestError, match="the function knows none"):
        await CalledKeys({}.get).key("acme")


def test_a_setting_names_a_keyring(tmp_path):
    assert isinstance(keyring(None), EnvironmentKeys)
    assert keyring(f"file:{tmp_path}") == FileKeys(tmp_path)
    with pytest.raises(InvalidRequestError, match="keys must be env, or file:PATH"):
        keyring("vault:acme")


def test_no_keyring_shows_a_key():
    shown = repr([EnvironmentKeys({"LEMLIST_API_KEY": "secret-key"}), CalledKeys({"acme": "secret-key"}.get)])

    assert "secret-key" not in shown
