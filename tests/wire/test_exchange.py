"""What a call's attempts have come to."""

from lemlist_async.wire.exchange import Attempts


class TestAttempts:
    def test_an_attempt_that_never_reached_the_wire_leaves_nothing_in_doubt(self):
        attempts = Attempts()

        attempts.began(on_wire=False)
        attempts.ended(ambiguous=False)

        assert (attempts.requests, attempts.lost, attempts.ambiguous) == (1, 0, False)

    def test_from_the_write_to_the_answer_it_is_in_doubt(self):
        attempts = Attempts()

        attempts.began(on_wire=False)
        before = attempts.ambiguous
        attempts.written()

        assert (before, attempts.ambiguous) == (False, True)

    def test_a_rejection_takes_the_doubt_away(self):
        attempts = Attempts()

        attempts.began(on_wire=False)
        attempts.written()
        attempts.ended(ambiguous=False)

        assert not attempts.ambiguous

    def test_a_lost_answer_stays_in_doubt_whatever_follows(self):
        attempts = Attempts()

        attempts.began(on_wire=True)
        attempts.ended(ambiguous=True)
        attempts.began(on_wire=True)
        attempts.ended(ambiguous=False)

        assert (attempts.requests, attempts.lost, attempts.ambiguous) == (2, 1, True)

    def test_a_second_write_within_an_attempt_is_a_lost_one_and_a_new_one(self):
        """What aiohttp does with GET, PUT and DELETE after a dropped keep-alive connection."""
        attempts = Attempts()

        attempts.began(on_wire=False)
        attempts.written()
        attempts.written()

        assert (attempts.requests, attempts.lost) == (2, 1)

    def test_success_is_in_doubt_to_everyone_but_who_counts_it(self):
        attempts = Attempts()

        attempts.began(on_wire=True)
        attempts.succeeded()

        assert (attempts.on_wire, attempts.answered, attempts.ambiguous) == (False, True, True)

    def test_a_read_leaves_nothing_in_doubt(self):
        attempts = Attempts(reads=True)

        attempts.began(on_wire=True)
        attempts.ended(ambiguous=True)

        assert not attempts.ambiguous
