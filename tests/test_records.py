import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthconv.records import EditRefused, LabelledText, Span


@st.composite
def labelled(draw):
    """A text with up to four spans that do not overlap."""
    text = draw(st.text(min_size=1, max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = tuple(
        Span(a, b, "entity", f"s{i}", f"v{i}") for i, (a, b) in enumerate(zip(cuts[::2], cuts[1::2], strict=False))
    )
    return LabelledText(text, spans)


@st.composite
def with_edit(draw):
    text = draw(labelled())
    start, end = sorted((draw(st.integers(0, len(text.text))), draw(st.integers(0, len(text.text)))))
    return text, start, end, draw(st.text(max_size=10))


@given(with_edit())
def test_an_edit_changes_the_text_there_and_nowhere_else(case):
    text, start, end, new = case
    try:
        after = text.edit(start, end, new)
    except EditRefused:
        return
    assert after.text == text.text[:start] + new + text.text[end:]


@given(with_edit())
def test_spans_before_stay_after_shift_and_around_stretch(case):
    text, start, end, new = case
    try:
        after = text.edit(start, end, new)
    except EditRefused:
        return
    grown = len(new) - (end - start)
    assert [span.slot for span in after.spans] == [span.slot for span in text.spans]
    for old, moved in zip(text.spans, after.spans, strict=True):
        if old.end <= start:
            assert (moved.start, moved.end) == (old.start, old.end)
        elif end <= old.start:
            assert (moved.start, moved.end) == (old.start + grown, old.end + grown)
            assert after.surface(moved) == text.surface(old)
        else:
            assert (moved.start, moved.end) == (old.start, old.end + grown)
        assert after.surface(moved)


@given(with_edit())
def test_only_edits_that_cut_or_empty_a_span_are_refused(case):
    text, start, end, new = case

    def clean(span):
        outside = end <= span.start or start >= span.end
        inside = span.start <= start and end <= span.end and (new or (start, end) != (span.start, span.end))
        return outside or inside

    if all(map(clean, text.spans)):
        text.edit(start, end, new)
    else:
        with pytest.raises(EditRefused):
            text.edit(start, end, new)


@given(labelled(), st.data())
def test_many_edits_at_once_are_the_same_as_one_by_one_from_the_end(text, data):
    points = sorted(data.draw(st.sets(st.integers(0, len(text.text)), max_size=6)))
    changes = [(a, b, data.draw(st.text(max_size=5))) for a, b in zip(points[::2], points[1::2], strict=False)]
    try:
        at_once = text.edits(changes)
    except EditRefused:
        return
    one_by_one = text
    for change in reversed(changes):
        one_by_one = one_by_one.edit(*change)
    assert at_once == one_by_one


@given(st.lists(labelled(), max_size=4))
def test_joined_texts_keep_every_surface(texts):
    joined = LabelledText.joined(texts)
    assert joined.text == "".join(text.text for text in texts)
    assert [joined.surface(span) for span in joined.spans] == [
        text.surface(span) for text in texts for span in text.spans
    ]


def test_an_insertion_at_the_edge_of_a_span_stays_outside():
    text = LabelledText("to Ana", (Span(3, 6, "person", "payee", "Ana"),))
    assert text.edit(3, 3, "dear ").spans[0] == Span(8, 11, "person", "payee", "Ana")
    assert text.edit(6, 6, " now").spans == text.spans


@pytest.mark.parametrize("span", [(2, 2), (-1, 2), (3, 9)])
def test_a_span_that_does_not_fit_is_no_labelled_text(span):
    with pytest.raises(ValueError, match="does not fit"):
        LabelledText("four", (Span(*span, "e", "s", "v"),))


@pytest.mark.parametrize("edits", [[(0, 3, "x"), (2, 4, "y")], [(2, 9, "x")], [(3, 2, "x")]])
def test_edits_that_overlap_or_leave_the_text_are_refused(edits):
    with pytest.raises(EditRefused):
        LabelledText("four").edits(edits)
