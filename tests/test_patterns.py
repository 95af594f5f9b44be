from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthconv.scenario.patterns import ESCAPABLE, PatternError, Slot, expand, parse


def expansions(pattern, slots=()):
    """All texts that the variant of a pattern gives, slots shown as <name>."""
    node = parse(pattern, "en").variants[tuple(slots)]
    return {
        "".join(f"<{piece.name}>" if isinstance(piece, Slot) else piece for piece in expand(node, Random(i)))
        for i in range(200)
    }


def test_choices_options_and_nesting():
    assert expansions("(a|b) c [d]") == {"a c d", "b c d", "a c ", "b c "}
    assert expansions("x[ (y|z)]") == {"x", "x y", "x z"}
    assert expansions("(|a)b") == {"b", "ab"}
    assert expansions("x[ y| z]") == {"x", "x y", "x z"}


def test_variants_are_grouped_by_the_slots_they_say():
    variants = parse("[please] (send|move {amount}) to {payee} [from {source}]", "en").variants
    assert set(variants) == {("payee",), ("amount", "payee"), ("payee", "source"), ("amount", "payee", "source")}
    assert expansions("(go|to {a}) [now]", ["a"]) == {"to <a> now", "to <a> "}


def test_a_slot_may_be_said_twice():
    assert ("city", "city") in parse("from {city} to {city}", "en").variants


def test_escapes_give_the_signs_themselves():
    assert expansions(r"is \{0\} \(still\) \[ok\] \| a \\ b") == {r"is {0} (still) [ok] | a \ b"}
    assert expansions(r"a \n b") == {r"a \n b"}


@given(st.text(max_size=40))
def test_any_text_survives_escaped(text):
    escaped = "".join(f"\\{char}" if char in ESCAPABLE else char for char in text)
    assert expansions(escaped) == {text}


@given(st.text(alphabet="ab {}[]()|\\", max_size=25))
def test_any_pattern_is_read_or_refused_with_a_place_and_a_cure(pattern):
    try:
        parse(pattern, "en")
    except PatternError as error:
        assert 0 <= error.column <= len(pattern)
        assert error.cure


@pytest.mark.parametrize(
    ("pattern", "column", "cause"),
    [
        ("say (a|b", 4, "never closed"),
        ("say [a", 4, "never closed"),
        ("say a)", 5, "closes nothing"),
        ("a ] b", 2, "closes nothing"),
        ("a | b", 2, "outside"),
        ("send {", 5, "no slot name"),
        ("send {}", 5, "no slot name"),
        ("(" * 30 + "a" + ")" * 30, 21, "nest deeper"),
        ("".join(f"[{{s{i}}}]" for i in range(12)), 0, "slot combinations"),
    ],
)
def test_what_cannot_be_read_says_where(pattern, column, cause):
    with pytest.raises(PatternError, match=cause) as caught:
        parse(pattern, "en")
    assert caught.value.column == column


def test_the_number_of_texts_counts_choices_and_values():
    assert parse("(a|b) [c] {x}", "en").texts(lambda slot: 30) == 2 * 2 * 30
