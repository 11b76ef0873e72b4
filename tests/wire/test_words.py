"""lemlist's own words reach the caller, and what the caller said does not come back in them."""

import json

import pytest
from scripted import PAGE, a_call, a_reply, error_of

from lemlist_async import errors
from lemlist_async.wire.body import BodyFault
from lemlist_async.wire.reply import Reply, is_ambiguous, read_reply


class TestWhereTheWordsStand:
    @pytest.mark.parametrize(
        "body",
        [
            {"errors": [{"message": "the words"}]},
            {"errors": ["the words"]},
            {"errors": [{"msg": "the words", "loc": ["body"]}]},
            {"detail": "the words"},
            {"detail": [{"msg": "the words"}]},
            {"error": None, "detail": {"message": "the words"}},
            {"errors": [], "message": "the words"},
            {"success": False, "message": "the words"},
        ],
    )
    def test_they_are_found(self, body):
        assert error_of(422, body).message == "the words"

    def test_a_code_beside_them_is_found(self):
        assert error_of(400, {"errors": [{"message": "the words", "code": "BAD_NAME"}]}).code == "BAD_NAME"

    @pytest.mark.parametrize("body", [{"errors": {}}, {"errors": [7]}, {"detail": 5}, {"errors": [{}]}])
    def test_where_there_are_none_that_is_said(self, body):
        assert error_of(400, body).message == "no reason was given."


class TestARefusalWithA2xx:
    @pytest.mark.parametrize("name", ["success", "ok"])
    def test_its_words_are_shown_and_nothing_is_in_doubt(self, name):
        error = error_of(200, {name: False, "message": "Contact limit reached."})

        assert type(error) is errors.InvalidRequestError
        assert str(error) == "POST /contacts answered 200: Contact limit reached."
        assert not is_ambiguous(error)
        assert not error.retryable

    def test_it_is_given_to_the_call_to_be_read(self):
        call = a_call(refusal=lambda error: errors.NotFoundError(error.message, status=error.status))

        error = error_of(200, {"success": False, "message": "gone"}, call=call)

        assert type(error) is errors.NotFoundError
        assert not is_ambiguous(error)

    @pytest.mark.parametrize("body", [{"success": True}, {"success": "no"}, {"data": {"success": False}}, [False]])
    def test_anything_else_is_an_answer(self, body):
        assert read_reply(a_call(), a_reply(200, body)) == body


class TestPages:
    @pytest.mark.parametrize("status", [401, 402, 403, 404, 407, 429, 502])
    def test_a_page_points_to_a_proxy_and_not_to_the_key(self, status):
        error = error_of(status, PAGE, Content_Type="text/html")

        assert error.is_from_proxy
        assert "proxy or firewall" in str(error)
        assert "HTTPS_PROXY" in str(error)
        assert not {"api_key", "admin", "credits"} & set(str(error).split())

    def test_words_of_lemlists_own_point_to_the_key(self):
        error = error_of(401, b"unknown key")

        assert not error.is_from_proxy
        assert "LEMLIST_API_KEY" in str(error)


class TestWhatCannotBeRead:
    @pytest.mark.parametrize("retryable", [True, False])
    def test_a_good_reply_whose_body_is_lost_leaves_a_doubt(self, retryable):
        reply = Reply(status=200, headers={}, body=b"", fault=BodyFault("the body is cut off.", retryable))

        with pytest.raises(errors.UnexpectedReplyError, match="the body is cut off") as caught:
            read_reply(a_call(), reply)

        assert caught.value.retryable is retryable
        assert is_ambiguous(caught.value)

    def test_a_refusal_stays_one_without_its_words(self):
        reply = Reply(status=404, headers={}, body=b"", fault=BodyFault("the body is cut off."))

        with pytest.raises(errors.NotFoundError, match="the body is cut off") as caught:
            read_reply(a_call(), reply)

        assert not is_ambiguous(caught.value)

    @pytest.mark.parametrize(("body", "retryable"), [(b"", True), (b"null", False), (b"{}", False)])
    def test_an_empty_reply_to_a_call_that_needs_a_value_may_be_full_next_time(self, body, retryable):
        def read(data):
            raise errors.UnexpectedReplyError("no count in it.")

        assert error_of(200, body, call=a_call(read=read)).retryable is retryable


CALL = {
    "path": "/contacts/{id_or_email}",
    "args": {"id_or_email": "Jane Doe"},
    "params": {"search": "Acme,Globex", "limit": "500"},
    "json": {"firstName": "Zaphodina", "custom": [{"plan": "gold tier"}], "phone": 33611223344, "n": 7, "x": None},
}


class TestWhatTheCallSaid:
    @pytest.mark.parametrize(
        "value", ["Jane Doe", "Acme", "Globex", "Acme,Globex", "Zaphodina", "ZAPHODINA", "gold  tier", "33611223344"]
    )
    @pytest.mark.parametrize("words", ["{} is not allowed", '"{}"', "bad:{};", "{}"])
    def test_is_not_repeated(self, value, words):
        error = error_of(400, {"error": {"message": words.format(value), "code": "X_Y"}}, call=a_call(**CALL))

        assert value not in str(error)
        assert "***" in error.message
        assert error.code == "X_Y"

    def test_in_a_code_neither(self):
        error = error_of(400, {"error": {"message": "no", "code": "Zaphodina"}}, call=a_call(**CALL))

        assert error.code == "***"

    def test_in_the_request_id_neither(self):
        call = a_call(json={"plan": "gold-1"})

        assert error_of(400, b"no", call=call, X_Request_Id="gold-1").request_id is None
        assert error_of(400, b"no", call=call, X_Request_Id="abc-7").request_id == "abc-7"

    def test_of_a_prepared_body_neither(self):
        call = a_call(content=json.dumps({"emails": ["Zaphodina"]}).encode())

        assert error_of(400, b"Zaphodina is no email", call=call).message == "*** is no email"

    def test_a_body_that_is_no_json_is_left_alone(self):
        call = a_call(content=b"--boundary", content_type="multipart/form-data")

        assert error_of(400, b"no file", call=call).message == "no file"

    def test_instead_of_a_csv_neither(self):
        call = a_call(params={"search": "Zaphodina"}, accept="text/csv")

        assert "Zaphodina" not in str(error_of(200, {"error": "no Zaphodina"}, call=call))

    @pytest.mark.parametrize("words", ["ctc_abc123 is unknown", "plans are limited", "firstName is wrong", "7 is low"])
    def test_ids_of_lemlist_names_of_fields_and_parts_of_words_stay(self, words):
        call = a_call(json={"id": "ctc_abc123", "firstName": "plan", "n": 7})

        assert error_of(400, words.encode(), call=call).message == words
