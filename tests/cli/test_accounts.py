"""Where a command's key comes from."""

import json
import stat
import subprocess
import sys

import pytest

from lemlist_async import AuthenticationError, InvalidRequestError, Lemlist
from lemlist_async.cli.accounts import find_account, has_account
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.profiles import Profile, Profiles

PRINT_KEY = f"{sys.executable} -c \"print('command-key'); print('more')\""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def profile():
    """Keep a profile in the file."""

    def keep(name, **facts):
        return Profiles.of_user().add(Profile(name=name, api_key=f"{name}-key", **facts), with_keyring=False)

    return keep


def key(**options):
    return find_account(CommonOptions(**options)).api_key


def test_the_environment_gives_the_key(monkeypatch):
    monkeypatch.setenv("LEMLIST_API_KEY", "env-key")

    assert key() == "env-key"


def test_a_file_that_the_environment_names_gives_the_key(monkeypatch, folder):
    """As secrets are mounted into containers."""
    (folder / "secret").write_text("\ufefffile-key\n", encoding="utf-8")
    monkeypatch.setenv("LEMLIST_API_KEY_FILE", str(folder / "secret"))

    assert key() == "file-key"
    assert find_account(CommonOptions()).source == "LEMLIST_API_KEY_FILE in the environment"


async def test_python_takes_the_key_from_a_file_too(monkeypatch, sandbox, folder):
    (folder / "secret").write_text(sandbox.api_key, encoding="utf-8")
    monkeypatch.delenv("LEMLIST_API_KEY")
    monkeypatch.setenv("LEMLIST_API_KEY_FILE", str(folder / "secret"))

    async with Lemlist(base_url=sandbox.url) as lemlist:
        assert (await lemlist.team.get()).name == "Sandbox"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b" \n", "is empty"), (b"\xff\xfe\xfa", "it holds no text")],
    ids=["missing", "empty", "binary"],
)
def test_a_file_without_a_key_is_refused_by_name(monkeypatch, folder, content, words):
    if content is not None:
        (folder / "secret").write_bytes(content)
    monkeypatch.setenv("LEMLIST_API_KEY_FILE", str(folder / "secret"))

    with pytest.raises(AuthenticationError, match=words):
        Lemlist()


def test_the_first_line_of_a_command_is_the_key():
    assert key(key_command=PRINT_KEY) == "command-key"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-vault get key", "cannot be run"),
        ('vault "unclosed', "cannot be run"),
        (f'{sys.executable} -c "raise SystemExit(3)"', "failed with exit code 3"),
        (f"{sys.executable} -c pass", "printed no key"),
    ],
    ids=["missing", "unclosed quote", "failing", "silent"],
)
def test_a_command_that_gives_no_key_is_refused(command, words):
    with pytest.raises(InvalidRequestError, match=words):
        key(key_command=command)


@pytest.mark.parametrize("line", ["LEMLIST_API_KEY=dot-key", 'export LEMLIST_API_KEY="dot-key"  # ours'])
def test_the_folders_env_file_gives_the_key(folder, line):
    (folder / ".env").write_text(f"OTHER=1\n{line}\nLEMLIST_BASE_URL=http://127.0.0.1:9\n", encoding="utf-8")

    account = find_account(CommonOptions())

    assert (account.api_key, account.base_url) == ("dot-key", "http://127.0.0.1:9")
    assert account.source == "LEMLIST_API_KEY in .env"


def test_the_env_file_overrides_nothing(monkeypatch, folder, profile):
    """Neither a key nor a profile, nor where another account's key is sent."""
    profile("acme")
    (folder / ".env").write_text("LEMLIST_API_KEY=dot-key\nLEMLIST_BASE_URL=https://evil.example\n", encoding="utf-8")

    monkeypatch.setenv("LEMLIST_PROFILE", "acme")
    by_profile = find_account(CommonOptions())
    monkeypatch.setenv("LEMLIST_API_KEY", "env-key")
    by_key = find_account(CommonOptions())

    assert (by_profile.api_key, by_profile.base_url) == ("acme-key", None)
    assert (by_key.api_key, by_key.base_url) == ("env-key", None)


def test_an_env_file_for_others_says_nothing(folder, profile):
    profile("acme")
    (folder / ".env").write_text("LEMLIST_BASE_URL=https://evil.example\n", encoding="utf-8")

    account = find_account(CommonOptions())

    assert (account.api_key, account.base_url) == ("acme-key", None)


def test_an_env_file_that_cannot_be_read_is_refused(folder):
    (folder / ".env").write_bytes(b"LEMLIST_API_KEY=\xff\n")

    with pytest.raises(InvalidRequestError, match=r"\.env in this folder"):
        find_account(CommonOptions())


def test_the_nearest_source_wins(monkeypatch, profile):
    profile("first")
    profile("second")
    assert key() == "first-key"

    monkeypatch.setenv("LEMLIST_API_KEY", "env-key")

    assert key() == "env-key"
    assert key(profile="second") == "second-key"
    assert key(key_command=PRINT_KEY) == "command-key"


def test_without_any_source_there_is_no_key():
    with pytest.raises(AuthenticationError, match="There is no API key"):
        find_account(CommonOptions())
    assert not has_account(CommonOptions())


def test_something_that_should_give_a_key_counts_as_one(monkeypatch):
    assert has_account(CommonOptions(key_command="vault"))
    assert has_account(CommonOptions(profile="unknown"))
    monkeypatch.setenv("LEMLIST_API_KEY", "env-key")
    assert has_account(CommonOptions())


def test_a_profile_brings_its_own_lemlist(sandbox, run, profile, monkeypatch):
    Profiles.of_user().add(Profile(name="box", api_key=sandbox.api_key, base_url=sandbox.url), with_keyring=False)
    monkeypatch.delenv("LEMLIST_API_KEY")
    monkeypatch.delenv("LEMLIST_BASE_URL")

    result = run("check", "--profile", "box")

    assert result.exit_code == Exit.DONE
    assert "Sandbox" in result.stdout


def test_a_key_from_two_options_is_a_usage_error(run):
    result = run("check", "--profile", "acme", "--key-command", "vault")

    assert result.exit_code == Exit.REFUSED
    assert "choose one" in result.stderr


def test_the_key_is_in_no_representation_and_no_other_process_arguments(sandbox, begin, monkeypatch):
    """A key-command's output goes through a pipe, and nowhere else."""
    monkeypatch.delenv("LEMLIST_API_KEY")
    command = f"{sys.executable} -c \"print('sandbox' + '-key')\""
    sandbox.faults.silence(path="/team")
    process = begin("check", "--key-command", command)
    while not sandbox.count(path="/team"):
        assert process.poll() is None

    arguments = subprocess.run(
        ["ps", "-o", "args=", "-p", str(process.pid)], capture_output=True, text=True, check=True
    )

    assert sandbox.api_key not in arguments.stdout
    assert "secret" not in repr(find_account(CommonOptions(key_command=f"{sys.executable} -c \"print('secret')\"")))


def test_a_profile_is_added_from_stdin_and_checked(sandbox, run, home):
    result = run("auth", "add", "acme", "--base-url", sandbox.url, "--no-keyring", input=f"{sandbox.api_key}\n")

    (path,) = home.rglob("profiles.json")
    assert result.exit_code == Exit.DONE
    assert sandbox.api_key not in result.stdout + result.stderr
    assert "Sandbox" in result.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Profiles.of_user().get("acme").key() == sandbox.api_key


def test_a_key_that_lemlist_refuses_is_not_kept(sandbox, run):
    result = run("auth", "add", "acme", "--base-url", sandbox.url, input="wrong-key\n")

    assert result.exit_code == Exit.REFUSED
    assert "wrong-key" not in result.stderr
    assert Profiles.of_user().all == []


def test_no_key_on_stdin_is_refused(run):
    result = run("auth", "add", "acme", input="")

    assert result.exit_code == Exit.REFUSED
    assert "on stdin" in result.stderr


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65])
def test_a_name_that_is_none_is_refused(run, name):
    result = run("auth", "add", name, "--no-check", input="key\n")

    assert result.exit_code == Exit.REFUSED
    assert "letters, digits" in result.stderr


def test_profiles_are_listed_used_and_removed(run, profile):
    profile("acme", team="Acme")
    profile("other")

    run("auth", "use", "other")
    shown = run("auth", "list")
    as_json = json.loads(run("auth", "list", "--json").stdout)
    run("auth", "remove", "other")

    assert [line.split() for line in shown.stdout.splitlines()] == [
        ["Name", "Team", "Key"],
        ["acme", "Acme", "file"],
        ["other", "file", "in", "use"],
    ]
    assert "Commands in this folder take their key from the profile 'other'." in shown.stderr
    assert [one["in_use"] for one in as_json["profiles"]] == [False, True]
    assert [one.name for one in Profiles.of_user().all] == ["acme"]
    assert Profiles.of_user().in_use is None


def test_a_list_without_profiles_says_where_the_key_comes_from(run):
    result = run("auth", "list")

    assert result.exit_code == Exit.DONE
    assert result.stdout == ""
    assert result.stderr == "Commands in this folder have no key; add one: lemlist-async auth add NAME\n"


def test_when_the_account_in_use_is_removed_another_must_be_chosen(run, profile):
    profile("acme")
    profile("other")

    removed = run("auth", "remove", "acme")
    shown, check = run("auth", "list"), run("check")

    assert removed.stderr == (
        "'acme' is removed. None is in use now; choose one of other: lemlist-async auth use NAME\n"
    )
    assert shown.stderr == "Commands in this folder have no key; choose an account: lemlist-async auth use NAME\n"
    assert check.exit_code == Exit.REFUSED
    assert "of the accounts other none is in use" in check.stderr


@pytest.mark.parametrize("command", ["use", "remove"])
def test_a_profile_that_is_not_there_is_refused(run, profile, command):
    unknown = run("auth", command, "acme")
    profile("other")
    known = run("auth", command, "acme")

    assert unknown.exit_code == known.exit_code == Exit.REFUSED
    assert "auth add NAME" in unknown.stderr
    assert "There are: other." in known.stderr


def test_a_profile_that_is_removed_while_another_is_in_use_changes_nothing_else(profile):
    profile("acme")
    profile("other")

    Profiles.of_user().remove("other")

    assert Profiles.of_user().in_use == "acme"


@pytest.mark.parametrize("content", ["{", "[]", '{"in_use": null, "profiles": [{"nome": 1}]}'])
def test_a_damaged_file_of_profiles_is_refused(run, profile, content):
    profile("acme")
    Profiles.of_user().path.write_text(content, encoding="utf-8")

    result = run("auth", "list")

    assert result.exit_code == Exit.REFUSED
    assert "is damaged" in result.stderr


def test_a_file_of_profiles_that_cannot_be_read_is_refused(run):
    Profiles.of_user().path.mkdir(parents=True)

    result = run("auth", "list")

    assert result.exit_code == Exit.REFUSED
    assert "cannot be read" in result.stderr


class TestKeyring:
    """A keyring of Python's `keyring` library, in memory."""

    @pytest.fixture
    def vault(self):
        import keyring
        from keyring.backend import KeyringBackend
        from keyring.errors import PasswordDeleteError

        class Vault(KeyringBackend):
            priority = 5

            def __init__(self):
                super().__init__()
                self.kept = {}

            def get_password(self, service, username):
                return self.kept.get((service, username))

            def set_password(self, service, username, password):
                self.kept[service, username] = password

            def delete_password(self, service, username):
                if (service, username) not in self.kept:
                    raise PasswordDeleteError
                del self.kept[service, username]

        before = keyring.get_keyring()
        vault = Vault()
        keyring.set_keyring(vault)
        yield vault
        keyring.set_keyring(before)

    def test_a_key_goes_into_the_keyring_and_not_into_the_file(self, vault, run):
        result = run("auth", "add", "acme", "--no-check", "--json", input="the-key\n")

        assert json.loads(result.stdout)["kept_in"] == "keyring"
        assert "the-key" not in Profiles.of_user().path.read_text(encoding="utf-8")
        assert find_account(CommonOptions()).api_key == "the-key"
        assert "system's keyring" in run("auth", "add", "acme", "--no-check", input="the-key\n").stdout

    def test_a_removed_profile_is_removed_from_the_keyring(self, vault, run):
        run("auth", "add", "acme", "--no-check", input="the-key\n")

        run("auth", "remove", "acme")

        assert vault.kept == {}

    def test_a_key_that_the_keyring_lost_can_still_be_removed(self, vault, run):
        run("auth", "add", "acme", "--no-check", input="the-key\n")
        vault.kept.clear()

        lost = run("check")
        removed = run("auth", "remove", "acme")

        assert "holds no key of the profile 'acme'" in lost.stderr
        assert removed.exit_code == Exit.DONE

    def test_a_keyring_that_fails_is_named(self, vault, run, monkeypatch):
        run("auth", "add", "acme", "--no-check", input="the-key\n")
        monkeypatch.setattr(vault, "get_password", lambda *_: 1 / 0)

        result = run("check")

        assert result.exit_code == Exit.REFUSED
        assert "does not return the key of the profile 'acme' (ZeroDivisionError)" in result.stderr

    @pytest.mark.parametrize("fault", ["weak", "forgetful", "broken"])
    def test_a_keyring_that_cannot_be_trusted_is_left_alone(self, vault, run, monkeypatch, fault):
        if fault == "weak":
            monkeypatch.setattr(type(vault), "priority", 0.5)
        else:
            monkeypatch.setattr(vault, "set_password", lambda *_: None if fault == "forgetful" else 1 / 0)

        result = run("auth", "add", "acme", "--no-check", "--json", input="the-key\n")

        assert json.loads(result.stdout)["kept_in"] == "file"


@pytest.fixture
def typed(at_terminal):
    """Add a profile at a terminal, and type its key."""
    command = ("auth", "add", "typed", "--no-check", "--no-keyring")
    return lambda keys: at_terminal(*command, asked=b"API key", keys=keys)


def test_a_typed_key_is_not_echoed(typed):
    code, shown = typed(b"typed-key\n")

    assert code == Exit.DONE
    assert b"typed-key" not in shown
    assert Profiles.of_user().get("typed").key() == "typed-key"


def test_an_end_of_input_instead_of_a_key_cancels(typed):
    code, shown = typed(b"\x04")

    assert code == Exit.STOPPED
    assert b"lemlist-async: Cancelled." in shown
