"""Replies that are not what they should be: a value comes of them, or an error of the package's own."""

import pytest
from contract import DOCUMENT, Document, key_of, values_for
from counted import count
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_json import ODD, mutated
from test_contract import wholes

from lemlist_async import NotFoundError, UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.resources.nouns import operations

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="lemlist's OpenAPI document is not beside this project")

DOCUMENTED = Document.read() if DOCUMENT.exists() else Document({})


def readers():
    """Give every declared reader with the document's example replies."""
    for one in operations():
        documented = DOCUMENTED.operations.get(_key(one))
        examples = list(documented.examples) if documented else []
        if examples:
            yield pytest.param(one, documented, examples, id=f"{one.noun}.{one.operation.declared.__name__}")


def _key(one):
    return key_of(one.operation.method, one.operation.path)


def read(one, documented, reply):
    values = {name: value for name, value in values_for(one, documented).items() if name not in {"body", "params"}}
    call = one.operation.call(values | wholes(one))
    if one.operation.style is None:
        return call.read(reply)
    (kind,) = one.operation.returns.__args__
    return [structured(row, kind) for row in one.operation.style.page(reply).rows]


@pytest.mark.parametrize(("one", "documented", "examples"), list(readers()))
@settings(max_examples=60)
@given(data=st.data())
def test_an_odd_reply_is_a_value_or_an_error_of_our_own(one, documented, examples, data):
    reply = data.draw(st.sampled_from(examples).flatmap(mutated) | ODD)

    count("replies")
    try:
        read(one, documented, reply)
    except UnexpectedReplyError as error:
        problem = error.message
    except NotFoundError:
        problem = one.operation.path
        assert problem == "/contacts/{id_or_email}"
    else:
        problem = "none"

    assert problem
