"""The main job: the rows asked for, with labels that are right, the same tomorrow."""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest
from conftest import SMALL, bad_spans, read_run

from synthconv.dataset.ledger import Ledger
from synthconv.dataset.rows import rows_schema
from synthconv.lang.tokens import normalised
from synthconv.pipeline import generate_items
from synthconv.plan.domain import domain_of
from synthconv.plan.outlines import OPEN_ENTITY
from synthconv.records import REASONS
from synthconv.resources import scenario_names, shipped
from synthconv.scenario.loader import load_scenario, read_scenario


def with_rows(scenario, count):
    settings = scenario.model.generate.model_copy(update={"utterances_per_intent": count})
    return replace(scenario, model=scenario.model.model_copy(update={"generate": settings}))


def test_exactly_the_rows_asked_for(run):
    found = run(SMALL.replace("check_balance:\n", "check_balance:\n    weight: 0.5\n"))
    assert Counter(row["intent"] for row in found.rows) == {
        "transfer_money": 40,
        "check_balance": 20,
        "out_of_scope": 6,
    }
    assert found.manifest["shortage"] == []
    edge_cases = Counter(row["edge_case"] for row in found.rows)
    assert edge_cases["out_of_scope"] == 6
    assert 1 <= edge_cases["typo_heavy"] <= 6
    assert 1 <= edge_cases["multi_intent"] <= 6


def test_nothing_vanishes(run):
    found = run(SMALL)
    assert len(found.rows) + len(found.rejected) == found.manifest["counts"]["attempts"]
    assert {row["reason"] for row in found.rejected} <= set(REASONS)
    assert Counter(row["reason"] for row in found.rejected) == found.manifest["counts"]["reasons"]


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_give_all_rows_with_right_labels(name, run):
    import jsonschema

    scenario = load_scenario(shipped("scenarios") / f"{name}.yaml")
    found = run(scenario)
    assert found.manifest["counts"]["kept"] == found.manifest["counts"]["asked"] == len(found.rows)
    assert bad_spans(found.rows) == []
    assert len({row["id"] for row in found.rows}) == len(found.rows)
    assert len({normalised(row["text"]) for row in found.rows}) == len(found.rows)
    validators = {
        kind: jsonschema.Draft202012Validator({**rows_schema(), "anyOf": [{"$ref": f"#/$defs/{kind}"}]})
        for kind in ("intent_row", "rejected_row")
    }
    assert not [error for row in found.rows for error in validators["intent_row"].iter_errors(row)]
    assert not [error for row in found.rejected for error in validators["rejected_row"].iter_errors(row)]
    slots = {intent: set(model.slots) for intent, model in scenario.model.intents.items()}
    for row in found.rows:
        allowed = set().union(*(slots.get(intent, set()) for intent in row.get("intents", [row["intent"]])))
        assert {span["slot"] for span in row["entities"]} <= allowed


def test_a_scenario_like_those_people_start_from(pytestconfig):
    for name in scenario_names():
        model = load_scenario(shipped("scenarios") / f"{name}.yaml").model
        assert len(model.intents) >= 12
        assert len(model.personas) >= 5
        assert sum(bool(intent.slots) for intent in model.intents.values()) >= 6
        assert "out_of_scope" in model.edge_cases
    assert len(scenario_names()) >= 6


def test_the_same_bytes_under_another_hash_seed_folder_and_day(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    outputs = []
    for i, (hash_seed, zone) in enumerate([("0", "UTC"), ("1", "Pacific/Kiritimati"), ("random", "America/Adak")]):
        folder = tmp_path / f"folder{i}"
        folder.mkdir()
        env = {
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "TZ": zone,
            "LC_ALL": "C",
            "SOURCE_DATE_EPOCH": str(10**9 * i),
        }
        subprocess.run(
            [sys.executable, "-m", "synthconv", "generate", "../small.yaml", "-o", "out", "-q"],
            cwd=folder,
            env=env,
            check=True,
        )
        outputs.append({path.name: path.read_bytes() for path in (folder / "out").iterdir()})
    assert set(outputs[0]) == {"intents.jsonl", "rejected.jsonl", "manifest.json", "README.md", "timings.json"}
    for name in sorted(set(outputs[0]) - {"timings.json"}):
        assert outputs[0][name] == outputs[1][name] == outputs[2][name], name


def by_intent(rows):
    out = {}
    for row in rows:
        out.setdefault(row["intent"], []).append((row["id"], row["text"], row["split"]))
    return out


@pytest.mark.parametrize("name", ["small", "online_shop"])
def test_asking_for_more_keeps_the_first_rows(name, small, run):
    scenario = small if name == "small" else load_scenario(shipped("scenarios") / f"{name}.yaml")
    few, many = (by_intent(run(with_rows(scenario, count), f"{count}").rows) for count in (20, 40))
    for intent in scenario.model.intents:
        assert many[intent][: len(few[intent])] == few[intent]


def test_asking_for_more_keeps_the_first_rows_of_weighted_intents_that_collide(run):
    words = "(" + "|".join(f"a{chr(97 + i)}" for i in range(20)) + ")"
    text = f"scenario: x\nlanguage: fr\nintents:\n  a: {{weight: 2, examples: ['{words} (x|y|z)']}}\n  b: {{examples: ['{words} (x|y|z) [xx]']}}\nfilters: {{duplicates: 1}}\ngenerate: {{utterances_per_intent: %s}}\n"
    few, many = (by_intent(run(text % count, str(count)).rows) for count in (10, 20))
    for intent, weight in (("a", 2), ("b", 1)):
        assert many[intent][: 10 * weight] == few[intent]


def test_an_intent_at_the_end_changes_no_other_row(run):
    extra = "  opening_hours:\n    examples:\n      - when do you (open|close) (on sundays|in summer)\n      - are you (open|closed) on (monday|friday)\nentities:"
    before, after = (
        by_intent(run(SMALL, "before").rows),
        by_intent(run(SMALL.replace("entities:", extra), "after").rows),
    )
    assert before["transfer_money"] == after["transfer_money"]
    assert before["check_balance"] == after["check_balance"]


def test_another_seed_gives_other_words(run):
    first, second = run(SMALL, "first"), run(SMALL.replace("seed: 7", "seed: 8"), "second")
    assert {row["text"] for row in first.rows} != {row["text"] for row in second.rows}


def test_shards_may_be_worded_in_other_processes(small):
    here = list(generate_items(small, Ledger()))
    with ProcessPoolExecutor(2) as pool:
        there = list(generate_items(small, Ledger(), map_shards=pool.map))
    assert there == here


def test_a_shortage_is_named_by_cell(run, cli, tmp_path):
    text = "scenario: x\nlanguage: und\nintents:\n  a: {examples: [(one|two)]}\n  b: {examples: [red (apples|pears) for lunch]}\ngenerate: {utterances_per_intent: 400}\nfilters: {duplicates: 0.9}\n"
    (tmp_path / "s.yaml").write_text(text)
    result = cli("generate", "s.yaml", "-o", "data", "--json")
    assert result.exit_code == 3
    short = {cell["intent"]: cell for cell in json.loads(result.stdout)["shortage"]}
    assert short["a"]["asked"] == 400
    assert short["a"]["kept"] < 400
    assert f"a und/-/-: {short['a']['kept']} of 400" in result.stderr
    assert len(read_run(tmp_path / "data").rows) == sum(json.loads(result.stdout)["counts"]["splits"].values())


def test_examples_are_rows_where_they_are_included(run):
    plain = "scenario: x\nlanguage: en\nintents:\n  a:\n    examples: [where is my card, {text: My card (new) is late}, 'i lost my (blue|red) card']\ngenerate: {utterances_per_intent: 8, include_examples: %s}\n"
    with_them, without = run(plain % "true", "with").rows, run(plain % "false", "without").rows
    assert [row["text"] for row in with_them[:2]] == ["where is my card", "My card (new) is late"]
    assert [row["provenance"]["method"] for row in with_them] == ["example"] * 3 + ["rules"] * 5
    assert len(with_them) == len(without) == 8
    assert not {normalised(row["text"]) for row in without} & {"where is my card", "my card new is late"}


def test_splits_cut_no_skeleton_and_keep_values_apart(run):
    scenario = load_scenario(shipped("scenarios") / "retail_banking.yaml")
    found = run(with_rows(scenario, 100))
    assert found.manifest["overlap"]["skeletons"]["in_several_splits"] == 0
    counts = found.manifest["counts"]["splits"]
    assert counts["train"] / len(found.rows) == pytest.approx(0.8, abs=0.04)
    sizes = {name: domain_of(scenario).samplers[name, "en-US"].size for name in scenario.model.entities}
    several = {name: both["in_several_splits"] for name, both in found.manifest["overlap"]["values"].items()}
    large = [name for name in several if sizes[name] >= OPEN_ENTITY]
    assert len(large) >= 3
    values = sum(found.manifest["overlap"]["values"][name]["values"] for name in large)
    assert sum(several[name] for name in large) <= 0.01 * values


@pytest.mark.parametrize("examples", [1, 2, 6])
def test_two_intents_in_a_row_are_of_one_split(examples, run):
    few = "".join(
        f"      - {words} my (card|pin|app) (now|today)\n"
        for words in ("lock", "stop", "freeze", "block", "close", "hold")[:examples]
    )
    text = SMALL.replace("multi_intent: 0.05", "multi_intent: 0.4").replace(
        "intents:\n", f"intents:\n  lock_card:\n    examples:\n{few}", 1
    )
    found = run(text.replace("intent: 40", "intent: 12"))
    assert found.manifest["overlap"]["skeletons"]["in_several_splits"] == 0


def test_several_languages_share_a_run(run):
    text = """
scenario: x
languages: [en-US, de-DE, es-ES]
intents:
  hours:
    examples:
      - when do you (open|close) {day}
      - {pattern: "wann (öffnen|schließen) Sie {day}", language: de-DE}
      - {pattern: "a qué hora (abren|cierran) {day}", language: es-ES}
    slots: {day: day}
entities: {day: {type: date}}
edge_cases: {out_of_scope: 0.2, shouting: 0.1}
generate: {utterances_per_intent: 30, reference_date: 2026-03-16}
"""
    found = run(text)
    assert found.manifest["shortage"] == []
    inside = Counter(row["language"] for row in found.rows if row["intent"] == "hours")
    assert all(9 <= inside[tag] <= 11 for tag in ("en-US", "de-DE", "es-ES"))
    assert bad_spans(found.rows) == []


def test_an_intent_without_examples_is_worded_from_its_name(run):
    found = run(
        "scenario: x\nlanguage: en\nintents:\n  lost_card: {description: The card was lost or stolen., slots: {last_digits: digits}}\nentities: {digits: {pattern: '\\d{4}'}}\ngenerate: {utterances_per_intent: 12}\n"
    )
    assert len(found.rows) == 12
    assert all({"card", "lost"} <= set(row["text"].lower().replace(",", "").rstrip(".?").split()) for row in found.rows)
    assert any(row["entities"] for row in found.rows)


def test_a_language_without_a_pack_still_works(run):
    found = run(
        "scenario: x\nlanguage: fi\nintents:\n  a: {examples: ['lähetä {raha} (heti|tänään|huomenna)'], slots: {raha: m}}\nentities: {m: {type: money, currency: EUR}}\ngenerate: {utterances_per_intent: 20}\n"
    )
    assert len(found.rows) == 20
    assert bad_spans(found.rows) == []


def test_the_library_is_three_lines(tmp_path):
    from synthconv import generate, load_scenario

    (tmp_path / "small.yaml").write_text(SMALL)
    manifest = generate(load_scenario(tmp_path / "small.yaml"), tmp_path / "data")
    assert manifest["counts"]["kept"] == 88


def test_read_scenario_and_load_scenario_agree(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    assert load_scenario(tmp_path / "small.yaml").sha256 == read_scenario(SMALL).sha256
