"""JSON that is not what it should be: an example with parts missing, null, of another type, unknown, huge or nested."""

from hypothesis import strategies as st

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(max_size=5),
    st.sampled_from(
        ["", "x" * 5000, "2026-13-45", "\ud800", 10**400, -1, [], {}, [None], {"_id": None}, [[[[]]]], {"a": {}}]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.none() | st.integers(), max_size=3),
)


@st.composite
def mutated(draw, example):
    """Give the example with one to three of its parts changed."""
    changed = example
    for _ in range(draw(st.integers(1, 3))):
        changed = _changed(draw, changed)
    return changed


def _changed(draw, value):
    here = not isinstance(value, dict | list) or not value or draw(st.integers(0, 4)) == 0
    if here:
        return draw(ODD)
    if isinstance(value, list):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], _changed(draw, value[index]), *value[index + 1 :]]
    name = draw(st.sampled_from(sorted(value)))
    how = draw(st.sampled_from(["change", "change", "drop", "add"]))
    if how == "drop":
        return {key: one for key, one in value.items() if key != name}
    if how == "add":
        return value | {draw(st.text(max_size=5)): draw(ODD)}
    return value | {name: _changed(draw, value[name])}
