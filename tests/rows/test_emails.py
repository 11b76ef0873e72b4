"""Email addresses as people paste them."""

import pytest

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.emails import addresses


@pytest.mark.parametrize(
    "cell",
    [
        "ana@x.com",
        " ana@x.com ",
        "mailto:ana@x.com",
        "MAILTO:ana@x.com?subject=Hello",
        "<ana@x.com>",
        "Ana Silva <ana@x.com>",
        '"Silva, Ana" <ana@x.com>',
        "Ana <mailto:ana@x.com>",
        '"ana@x.com"',
        "'ana@x.com'",
        "'ana@x.com",
        "“ana@x.com”",
        "«ana@x.com»",
        "(ana@x.com)",
        "ana@x.com;",
        "ana@x.com, ",
        "\u200bana@x.com\u200b",
        "\ufeff<\u00a0ana@x.com\u202c>",
        '="ana@x.com"',
        '=HYPERLINK("mailto:ana@x.com","Ana")',
    ],
)
def test_what_is_wrapped_around_one_address_is_undone(cell):
    assert Columns.match(["email"]).contact({"email": cell}).email == "ana@x.com"


@pytest.mark.parametrize(
    "address",
    [
        "o'brien@x.com",
        "a/b@x.com",
        "a+b-c_d.e%f@sub.x-y.co.uk",
        "josé@exámple.fr",
        "A.B@X.COM",
        ".a@x.com",
        "a@x_y.com",
        "!#$%&*=?^`{|}~@x.com".replace("{|}", ""),
    ],
)
def test_what_lemlist_may_take_is_taken_as_it_is(address):
    assert addresses(address) == (address,)


@pytest.mark.parametrize(
    "cell",
    [
        "a@x.com, b@x.com",
        "a@x.com;b@x.com",
        "a@x.com|b@x.com",
        "a@x.com / b@x.com",
        "a@x.com/b@x.com",
        "a@x.com b@x.com",
        "a@x.com\nb@x.com",
        "A <a@x.com>, B <b@x.com>",
        "mailto:a@x.com; mailto:b@x.com",
        "a@x.com and b@x.com",
        "a@x.com, b@x.com, A@x.com",
    ],
)
def test_several_addresses_in_one_cell_are_taken_apart(cell):
    contact = Columns.match(["email", "Additional emails"]).contact({"email": cell, "Additional emails": "c@x.com"})

    assert (contact.email, contact.additional_emails) == ("a@x.com", ("b@x.com", "c@x.com"))


def test_several_addresses_of_an_owner_are_refused():
    with pytest.raises(InvalidRequestError, match="Owner holds several addresses"):
        Columns.match(["email", "Owner"]).contact({"email": "a@x.com", "Owner": "b@x.com, c@x.com"})


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("ana", "is not an email address"),
        ("ana@", "is not an email address"),
        ("@x.com", "is not an email address"),
        ("ana@@x.com", "is not an email address"),
        ("ana silva@x.com", "is not an email address"),
        ("ana@.x.com", "is not an email address"),
        ("ana@x.com oops", "is not an email address"),
        ("ana..silva@x.com", "is not an email address: it has two dots in a row"),
        ("ana@x..com", "is not an email address: it has two dots in a row"),
        ("ana@x.com.", "is not an email address: it ends with a dot"),
        ("ana@x.com:", "is not an email address: it ends with a colon"),
        ("ana@localhost", "is not an email address: its domain has no dot"),
        ("ana@x\u00ad.com", "holds an invisible character (U+00AD) inside an email address"),
        ("an\u200ba@x.com", "holds an invisible character (U+200B) inside an email address"),
        ("ana@x．com", "is not an email address: it holds ． (U+FF0E) instead of ."),
        ("ana＠x.com", "is not an email address: it holds ＠ (U+FF20) instead of @"),
        ("a@x.com, b@", "is not an email address"),
    ],
)
def test_what_is_no_address_is_refused_without_being_shown(cell, reason):
    with pytest.raises(InvalidRequestError) as caught:
        Columns.match(["Mail"]).contact({"Mail": cell})

    assert str(caught.value) == f"no identifier: Mail is empty; Mail {reason}".removeprefix(
        "no identifier: Mail is empty; "
    )


def test_a_cell_without_an_address_is_empty():
    assert addresses(" ; ") == ()


def test_several_addresses_of_an_address_book_are_split():
    assert addresses("jane@acme.com ::: j@acme.com") == ("jane@acme.com", "j@acme.com")
