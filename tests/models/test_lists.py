"""What lemlist says of a change of a list, whatever it says."""

import pytest

from lemlist_async import UnexpectedReplyError
from lemlist_async.models.lists import Added, Removed, read_added, read_removed


@pytest.mark.parametrize("said", [{}, {"addedCount": -1}, {"addedCount": True}, {"addedCount": None, "error": ""}])
def test_a_change_whose_count_is_missing_is_done_all_the_same(said):
    assert read_added(said) == Added(added=0, counted=False)
    assert read_removed(said) == Removed(removed=0, counted=False)


@pytest.mark.parametrize(
    "said",
    [
        {"error": "x"},
        {"errors": ["x"]},
        {"statusCode": 500},
        {"error": {"message": "x"}, "message": "y"},
        [],
        "ok",
        None,
    ],
)
def test_an_error_in_the_counts_place_is_no_change(said):
    """Before, the contacts were counted as done."""
    with pytest.raises(UnexpectedReplyError, match="the reply has no addedCount"):
        read_added(said)
    with pytest.raises(UnexpectedReplyError, match="the reply has no removedCount"):
        read_removed(said)


def test_a_count_beside_an_error_counts():
    assert read_added({"addedCount": 3, "errors": ["x"]}) == Added(added=3)
    assert read_removed({"removedCount": "3", "statusCode": 200}) == Removed(removed=3)
