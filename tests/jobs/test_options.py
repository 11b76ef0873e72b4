"""The options that all imports share."""

import pytest
from support import people

from lemlist_async.jobs import import_contacts, import_unsubscribes


@pytest.mark.parametrize("begin", [import_contacts, import_unsubscribes])
def test_an_option_that_does_not_exist_is_refused_at_once(lemlist, begin):
    with pytest.raises(TypeError, match="An import has no option colour"):
        begin(lemlist, people(1), colour="red")
