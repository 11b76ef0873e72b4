"""The key is where it is needed, and nowhere else."""

import aiohttp
from hostile import walk

from lemlist_async import Lemlist, Unlimited
from lemlist_async.wire.secret import Secret


def test_the_key_is_sent_as_lemlist_wants_it():
    secret = Secret("the-key")

    assert secret.authorization == aiohttp.encode_basic_auth("", "the-key")


def test_a_reply_that_repeats_the_key_is_found_and_blackened():
    secret = Secret("the-key")
    echo = f"the-key {secret.authorization}".encode()

    assert secret.is_in(echo)
    assert secret.is_in(secret.authorization.encode())
    assert not secret.is_in(b"another-key")
    assert secret.blackened(echo) == b"*** Basic ***"


def test_a_key_that_begins_with_a_nul_is_whole():
    assert Secret("\0key\0").blackened(b"\0key\0") == b"***"


def test_no_look_at_a_client_shows_the_key(sandbox):
    lemlist = Lemlist("zK3y9q7w5distinctive", base_url=sandbox.url, limiter=Unlimited())

    shown = walk.texts(lemlist)

    assert sandbox.url in shown
    assert not [text for text in shown if "zK3y9q7w5" in text]
