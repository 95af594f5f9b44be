"""Outlines: labels before words, addressed randomness, coverage."""

from collections import Counter
from itertools import islice

import pytest
from conftest import SMALL
from hypothesis import given
from hypothesis import strategies as st

from synthconv.plan.coverage import coverage
from synthconv.plan.domain import Domain
from synthconv.plan.notes import notes
from synthconv.plan.outlines import Planner
from synthconv.plan.outside import outside_skeletons, vocabulary
from synthconv.plan.rows import plan_rows, quotas
from synthconv.plan.skeletons import split_up, words_of
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.loader import read_scenario
from synthconv.scenario.patterns import parse
from synthconv.seeds import digest, in_proportion, rng

ALL_EDGES = (
    "edge_cases: {"
    + ", ".join(f"{name}: 0.02" for name, case in catalogue().edge_cases.items() if case.scope != "dialogue")
    + "}"
)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6), st.integers(0, 2**32), st.integers(1, 300))
def test_every_stretch_is_in_proportion(weights, seed, n):
    shares = dict(enumerate(weights))
    counts = Counter(islice(in_proportion(shares, rng(seed, "x")), n))
    assert all(abs(counts[key] - n * share / sum(weights)) < 4 for key, share in shares.items())


def test_the_first_place_is_as_likely_as_the_weights_say():
    first = Counter(next(in_proportion({"train": 0.8, "test": 0.2}, rng(seed, "x"))) for seed in range(2000))
    assert first["test"] / 2000 == pytest.approx(0.2, abs=0.03)


def test_an_id_is_the_hash_of_intent_cell_k_and_attempt(small):
    planner = Planner(Domain(small))
    row = next(plan_rows(planner.domain))
    assert planner.outline(row, 3).id == digest(row.intent, row.cell, row.k, 3)
    assert planner.outline(row, 3) == Planner(Domain(small)).outline(row, 3) != planner.outline(row, 2)


def test_what_is_planned_does_not_depend_on_how_much_is_asked():
    few, many = (
        list(plan_rows(Domain(read_scenario(SMALL.replace("intent: 40", f"intent: {count}"))))) for count in (20, 60)
    )
    for intent in ("transfer_money", "check_balance"):
        assert [row for row in many if row.intent == intent][:20] == [row for row in few if row.intent == intent]


def test_quotas_count_weights_and_put_out_of_scope_on_top():
    scenario = read_scenario(SMALL.replace("check_balance:\n", "check_balance:\n    weight: 2.5\n"))
    assert quotas(scenario) == {
        ("transfer_money", None): 40,
        ("check_balance", None): 100,
        ("out_of_scope", "out_of_scope"): 14,
    }


def test_every_slot_combination_persona_and_edge_case_is_covered():
    scenario = read_scenario(
        SMALL.replace("edge_cases: {out_of_scope: 0.1, typo_heavy: 0.05, multi_intent: 0.05}", ALL_EDGES).replace(
            "intent: 40", "intent: 300"
        )
    )
    domain = Domain(scenario)
    planner, seen, edges, personas = Planner(domain), set(), set(), set()
    for row in plan_rows(domain):
        outline = planner.outline(row, 0)
        edges.add(row.cell.edge_case)
        personas.add((row.intent, row.cell.persona))
        seen.add((row.intent, tuple(sorted(value.slot for value in outline.turns[0].intents[0].slots))))
        assert outline.expect or row.cell.edge_case is None
        if outline.expect:
            assert outline.expect.behaviour in catalogue().behaviours
    for intent in scenario.model.intents:
        for skeleton in domain.skeletons[intent, "en-US", None]:
            assert {(intent, slots) for slots in skeleton.combinations} <= seen
    assert {name for name, case in catalogue().edge_cases.items() if case.scope != "dialogue"} < edges
    assert {
        (intent, persona) for intent in (*scenario.model.intents, "out_of_scope") for persona in ("hurried", "formal")
    } == personas


def outlines(edge_case, count=200):
    scenario = read_scenario(
        SMALL.replace(
            "edge_cases: {out_of_scope: 0.1, typo_heavy: 0.05, multi_intent: 0.05}", f"edge_cases: {{{edge_case}: 0.5}}"
        ).replace("intent: 40", f"intent: {count}")
    )
    planner = Planner(Domain(scenario))
    return [planner.outline(row, 0) for row in plan_rows(planner.domain) if row.cell.edge_case == edge_case]


def test_missing_entities_are_named_and_not_said():
    found = outlines("missing_entity")
    assert {outline.intent for outline in found} == {"transfer_money"}
    for outline in found:
        assert outline.expect.behaviour == "ask"
        assert outline.expect.slots
        assert not set(outline.expect.slots) & {value.slot for value in outline.turns[0].slots}


def test_plain_rows_too_expect_the_bot_to_ask_for_what_is_missing(run):
    for row in run(SMALL).rows:
        if row["intent"] == "transfer_money" and row["edge_case"] is None:
            missing = [slot for slot in ("amount", "payee") if slot not in {span["slot"] for span in row["entities"]}]
            assert row.get("expect") == ({"behaviour": "ask", "slots": missing} if missing else None)


def test_wrong_formats_are_said_and_not_labelled():
    for outline in outlines("wrong_format"):
        (wrong,) = [value for value in outline.turns[0].slots if value.value is None]
        assert outline.expect.slots[0] == wrong.slot
        assert wrong.slot in ("day", "reference")


def test_corrections_have_a_second_value():
    for outline in outlines("self_correction"):
        (corrected,) = [value for value in outline.turns[0].slots if value.other]
        assert outline.expect.slots == (corrected.slot,)


def test_what_no_value_is_left_for_is_not_said(run):
    text = "scenario: x\nlanguage: en\nintents:\n  a: {examples: ['from {x} to {y}', 'go to {x} (now|today|soon)'], slots: {x: city, y: city}}\nentities: {city: {values: [Rome]}}\ngenerate: {utterances_per_intent: 10}\n"
    found = run(text)
    assert all(len(row["entities"]) == 1 for row in found.rows)
    assert "no_words" in found.manifest["counts"]["reasons"]


def test_two_intents_are_two_plans():
    assert {tuple(plan.intent for plan in outline.turns[0].intents) for outline in outlines("multi_intent")} == {
        ("transfer_money", "check_balance"),
        ("check_balance", "transfer_money"),
    }


def test_values_of_one_entity_differ_inside_an_utterance():
    scenario = read_scenario(
        "scenario: x\nlanguage: en\nintents:\n  a: {examples: ['from {x} to {y}'], slots: {x: city, y: city}}\nentities: {city: {values: [Rome, Oslo, Bern]}}\n"
    )
    planner = Planner(Domain(scenario))
    for row in plan_rows(planner.domain):
        first, second = planner.outline(row, 0).turns[0].slots
        assert first.value != second.value


@pytest.mark.parametrize(
    ("count", "splits"),
    [(1, {"train"}), (2, {"train", "test"}), (3, {"train", "dev", "test"}), (40, {"train", "dev", "test"})],
)
def test_each_split_has_a_skeleton_where_there_are_enough(count, splits):
    found = split_up([parse(f"text {i}", "en") for i in range(count)], {"train": 0.8, "dev": 0.1, "test": 0.1})
    assert {skeleton.split for skeleton in found} == splits
    assert sum(skeleton.split == "train" for skeleton in found) >= count // 2


def test_topics_that_the_bot_is_about_are_left_out(small):
    def foreign(scenario):
        found = outside_skeletons(scenario, "out_of_scope", "en-US")
        return {skeleton.template.source for skeleton in found if not skeleton.in_scope}

    weather = read_scenario(
        "scenario: weather_bot\nlanguage: en\nintents: {forecast: {examples: [what's the weather like]}}\n"
    )
    assert any("weather" in text for text in foreign(small))
    assert foreign(weather)
    assert not any("weather" in text for text in foreign(weather))
    assert {"balance", "checking", "transfer"} <= vocabulary(small)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("transfer_money", "transfer money"),
        ("transferMoney", "transfer money"),
        ("GetWeather", "get weather"),
        ("FAQ", "FAQ"),
        ("a/b-c.d", "a b c d"),
    ],
)
def test_a_name_in_words(name, words):
    assert words_of(name) == words


def test_notes_say_what_will_not_happen():
    text = SMALL + "dialogues: {tasks: {pay: {intent: transfer_money}}}\naugment: [typos]\n"
    text = text.replace("language: en-US", "languages: [en-US, fi]").replace(
        "out_of_scope: 0.1", "out_of_scope: 0.1, silence: 0.1, missing_entity: 0.1"
    )
    said = "\n".join(
        notes(Domain(read_scenario(text.replace("  day: {type", "  unused: {type: email}\n  day: {type"))))
    )
    for part in (
        "no dialogues are asked for, though there are tasks (pay): set dialogues.count",
        "augmentation under `augment`",
        "no language pack for fi",
        "no example in fi for transfer_money, check_balance",
        "no texts for the edge case out_of_scope in fi",
        "silence takes several turns",
        "missing_entity needs a required slot, and an example that does not say it; plain rows instead for check_balance",
        "entities that no slot and no result uses: unused",
    ):
        assert part in said
    assert list(notes(Domain(read_scenario(SMALL)))) == []


def test_coverage_counts_the_plan(small):
    facts = coverage(Domain(small))
    assert facts["rows"] == 88
    assert facts["intents"]["transfer_money"]["rows"] == 40
    assert facts["intents"]["transfer_money"]["examples"] == 6
    assert sum(facts["splits"].values()) == 88
