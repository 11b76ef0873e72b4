"""The tree of errors: what each one says, and that it survives a process boundary."""

import pytest
from fakes import through_pickle

from lemlist_async import errors


def every_class():
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.LemlistError)]


def an_error(kind=errors.LemlistError, message="it did not work.", **facts):
    return kind(message, **facts)


simple_classes = pytest.mark.parametrize(
    "kind", [one for one in every_class() if one is not errors.BatchError], ids=lambda kind: kind.__name__
)


def test_one_except_clause_catches_everything():
    outside = [kind for kind in every_class() if not issubclass(kind, errors.LemlistError)]

    assert not outside


def test_the_drawing_in_the_docstring_names_every_class():
    drawing = errors.LemlistError.__doc__

    missing = [kind.__name__ for kind in every_class() if kind.__name__ not in drawing]

    assert not missing


def test_the_message_tells_what_was_tried_and_what_came_back():
    error = an_error(
        errors.InvalidRequestError,
        "email is invalid",
        status=400,
        code="INVALID_EMAIL",
        method="POST",
        path="/contacts",
    )

    text = str(error)

    assert text == "POST /contacts answered 400 INVALID_EMAIL: email is invalid"


def test_an_answer_without_a_code_of_lemlist_leaves_no_gap():
    error = an_error(status=500, method="GET", path="/team")

    text = str(error)

    assert text == "GET /team answered 500: it did not work."


def test_without_an_answer_the_message_tells_what_was_tried():
    error = an_error(errors.TransportError, method="GET", path="/team")

    text = str(error)

    assert text == "GET /team: it did not work."


def test_without_a_call_the_message_stands_alone():
    error = an_error(errors.InvalidRequestError)

    text = str(error)

    assert text == "it did not work."


def test_the_message_counts_the_attempts_and_warns_where_one_may_have_been_applied():
    error = an_error(errors.ServerError, status=502, method="POST", path="/contacts")
    error.requests, error.ambiguous = 5, True

    text = str(error)

    assert text.endswith("it did not work. (5 attempts) An attempt may have been applied: its answer was lost.")


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (errors.AuthenticationError, "LEMLIST_API_KEY"),
        (errors.AuthenticationError, "not as a Bearer token"),
        (errors.PaymentRequiredError, "retrying does not help"),
        (errors.PermissionDeniedError, "team admin"),
    ],
    ids=["the key's place", "Bearer is the usual mistake", "plan or credits", "blocked user"],
)
def test_the_message_says_what_to_do(kind, advice):
    error = an_error(kind)

    text = str(error)

    assert advice in text


def test_a_rate_limit_tells_how_long_to_wait_where_lemlist_said_so():
    told = an_error(errors.RateLimitedError, retry_after=2.5)
    untold = an_error(errors.RateLimitedError)

    texts = str(told), str(untold)

    assert texts == ("it did not work. lemlist asks to wait 2.5 s.", "it did not work.")


def test_what_a_moment_may_mend_is_retryable():
    retryable = {kind.__name__ for kind in every_class() if kind.retryable}

    assert retryable == {"RateLimitedError", "ServerError", "TransportError"}


def test_what_every_other_call_would_meet_is_shared():
    shared = {kind.__name__ for kind in every_class() if kind.is_shared}

    assert shared == {"AuthenticationError", "PaymentRequiredError", "PermissionDeniedError"}


def test_python_callers_may_catch_their_usual_classes():
    assert issubclass(errors.InvalidRequestError, ValueError)
    assert issubclass(errors.DeadlineExceededError, TimeoutError)


@simple_classes
def test_every_error_can_be_pickled_with_its_facts(kind):
    error = an_error(
        kind,
        status=418,
        code="TEAPOT",
        method="GET",
        path="/contacts/{id_or_email}",
        request_id="req_1",
        retry_after=3.0,
    )
    error.requests, error.ambiguous, error.is_shared = 3, True, True

    copy = through_pickle(error)

    assert type(copy) is kind
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)
    assert repr(copy) == repr(error)


def test_a_batch_error_is_pickled_with_its_report():
    error = errors.BatchError("Of 3 items 2 are done, 1 failed; see .report.", report={"done": 2})

    copy = through_pickle(error)

    assert type(copy) is errors.BatchError
    assert copy.report == {"done": 2}
    assert str(copy) == str(error)
