"""What the tests of the engine are given."""

import pytest
from engine import Wire


@pytest.fixture
def wire():
    return Wire()
