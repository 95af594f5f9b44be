"""Literals: values that examples say without a slot, and the others that take their place."""

import re
from collections import Counter
from random import Random

import pytest
from conftest import read_run

from synthconv import generate
from synthconv.lang.packs import languages, load_pack
from synthconv.realise.literals import literals_of
from synthconv.scenario.loader import read_scenario

TRIP = """
scenario: trips
language: en
intents:
  weather:
    examples: [what's the weather in paris on monday, will it rain in oslo tomorrow, is it cold in rome right now,
      do i need an umbrella in boston, how warm does it get in madrid in june]
  france_tickets:
    examples: [tickets for france please, what do tickets to france cost, i want to go to france in july, are there seats on the way to
      france, can you sell me two tickets to france]
  wake_me:
    slots: {hour: hour}
    examples: ["wake me at {hour} on monday", "i need to be up by {hour} on monday please", "set an alarm for {hour}, not for noon",
      "can you call my room at {hour} in paris"]
entities: {hour: {type: time}}
generate: {utterances_per_intent: 40}
"""


def others(language, text, core=(), draws=60):
    random = Random(5)
    return Counter(literals_of(language).varied(text, core, random) for _ in range(draws))


@pytest.mark.parametrize(
    ("language", "text", "form"),
    [
        ("en", "is it open on monday", r"is it open on (mon|tues|wednes|thurs|fri|satur|sun)day"),
        ("en", "Flights to Paris", r"Flights to [A-Z][\w .]+"),
        ("en", "wake me at 7 am", r"wake me at ([2-9]|1[0-2]) am"),
        ("en", "wake me at 7:20am", r"wake me at ([2-9]|1[0-2]):(00|15|30|45|20)am"),
        ("en", "wake me at seven am", r"wake me at (two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) am"),
        ("en", "send $1,200 to my mom", r"send \$[1-9],\d00 to my \w+"),
        ("en", "a table for 4 people", r"a table for [2-9] people"),
        ("en", "where is order 483920", r"where is order \d{6}"),
        ("en", "on the 15th please", r"on the (\d{1,2}(th|st|nd|rd)) please"),
        ("de", "um 15 Uhr in Berlin", r"um (1[3-9]|2[0-2]) Uhr in [A-Z].+"),
        ("de", "1.500 Euro an meine Schwester", r"[1-9]\.\d00 Euro an meine \w+"),
        ("es", "una mesa para 4 personas", r"una mesa para [2-9] personas"),
    ],
)
def test_a_literal_becomes_another_of_its_kind(language, text, form):
    found = others(language, text)
    assert all(re.fullmatch(form, other) for other in found), found
    assert len(found) > 4


@pytest.mark.parametrize(
    "text",
    [
        "the second time in 2024",
        "i may mark it as read",
        "call 24/7 or press 1",
        "version 3.11.2 of the app",
        "see https://example.org/4711",
        "room #4711-b",
        "blue screen again",
    ],
)
def test_what_only_looks_like_a_literal_stays(text):
    assert set(others("en", text)) == {text}


def test_the_same_literal_becomes_the_same_other_and_two_stay_two():
    for text in others("en", "from paris to rome, not from paris to oslo"):
        start, end, again, last = re.fullmatch(r"from (.+) to (.+), not from (.+) to (.+)", text).groups()
        assert start == again or "paris" in (start, again)
        assert len({start, end, last}) == 3


def test_what_an_intent_is_about_is_no_literal():
    known = literals_of("en")
    examples = ["fly to france", "france in june", "tickets to france", "seats for spain"]
    assert known.core(examples, "book trip") == {"france"}
    assert known.core(["wake me"], "set 7 am alarm") == {"7"}
    assert set(others("en", "tickets to france", {"france"})) == {"tickets to france"}


def test_rows_vary_the_literals_of_intents_without_slots(tmp_path):
    generate(read_scenario(TRIP), tmp_path / "out")
    rows = {intent: [] for intent in ("weather", "france_tickets", "wake_me")}
    for row in read_run(tmp_path / "out").rows:
        rows[row["intent"]].append(row["text"].lower())
    places = Counter(place for text in rows["weather"] for place in re.findall(r"\bin (\w+)", text))
    assert len(places) > 15
    assert max(places.values()) <= 6
    assert not any(re.search(r"\b(spain|italy|germany|peru)\b", text) for text in rows["france_tickets"])
    said = " ".join(rows["wake_me"])
    assert set(re.findall(r"\w+day\b", said)) == {"monday"}
    assert set(re.findall(r"\bin (\w{4,})\b", said)) <= {"paris"}


@pytest.mark.parametrize("language", languages())
def test_no_literal_is_of_two_kinds(language):
    kinds = load_pack(language).literals.kinds
    said = Counter(member.lower() for members in kinds.values() for member in members)
    assert [member for member, count in said.items() if count > 1] == []
    assert all(len(members) > 1 for members in kinds.values())
    assert len(said) > 500
