"""A body comes whole, bounded and decompressed, or not at all."""

import gzip
import tracemalloc
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async.wire.body import BodyError, Bounded, decoder

WORDS = b"some words, some words, some words" * 50


def raw_deflate(data):
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


CODINGS = [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)]
IDS = ["gzip", "x-gzip", "deflate", "deflate without its header"]


def read(coding, *parts):
    decoded = decoder(coding)
    read = b"".join(piece for part in parts for piece in decoded.pieces(part))
    decoded.end()
    return read


@pytest.mark.parametrize(("coding", "compress"), CODINGS, ids=IDS)
@given(data=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2100), max_size=5))
def test_whatever_is_compressed_comes_back_however_it_is_cut(coding, compress, data, cuts):
    sent = compress(data)
    edges = [0, *sorted(cuts), len(sent)]

    parts = [sent[start:end] for start, end in pairwise(edges)]

    assert read(coding, *parts) == data


def test_a_body_without_a_coding_stays_as_it_is():
    assert read("", b"a", b"b") == read(" Identity ", b"ab") == b"ab"


def test_a_large_body_comes_in_pieces_and_whole():
    data = bytes(1_000_000)

    pieces = list(decoder("gzip").pieces(gzip.compress(data)))

    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 256 * 1024


def test_a_body_whose_size_is_a_whole_number_of_pieces_is_whole():
    data = bytes(512 * 1024)

    assert read("gzip", gzip.compress(data)) == data


def test_several_members_of_gzip_are_one_body():
    assert read("gzip", gzip.compress(b"a") + gzip.compress(b"b"), gzip.compress(b"c"), b"\0\0") == b"abc"


@pytest.mark.parametrize(("coding", "compress"), CODINGS, ids=IDS)
@pytest.mark.parametrize("missing", [1, 4, 8, 9, 20])
def test_a_body_whose_last_bytes_are_missing_is_an_error(coding, compress, missing):
    with pytest.raises(BodyError, match="truncated") as caught:
        read(coding, compress(WORDS)[:-missing])

    assert caught.value.fault.retryable


@pytest.mark.parametrize(
    "sent", [b"plain words", gzip.compress(WORDS, mtime=0)[:-8] + b"\0" * 8], ids=["no gzip", "bad checksum"]
)
def test_damaged_data_is_an_error(sent):
    with pytest.raises(BodyError, match="damaged"):
        read("gzip", sent)


def test_a_head_alone_says_nothing_yet():
    sent = gzip.compress(WORDS)

    assert read("gzip", sent[:10], sent[10:]) == WORDS


def test_an_empty_body_is_whole_whatever_its_coding():
    assert read("gzip") == read("deflate", b"") == b""


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "nonsense"])
def test_a_coding_that_was_not_asked_for_is_an_error_that_stays(coding):
    with pytest.raises(BodyError, match="not asked for") as caught:
        decoder(coding)

    assert not caught.value.fault.retryable


def test_no_more_is_kept_than_allowed():
    body = Bounded(10)
    body.add(b"12345")
    body.add(b"67890")

    with pytest.raises(BodyError, match=r"more than 10 bytes.*max_reply_bytes") as caught:
        body.add(b"1")

    assert body.whole() == b"1234567890"
    assert not caught.value.fault.retryable


def test_a_bomb_takes_no_memory():
    bomb = gzip.compress(bytes(200_000_000))
    tracemalloc.start()

    with pytest.raises(BodyError, match="more than"):
        explode(bomb, Bounded(1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10_000_000


def explode(bomb, body):
    for piece in decoder("gzip").pieces(bomb):
        body.add(piece)
