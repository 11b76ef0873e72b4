"""Names and values as lemlist spells them."""

from lemlist_async.spelling import query


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
