"""Names and values as lemlist spells them."""

import pytest

from lemlist_async.spelling import counted, query


@pytest.mark.parametrize(("count", "words"), [(0, "0 rows are"), (1, "1 row is"), (1234, "1,234 rows are")])
def test_a_count_has_the_words_for_it(count, words):
    assert counted(count, "row is", "rows are") == words


class TestQuery:
    def test_names_and_values_take_lemlists_spelling(self):
        params = query(list_id="clt_1", not_in_any_campaign=True, limit=5, search=None, force=False)

        assert params == {"listId": "clt_1", "notInAnyCampaign": "true", "limit": "5", "force": "false"}

    def test_an_id_in_a_query_is_called_id(self):
        params = query(id="cam_1")

        assert params == {"id": "cam_1"}

    def test_several_values_are_joined_by_commas(self):
        params = query(ids_or_emails=["ctc_1", "jane@acme.com"], fields=("a", True))

        assert params == {"idsOrEmails": "ctc_1,jane@acme.com", "fields": "a,true"}
