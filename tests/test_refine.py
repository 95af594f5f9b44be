"""Style, typos, edge cases, checks and duplicates on words that are known."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from synthconv.lang.packs import languages, load_pack
from synthconv.lang.tokens import WORD, normalised
from synthconv.realise.align import align
from synthconv.realise.rules import assemble
from synthconv.records import (
    Cell,
    Example,
    IntentPlan,
    LabelledText,
    Outline,
    Rejection,
    SlotValue,
    Style,
    Turn,
    TurnPlan,
)
from synthconv.refine.checks import check
from synthconv.refine.dedup import Dedup
from synthconv.refine.edge_cases import SAID, WRITTEN, edge_cases
from synthconv.refine.style import style
from synthconv.refine.typos import misspell
from synthconv.scenario.catalogue import catalogue

AMOUNT = SlotValue("amount", "money", "$40", "40.00 USD", "fifty dollars")
PAYEE = SlotValue("payee", "person", "Ana López", "Ana López", None)


def example(pieces, edge_case=None, dials=Style(), ident="0", intent="pay", language="en", method="rules"):
    values = tuple(piece for piece in pieces if isinstance(piece, SlotValue))
    plan = TurnPlan("user", (IntentPlan(intent, "skeleton", values),))
    outline = Outline(ident, intent, Cell(language, None, edge_case), dials, "train", (plan,), method=method)
    return Example(ident, outline, (Turn(plan, assemble(pieces)),), group=ident)


def styled(text, seed=1, language="en", ident="0", **dials):
    (found,) = style(seed)(
        example([text] if isinstance(text, str) else text, dials=Style(**dials), language=language, ident=ident)
    )
    return found.text


def test_assembling_leaves_no_gaps():
    assert assemble(["send ", AMOUNT, " ", "", " to ", PAYEE]).text == "send $40 to Ana López"
    assert assemble([" now ", "", " please ", "", " ?"]).text == "now please?"


@given(st.lists(st.sampled_from(["a", " ", "b ", " ,", "?", "", AMOUNT, PAYEE]), max_size=9))
def test_assembled_spans_are_the_values(pieces):
    text = assemble(pieces)
    assert [text.surface(span) for span in text.spans] == [
        piece.surface for piece in pieces if isinstance(piece, SlotValue)
    ]


def test_dials_change_the_wording_in_ways_a_reader_can_name():
    assert styled("Can you please send it?", casing="lower", punctuation="none").text == "can you please send it"
    assert styled("Send it now", casing="upper").text == "SEND IT NOW"
    assert styled("send it. then call me", casing="sentence").text == "Send it. Then call me"
    assert styled("where is it", punctuation="full").text == "where is it?"
    assert styled("send it", punctuation="full").text == "send it."
    assert styled("I want to send it, please.", verbosity="terse", politeness="low").text == "Send it."
    assert "it's not here" in {styled("it is not here", seed, formality="low").text for seed in range(5)}
    assert styled("I don't know, who's up", formality="high").text == "I do not know, who's up"
    assert styled("send it please", politeness="low").text == "send it"


def test_politeness_and_words_are_added():
    polite = {styled("send it", seed, politeness="high").text for seed in range(60)}
    wordy = {styled("send it", seed, verbosity="wordy").text for seed in range(60)}
    assert len(polite) > 20
    assert len(wordy) > 20
    assert all("send it" in text for text in polite | wordy)


def test_codes_keep_their_case():
    assert styled(["Order ", SlotValue("o", "order", "AB-123", "AB-123")], casing="lower").text == "order AB-123"


@given(st.text(min_size=1, max_size=60), st.integers(0, 99), st.sampled_from(languages()))
def test_no_style_loses_a_value(words, seed, language):
    dials = Random(seed)
    chosen = Style(
        verbosity=dials.choice(("terse", "wordy")),
        formality=dials.choice(("low", "high")),
        politeness=dials.choice(("low", "normal", "high")),
        emotion=dials.choice(("calm", "worried", "annoyed")),
        channel=dials.choice(("chat", "email", "voice", "search")),
        casing=dials.choice(("as_written", "lower", "upper", "sentence")),
        punctuation=dials.choice(("none", "full", "heavy")),
        abbreviations=0.5,
        emoji=0.5,
        typos=0.2,
    )
    (found,) = style(seed)(example([words, " ", AMOUNT, " ", words, PAYEE], dials=chosen, language=language))
    assert [span.value for span in found.text.spans] == ["40.00 USD", "Ana López"]
    assert [found.text.surface(span).casefold() for span in found.text.spans] == ["$40", "ana lópez"]


def test_authored_examples_are_left_as_they_are():
    row = example(["Send   it"], dials=Style(casing="upper"), method="example")
    assert list(style(1)(row)) == [row]


def test_typos_are_as_often_as_asked_and_spare_first_letters_digits_and_values():
    pieces = ["please transfer the remaining balance 2500 somewhere ", AMOUNT, " before tomorrow"]
    text = example(pieces).text
    before, changed, words = WORD.findall(text.text), 0, 0
    for seed in range(400):
        after = misspell(text, 0.3, "en", Random(seed))
        found = WORD.findall(after.text)
        assert after.surface(after.spans[0]) == "$40"
        assert "2500" in found
        assert [word[0] for word in found] == [word[0] for word in before]
        changed += sum(a != b for a, b in zip(before, found, strict=True))
        words += 7
    assert changed / words == pytest.approx(0.3, abs=0.05)


def test_every_utterance_edge_case_is_made_somewhere():
    of_two = {"multi_intent", "interruption", "digression", "change_of_mind", "indirect_injection", "ambiguous"}
    planned = {"missing_entity", "wrong_format"}
    assert set(SAID) | set(WRITTEN) | planned | of_two == {
        name for name, case in catalogue().edge_cases.items() if case.has("utterance")
    }


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", [name for name in SAID | WRITTEN if name != "two_values"])
def test_an_edge_case_changes_the_words_and_keeps_the_values(name, language):
    pieces = {
        "en": ["Please send ", AMOUNT, " to the account of ", PAYEE, " tomorrow, thanks"],
        "de": ["Bitte heute Abend ", AMOUNT, " an das Konto von ", PAYEE, " senden, danke, und zwar schnell"],
        "es": ["Por favor envía ", AMOUNT, " a la cuenta de ", PAYEE, " hoy, gracias, que tengo prisa"],
    }
    made = 0
    for seed in range(30):
        row = example(pieces[language], name, language=language, ident=f"{seed}")
        (found,) = edge_cases(seed, SAID | WRITTEN)(row)
        if isinstance(found, Rejection):
            assert found.reason == "no_words"
            continue
        made += 1
        assert found.text.text != row.text.text
        assert {span.value for span in found.text.spans} == {"40.00 USD", "Ana López"}
        assert found.augmentations == (name,)
    assert made >= 15


def test_a_corrected_value_is_labelled_and_the_wrong_one_is_not():
    (found,) = edge_cases(3, SAID)(example(["send ", AMOUNT, " now"], "self_correction"))
    assert found.text.text.startswith("send fifty dollars")
    assert [found.text.surface(span) for span in found.text.spans] == ["$40"]


def test_marks_of_a_value_are_its_own():
    company = SlotValue("shop", "company", "Yahoo!", "Yahoo!")
    (found,) = edge_cases(3, WRITTEN)(example(["a refund from ", company], "heavy_punctuation"))
    assert found.text.surface(found.text.spans[0]) == "Yahoo!"
    assert len(found.text.text) > len("a refund from Yahoo!")


def test_align_finds_a_value_that_an_edit_has_changed():
    row = example(["send ", AMOUNT])
    assert list(align(row.with_text(row.text.edit(6, 7, "9")))) != [row]
    assert [item.text.text for item in align(row.with_text(row.text.edit(0, 4, "SEND")))] == ["SEND $40"]


def test_align_proves_every_value():
    row = example(["send ", AMOUNT])
    assert list(align(row)) == [row]
    (missing,) = align(row.with_text(LabelledText("send $40")))
    (other,) = align(row.with_text(LabelledText("send fifty", ())))
    assert (missing.reason, other.reason) == ("slot_missing", "slot_missing")
    assert "amount" in missing.detail


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", "empty"),
        ("\u200b\u2800", "empty"),
        ("x" * 2001, "too_long"),
        ("a\x07b", "control_character"),
        ("a\ud800", "control_character"),
    ],
)
def test_checks_refuse_what_no_row_may_be(text, reason):
    (refused,) = check(example(["x"]).with_text(LabelledText(text)))
    assert refused.reason == reason
    assert [
        item.text.text for item in check(example(["naïve 🙂 ½\u2028"]).with_text(LabelledText("naïve 🙂\nok")))
    ] == ["naïve 🙂\nok"]


def admitted(dedup, text, intent="pay", ident=None, method="rules"):
    (found,) = dedup.admit(example([text], ident=ident or text, intent=intent, method=method))
    return found.reason if isinstance(found, Rejection) else "kept"


def test_duplicates_are_refused_with_evidence():
    dedup = Dedup(0.95, {"plain words": ["pay"]})
    assert admitted(dedup, "Send it to my sister Ana now, please!") == "kept"
    assert admitted(dedup, "send it to my sister ana now please") == "duplicate"
    assert admitted(dedup, "send it to my sister ann now please") == "near_duplicate"
    assert admitted(dedup, "send it to my sister ana now please", intent="other") == "other_intent"
    assert admitted(dedup, "send it to my sister ann now please", intent="other") == "kept"
    assert admitted(dedup, "Plain words.") == "example_copy"
    assert admitted(dedup, "Plain words", intent="other") == "other_intent"
    assert admitted(dedup, "plain words", method="example") == "kept"
    (found,) = dedup.admit(example(["send it to my sister anna now please"]))
    assert found.evidence == "Send it to my sister Ana now, please!"


@given(
    st.lists(st.text(alphabet="abc ", min_size=1, max_size=24).filter(str.strip), max_size=25),
    st.sampled_from([0.7, 0.9, 0.95, 1.0]),
)
def test_near_duplicates_are_those_of_brute_force(texts, threshold):
    dedup, kept = Dedup(threshold, {}, new_pairs=0), []
    for i, text in enumerate(texts):
        words = normalised(text)
        alike = any(words == other or fuzz.ratio(words, other) >= threshold * 100 for other in kept)
        outcome = admitted(dedup, text, ident=str(i))
        assert (outcome != "kept") == alike
        if not alike:
            kept.append(words)


def test_a_row_says_something_new():
    dedup = Dedup(1.0, {})
    assert admitted(dedup, "where is my card", ident="1") == "kept"
    assert admitted(dedup, "where is my new card", ident="2") == "kept"
    assert admitted(dedup, "is my card", ident="3") == "nothing_new"


def test_a_slip_makes_no_new_row():
    dedup = Dedup(0.95, {})
    first, again = example(["where is my card"], ident="1"), example(["where is my card"], ident="2")
    assert list(dedup.admit(first)) == [first]
    (found,) = dedup.admit(again.with_text(LabelledText("wheer is mi crad"), said="where is my card"))
    assert found.reason == "duplicate"


def test_siblings_of_a_group_do_not_refuse_each_other():
    dedup = Dedup(0.9, {})
    first = example(["send it to my sister now"], ident="1")
    sibling = Example("2", first.outline, example(["sned it to my sister now"]).turns, group="1")
    assert list(dedup.admit(first)) == [first]
    assert list(dedup.admit(sibling)) == [sibling]


def test_normalised_words_are_what_duplicates_compare():
    assert normalised("  Don't   PAY: £40!") == "don't pay 40"
    assert normalised("???") == "???"
    assert normalised("ÄPFEL") == normalised("äpfel")
    assert load_pack("xx").language == "und"
