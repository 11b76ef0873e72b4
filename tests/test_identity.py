"""Two spellings of one identifier have one key, and two people never do."""

import pytest

from lemlist_async.identity import identity_key
from lemlist_async.models.contacts import ContactInput
from lemlist_async.models.leads import LeadInput
from lemlist_async.spelling import trimmed

PERSON = "ACoAAAbCdEfGhIjKlMnOpQrStUvWxYz0123456"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/ana-silva",
        "http://linkedin.com/in/ana-silva/",
        "linkedin.com/in/ana-silva",
        "//www.linkedin.com/in/ana-silva",
        "HTTPS://WWW.LinkedIn.com/IN/Ana-Silva",
        "https://fr.linkedin.com/in/ana-silva",
        "https://pt.linkedin.com:443/in/ana-silva",
        "https://m.linkedin.com/in/ana-silva",
        "https://touch.www.linkedin.com/in/ana-silva",
        "https://www.linkedin.com/mwlite/in/ana-silva",
        "https://www.linkedin.com/comm/in/ana-silva?midToken=x",
        "https://www.linkedin.com/in/ana-silva?trk=people&locale=fr_FR",
        "https://www.linkedin.com/in/ana-silva/#experience",
        "https://www.linkedin.com/in/ana-silva/de/",
        "https://www.linkedin.com/in/ana-silva/overlay/contact-info/",
        "https://www.linkedin.com//in//ana-silva//",
        "https://www.linkedin.com/in/ana%2Dsilva",
        "https://www.linkedin.com/in/ana%252Dsilva",
        "\u200b https://www.linkedin.com/in/ana-silva\u200b/\ufeff",
    ],
)
def test_a_profile_is_one_however_its_url_is_written(url):
    assert identity_key("linkedin_url", url) == "linkedin.com/in/ana-silva"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.linkedin.com/in/jos%C3%A9-%C3%A1vila", "linkedin.com/in/josé-ávila"),
        ("https://www.linkedin.com/in/JOSE\u0301-ávila", "linkedin.com/in/josé-ávila"),
        (f"https://www.linkedin.com/in/{PERSON}", f"linkedin.com/in/{PERSON}"),
        ("https://www.linkedin.com/company/Acme/about/", "linkedin.com/company/acme"),
        ("https://www.linkedin.com/school/mit", "linkedin.com/school/mit"),
        ("https://www.linkedin.com/pub/ana-silva/1/2/3", "linkedin.com/pub/ana-silva/1/2/3"),
        ("https://www.linkedin.com/profile/view?id=7", "linkedin.com/profile/view/?id=7"),
        ("https://www.linkedin.com/in/", "linkedin.com/in"),
        ("https://www.linkedin.com", "linkedin.com"),
        ("https://notlinkedin.com/in/Ana", "https://notlinkedin.com/in/ana"),
        ("https://example.com/?u=linkedin.com/in/Ana", "https://example.com/?u=linkedin.com/in/ana"),
        ("X1", "x1"),
    ],
)
def test_other_urls_keep_what_tells_them_apart(url, key):
    assert identity_key("linkedin_url", url) == key


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/sales/lead/ACwAAAbCd,NAME_SEARCH,x1y2",
        "linkedin.com/sales/people/ACwAAAbCd,name,zz?_ntb=abc",
        "https://www.linkedin.com/sales/lead/ACwAAAbCd/",
    ],
)
def test_a_sales_navigator_url_is_told_by_the_persons_key_with_its_case(url):
    assert identity_key("linkedin_url_sales_nav", url) == "linkedin.com/sales/ACwAAAbCd"


def test_sales_navigator_has_keys_of_its_own_for_people_and_companies():
    keys = [
        identity_key("linkedin_url_sales_nav", f"https://www.linkedin.com/sales/{path}")
        for path in ("lead/1,x", "company/1", "home")
    ]

    assert keys == ["linkedin.com/sales/1", "linkedin.com/sales/company/1", "linkedin.com/sales/home"]


@pytest.mark.parametrize(
    "domain", ["acme.com", "www.Acme.com", "https://www.acme.com/about?x#y", "acme.com:443", "acme.com."]
)
def test_a_domain_is_one_however_it_is_written(domain):
    assert identity_key("domain", domain) == "acme.com"


def test_emails_lose_their_case_and_ids_keep_it():
    assert identity_key("email", "\u200bJane@ACME.com\u00a0") == "jane@acme.com"
    assert identity_key("contact_id", "ctc_Ab\u200b") == "ctc_Ab"


def test_contacts_and_leads_of_one_person_share_their_keys():
    first = ContactInput(email="Ana@x.com", linkedin_url="https://www.linkedin.com/in/ana/")
    again = LeadInput(email="ana@X.com", linkedin_url="linkedin.com/in/ANA?trk=x")

    assert first.identities == again.identities


@pytest.mark.parametrize("around", ["\u200b", "\ufeff", "\u00a0", "\u202a", "\u2069", "\u00ad", "\0", " \t", "\u3000"])
def test_invisible_characters_are_trimmed_from_the_ends_only(around):
    assert trimmed(f"{around}a{around}b{around}") == f"a{around}b"
    assert ContactInput(email=f"{around}ana@x.com{around}").email == "ana@x.com"
