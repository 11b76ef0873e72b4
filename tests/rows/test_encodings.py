"""An encoding is never guessed silently."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from row_facts import reasons

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.encodings import ERRORS, Census
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.rejected import RejectedFile, rejected_path

WESTERN = {
    "French": "René Hélène François Noël Orléans cœur L’Été Où n°5 Île Benoît créée «oui»",
    "German": "Jürgen Müller Größe Straße Österreich „Test“ Weiß 50µm §5",
    "Spanish": "José Muñoz ¿Qué? ¡Hola! Ángel Nº5 1ª niño",
    "Portuguese": "João Simões Conceição Ação três",
    "Italian": "Niccolò Città perché più È",
    "Nordic": "Åsa Sjöström Sørensen Ærø Bjørn Århus Hämäläinen Guðmundur Þór Hafþór",
}
OTHER = {
    "cp1250": "Łukasz Wiśniewski Paweł Żaneta Błaszczyk",
    "iso8859-2": "Łukasz Błaszczyk Dvořák Zdeněk Růžička",
    "cp1251": "Иван Петров Анна",
    "koi8-r": "Иван Петров Анна",
    "cp1253": "Γιώργος Μαρία",
    "cp1254": "Ayşe Doğan Şahin",
    "mac_roman": "René Hélène François Jürgen",
    "cp850": "René Hélène Müller",
    "shift_jis": "太郎 山田花子 営業部長",
    "euc_jp": "太郎 山田花子",
    "gb18030": "王伟 李娜 张三丰 销售经理",
    "big5": "王小明 臺北",
    "euc_kr": "김철수 서울",
    "cp874": "สมชาย กรุงเทพ",
}


def table(words):
    return "email,First name\n" + "".join(f"p{number}@x.com,{word}\n" for number, word in enumerate(words.split()))


@pytest.mark.parametrize("words", WESTERN.values(), ids=WESTERN)
def test_windows_1252_is_taken_and_told_with_the_first_value_that_it_changed(write, words):
    file = ContactFile(write(table(words), encoding="cp1252"))

    assert file.encoding == "cp1252"
    assert [row.contact.first_name for row in file] == words.split()
    (note,) = file.notes
    assert (note.code, note.line) == ("ENCODING_ASSUMED", 2)
    assert note.example == words.split()[0]
    assert note.example not in repr(note)
    assert "--encoding" in note.message


@pytest.mark.parametrize(("encoding", "words"), OTHER.items(), ids=OTHER)
def test_what_cannot_be_windows_1252_is_refused_with_advice(write, encoding, words):
    path = write(table(words), encoding=encoding)

    with pytest.raises(InvalidRequestError, match=r"neither UTF-8 nor Windows-1252 text.*line 2.*--encoding: cp1250"):
        ContactFile(path)

    assert [row.contact.first_name for row in ContactFile(path, encoding=encoding)] == words.split()


def test_utf_8_with_a_bad_byte_costs_its_row_only(write):
    good = "".join(f"p{number}@x.com,Zoë {number}\n" for number in range(5)).encode()
    path = write(b"email,First name\n" + good + "b@x.com,René\n".encode("cp1252") + good)

    file = ContactFile(path)
    rows = list(file)

    assert (file.encoding, file.notes) == ("utf-8", ())
    assert reasons(rows) == {7: "First name holds the byte 0xE9, which the file's encoding does not have"}
    assert [row.contact.first_name for row in rows[:5]] == [f"Zoë {number}" for number in range(5)]


def test_half_a_character_at_the_end_of_a_cut_cell_costs_its_row_only(write):
    content = "email,Name,Note\na@x.com,Zoë,x\nb@x.com,Ren".encode() + b"\xc3,x\nc@x.com,Ana,y\n"

    rows = list(ContactFile(write(content)))

    assert [row.contact is None for row in rows] == [False, True, False]


def test_a_bad_byte_is_kept_byte_for_byte_in_the_rejected_file(write):
    path = write("email,First name\na@x.com,Zoë\n".encode() + b"b@x.com,Ren\xe9e\n")
    file = ContactFile(path)

    with RejectedFile(rejected_path(path), file.headers) as rejected:
        for row in file:
            if row.contact is None:
                rejected.write(row, row.reason)

    assert rejected_path(path).read_bytes().endswith(b",b@x.com,Ren\xe9e\r\n")
    assert [row.values["First name"] for row in ContactFile(rejected_path(path))] == ["Ren\udce9e"]


def test_a_byte_order_mark_decides_even_if_bytes_are_bad(write):
    rows = list(ContactFile(write(b"\xef\xbb\xbfemail,Name\na@x.com,\xe9\nb@x.com,y\n")))

    assert reasons(rows).keys() == {2}


def test_half_a_character_in_utf_16_costs_its_row_only(write):
    half, rest = b"\x3d\xd8", "\nc@x.com,z\n".encode("utf-16-le")
    text = "\ufeffemail,Name\na@x.com,Zoë\nb@x.com,".encode("utf-16-le") + half + rest

    rows = list(ContactFile(write(text)))

    assert reasons(rows).keys() == {3}


def test_utf_32_is_told_by_its_mark(write):
    assert ContactFile(write("email\nj@x.com\n", encoding="utf-32")).encoding == "utf-32"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_refused_with_its_name(write, encoding):
    path = write("email,Name\nj@x.com,Zoë\n", encoding=encoding)

    with pytest.raises(InvalidRequestError, match=f"--encoding {encoding}"):
        ContactFile(path)

    assert [row.contact.email for row in ContactFile(path, encoding=encoding)] == ["j@x.com"]


def test_a_given_encoding_that_does_not_fit_is_refused_with_line_and_byte(write):
    path = write("email,Name\na@x.com,x\nb@x.com,René\n", encoding="cp1252")

    with pytest.raises(InvalidRequestError, match="not ascii text throughout: line 3 holds the byte 0xE9"):
        ContactFile(path, encoding="ascii")


def test_a_nul_costs_its_row_only(write):
    rows = list(ContactFile(write("email,Name\n" + "a@x.com,Ana\n" * 5 + "b@x.com,B\0\nc@x.com,C\n")))

    assert reasons(rows) == {7: "Name holds a NUL character (U+0000)"}


def test_one_character_that_only_utf_8_has_decides_in_a_long_file(write):
    lines = b"a@x.com,Ana\n" * 200_000

    file = ContactFile(write(b"email,Name\n" + lines + "b@x.com,Zoë\n".encode() + lines + b"c@x.com,\xe9\n"))

    assert file.encoding == "utf-8"


def test_windows_1252_is_told_by_its_first_line_in_a_long_file(write):
    line = "a@x.com,Orléans\n".encode("cp1252")

    file = ContactFile(write(b"email,City\n" + line * 100_000))

    assert (file.encoding, file.notes[0].line, file.notes[0].example) == ("cp1252", 2, "Orléans")


def test_a_file_of_one_endless_line_is_read_in_pieces(write):
    assert ContactFile(write("email\n" + "x" * (18 << 20))).encoding == "utf-8"


def test_the_handler_of_bad_bytes_does_not_write():
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", ERRORS)


@given(
    pieces=st.lists(st.sampled_from([b"A", b"\n", "é".encode(), "€".encode(), "👩".encode()]) | st.binary(max_size=4))
)
def test_good_characters_and_bad_bytes_are_counted_as_python_decodes_them(pieces):
    content = b"".join(pieces)
    text = content.decode("utf-8", ERRORS)
    bad = sum("\udc80" <= one <= "\udcff" for one in text)
    census = Census()

    census.count(content)

    assert (census.valid, census.bad) == (sum(not one.isascii() for one in text) - bad, bad)


@pytest.mark.parametrize(
    "encoding", ["idna", "punycode", "rot13", "base64", "hex", "uu", "zlib", "unicode_escape", "raw_unicode_escape"]
)
def test_what_encodes_no_texts_is_refused_even_if_it_fits(write, encoding):
    with pytest.raises(InvalidRequestError, match=f"'{encoding}' is not an encoding of texts"):
        ContactFile(write("email,Name\nj@x.com,Zoe\n"), encoding=encoding)


@pytest.mark.parametrize(
    ("given", "encoding", "mark"),
    [
        ("utf-16", "utf-16-le", b""),
        ("utf-16", "utf-16-be", b""),
        ("utf-32", "utf-32-le", b""),
        ("utf-32", "utf-32-be", b""),
        ("utf-16", "utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", "utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-be", "utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-8", "utf-8", codecs.BOM_UTF8),
    ],
)
def test_the_order_of_bytes_is_that_of_the_file(write, given, encoding, mark):
    path = write(mark + "email,Name\nj@x.com,Zoë\n".encode(encoding))

    assert [row.contact.first_name for row in ContactFile(path, encoding=given, renames={"Name": "firstName"})] == [
        "Zoë"
    ]


@pytest.mark.parametrize(
    ("given", "content", "message"),
    [
        ("cp1252", "utf-8-sig", "the byte-order mark of UTF-8, so it is not cp1252"),
        ("utf-8", "utf-16", "the byte-order mark of UTF-16, so it is not utf-8"),
        ("cp1252", "utf-16-le", "UTF-16 without a byte-order mark: .* --encoding utf-16-le"),
        ("utf-8", "utf-16-be", "UTF-16 without a byte-order mark: .* --encoding utf-16-be"),
    ],
)
def test_an_encoding_that_the_first_bytes_contradict_is_refused(write, given, content, message):
    with pytest.raises(InvalidRequestError, match=message):
        ContactFile(write("email,Name\nj@x.com,Zoë\n", encoding=content), encoding=given)
