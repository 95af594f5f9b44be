"""Alternations: one message in several constructions, and the limits of exchanging them."""

import re
from random import Random

import pytest
from conftest import read_run

from synthconv import generate
from synthconv.lang.models import Wording
from synthconv.lang.packs import load_pack
from synthconv.realise.alternations import Alternations, alternations_of
from synthconv.scenario.loader import read_scenario


def alternations(groups, **words):
    """The English alternations, of `groups` alone."""
    pack = load_pack("en")
    wording = Wording.model_validate(pack.wording.model_dump() | {"alternations": groups} | words)
    return Alternations(pack.model_copy(update={"wording": wording}))


def said(known, sentence, draws=60):
    random = Random(3)
    return {known.varied(sentence, random) for _ in range(draws)}


ARRIVED = [
    "{x} hasn't/haven't arrived [yet]",
    "i'm still waiting for {x}",
    "where is/are {x}, i still don't have it/them",
]


@pytest.mark.parametrize(
    ("sentence", "others"),
    [
        ("my card hasn't arrived", {"i'm still waiting for my card", "where is my card, i still don't have it"}),
        ("my card has not arrived yet", {"i'm still waiting for my card", "where is my card, i still don't have it"}),
        ("i am still waiting for it", {"it hasn't arrived", "it hasn't arrived yet", "where is it, i still don't have it"}),
        ("my tickets havent arrived", {"i'm still waiting for my tickets", "where are my tickets, i still don't have them"}),
        ("i'm still waiting for my tickets", {"my tickets haven't arrived", "my tickets haven't arrived yet",
                                              "where are my tickets, i still don't have them"}),
        ("the card from my bank hasn't arrived", {"i'm still waiting for the card from my bank",
                                                  "where is the card from my bank, i still don't have it"}),
        ("i paid on monday but my card hasn't arrived", {"i paid on monday but i'm still waiting for my card"}),
        ("my card hasn't arrived after two weeks", {"i'm still waiting for my card after two weeks"}),
    ],
)  # fmt: skip
def test_a_sentence_takes_another_construction(sentence, others):
    assert said(alternations([ARRIVED]), sentence) == others


@pytest.mark.parametrize(
    "sentence",
    [
        "my card has arrived",
        "it's not true that i waited",
        "i'm still waiting for you to answer",  # no noun phrase
        "i'm still waiting for my to",
        "hasn't arrived",
        "",
    ],
)
def test_a_sentence_that_has_no_construction_stays(sentence):
    assert said(alternations([ARRIVED]), sentence) == {sentence}


def test_a_pronoun_stands_before_a_particle_and_is_no_expletive():
    known = alternations([["collect {x}", "pick up {x}", "fetch {x}"], ["how much is {x}", "what does {x} cost"]])
    assert said(known, "collect it") == {"fetch it"}
    assert said(known, "collect my parcel") == {"fetch my parcel", "pick up my parcel"}
    assert said(known, "how much is it") == {"what does it cost"}
    assert said(known, "how much is it to use the gym") == {"how much is it to use the gym"}


def test_a_verb_phrase_is_one():
    known = alternations([["how long does it take to {do}", "how much time do i need to {do}"]])
    assert said(known, "how long does it take to open an account") == {"how much time do i need to open an account"}
    assert said(known, "how long does it take to my house") == {"how long does it take to my house"}


@pytest.mark.parametrize(
    ("groups", "error"),
    [
        ([["{x} is gone", "it is gone"]], "all members of an alternation must hold the same"),
        ([["{x} and {x}", "{x}, {x}"]], "each once"),
        ([["{z} is gone", "where is {z}"]], "may hold {x}, {y} and {do}"),
        (["{x} is gone"], "a group of one"),
    ],
)
def test_groups_that_cannot_be_are_named(groups, error):
    with pytest.raises(ValueError, match=re.escape(error) if error != "a group of one" else "alternations"):
        alternations(groups)


def test_a_pattern_of_several_that_is_none_is_named():
    with pytest.raises(ValueError, match="is no regular expression"):
        alternations([ARRIVED], several="(s")


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_shipped_groups_are_broad_and_each_member_finds_its_group(language):
    known, pack = alternations_of(language), load_pack(language)
    assert len(pack.wording.alternations) > 400
    fill = {"en": "my card", "de": "meine Karte", "es": "mi tarjeta"}[language]
    missed = []
    for number, group in enumerate(pack.wording.alternations):
        for member in group:
            if "{do}" in member or "{y}" in member:
                continue
            text = re.sub(r"\[[^\]]*\]", "", re.sub(r"([^\s/{}]+)/([^\s/{}]+)", r"\1", member)).replace("{x}", fill)
            found = {one.construction.group for one in known.found(" ".join(text.split()))}
            missed += [] if number in found else [member]
    assert len(missed) < 0.06 * sum(map(len, pack.wording.alternations)), missed[:20]


def test_rows_take_other_constructions_and_keep_their_values(tmp_path):
    text = """
scenario: parcels
language: en
intents:
  late:
    slots: {item: thing}
    examples: ["my {item} hasn't arrived yet", "i'm still waiting for my {item}"]
entities: {thing: {values: [lamp, kettle, blue jacket, phone, desk, pair of boots]}}
generate: {utterances_per_intent: 60}
"""
    generate(read_scenario(text), tmp_path / "out")
    rows = read_run(tmp_path / "out").rows
    assert len(rows) == 60
    assert all(row["text"][e["start"] : e["end"]].lower() == e["value"] for row in rows for e in row["entities"])
    others = [row["text"] for row in rows if not re.search("arrived|waiting", row["text"], re.IGNORECASE)]
    assert len(others) > 10


def test_what_a_construction_says_is_not_taken_for_a_thing():
    alternations = alternations_of("en")
    said = {alternations.varied("the name on my card is wrong", Random(number)) for number in range(100)}
    assert len(said) > 5
    assert not [text for text in said if re.search(r"^wrong|(?:to|of) wrong", text)]
