"""Dialogues: exactly those asked for, labels that their acts prove, behaviours at their rates, the same tomorrow."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import jsonschema
import pytest
from conftest import bad_spans

from synthconv import generate
from synthconv.dataset.rows import rows_schema
from synthconv.errors import ScenarioError
from synthconv.lang.speech import load_speech, spoken_languages
from synthconv.plan.domain import domain_of
from synthconv.plan.notes import notes
from synthconv.plan.schedule import plan_dialogues
from synthconv.plan.simulator import Simulator
from synthconv.plan.state import replay
from synthconv.realise.dialogue import realiser
from synthconv.records import DialogueAct, Example, Rejection
from synthconv.refine.replay import replayed
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.loader import read_scenario

BANK = """
scenario: small_bank
language: en-US
intents:
  transfer_money:
    description: Move money to a payee.
    examples:
      - send {amount} to {payee}
      - "[please] (move|transfer) {amount} from {source} to {payee}"
      - can you (send|transfer) {amount} {day}
      - i (want|need) to pay {payee}
      - (set up|start|make) a transfer
    slots:
      amount: {entity: money, required: true, ask: How much?}
      payee: {entity: person, required: true, ask: "(Who|Whom) should it go to?"}
      source: {entity: account, required: true, ask: From which account?}
      day: day
  check_balance:
    description: Ask how much is on an account.
    examples:
      - (what's|what is|show me|tell me) the balance of {source}
      - how much (money|cash) is (left|there) on {source}
      - i'd like to know my balance
    slots:
      source: {entity: account, required: true, ask: Which account?}
  find_branch:
    description: Find a branch.
    examples:
      - where is a branch in {city}
      - find me a (branch|bank) [in {city}]
      - i need a branch near {city} [{day}]
    slots:
      city: {entity: city, required: true, ask: Which city?}
      day: day
  book_visit:
    description: Book a visit at a branch.
    examples:
      - book a visit
      - can i come in {day} [at {time}]
      - appointment at {branch} {day} please
    slots:
      branch: {entity: branch, required: true, ask: Which branch?}
      day: {entity: day, required: true}
      time: {entity: time, required: true, ask: What time?}
  opening_hours:
    description: Ask when branches are open.
    examples:
      - when are you open
      - what are your hours [{day}]
      - (is|are) the (bank|branches) open {day}
    slots: {day: day}
entities:
  money: {type: money, currency: USD, min: 5, max: 5000}
  account: {values: [checking, {value: savings, synonyms: [savings account, rainy day money]}, joint, holiday]}
  person: {faker: name}
  day: {type: date, from_days: 0, to_days: 30}
  time: {type: time, min: "09:00", max: "17:00"}
  city: {faker: city}
  branch: {values: [Harbor Street, Old Market, Station Square, Hill Road, Elm Park]}
  phone: {type: phone}
personas:
  hurried: {style: {verbosity: terse, politeness: low, typos: 0.05, casing: lower, punctuation: none}, weight: 2}
  formal: {style: {formality: high, politeness: high, casing: sentence, punctuation: full}}
edge_cases: {}
bot: {name: Nova, tone: friendly}
dialogues:
  count: 200
  tasks:
    transfer_money:
      intent: transfer_money
      confirm: true
      outcomes:
        success: {weight: 8, say: "Done, {amount} is on its way to {payee}[ and will be there {day}]."}
        insufficient_funds: {weight: 2, say: "There is not enough money for that.", reask: [amount]}
      next: [check_balance]
    check_balance:
      intent: check_balance
      outcomes:
        success: {say: "There is {balance} on {source}.", results: {fields: {balance: money, as_of: day}}}
      next: [transfer_money]
    find_branch:
      intent: find_branch
      outcomes:
        success: {say: "There is a branch at {branch}.", results: {count: [2, 4], fields: {branch: branch, phone: phone, closes: time}, offers: branch}}
      next: [book_visit]
    book_visit:
      intent: book_visit
      confirm: true
      outcomes:
        success: {weight: 3, say: "You are booked for {day} at {time}."}
        full: {weight: 1, say: "That is taken, I am afraid.", reask: [time]}
generate: {utterances_per_intent: 5, seed: 7}
"""
SEVERAL_TURNS = [name for name, case in catalogue().edge_cases.items() if case.scope == "dialogue"]


def bank(count=200, behaviours="", edge_cases=""):
    text = BANK.replace("count: 200", f"count: {count}" + (f"\n  behaviours: {{{behaviours}}}" if behaviours else ""))
    text = text.replace("edge_cases: {}", f"edge_cases: {{{edge_cases}}}")
    return read_scenario(text)


@pytest.fixture
def talk(tmp_path):
    """Generates a scenario and reads its dialogues; `talk.manifest` is the manifest of the last run."""

    def generated(scenario, name="out"):
        generated.manifest = generate(scenario, tmp_path / name)
        return [json.loads(line) for line in (tmp_path / name / "dialogues.jsonl").read_text("utf-8").splitlines()]

    return generated


def acts(turn):
    return [DialogueAct(act["act"], act.get("slot"), act.get("value")) for act in turn["acts"]]


def user_turns(row):
    return [turn for turn in row["turns"] if turn["speaker"] == "user"]


def test_exactly_the_dialogues_asked_for_spread_over_tasks_and_personas(talk):
    rows = talk(bank(203))
    assert Counter(row["task"] for row in rows) == {
        "transfer_money": 51, "check_balance": 51, "find_branch": 51, "book_visit": 50,
    }  # fmt: skip
    personas = Counter(row["persona"] for row in rows)
    assert abs(personas["hurried"] - 2 * personas["formal"]) <= 12
    assert talk.manifest["counts"]["dialogues"]["kept"] == 203
    assert talk.manifest["shortage"] == []
    assert len({row["id"] for row in rows}) == 203
    assert len({tuple(turn["text"] for turn in row["turns"]) for row in rows}) == 203


@pytest.mark.parametrize(("reask", "tries"), [("fails: true", True), ("fails: true, reask: []", False)])
def test_nobody_tries_another_value_where_none_can_help(reask, tries):
    full = 'full: {weight: 1, say: "That is taken, I am afraid.", reask: [time]}'
    text = BANK.replace(full, f'full: {{weight: 9, say: "That is taken, I am afraid.", {reask}}}')
    assert text != BANK
    simulator, tried = (
        Simulator(domain_of(read_scenario(text.replace("count: 200", "count: 200\n  behaviours: {}")))),
        0,
    )
    rows = [row for row in plan_dialogues(simulator.domain) if row.task == "book_visit"]
    for turns in (simulator.outline(row, 0).turns for row in rows):
        failed = [i for i, turn in enumerate(turns[:-1]) if any(act.act == "notify_failure" for act in turn.acts)]
        tried += sum(any(act.act == "inform" for act in turns[i + 1].acts) for i in failed)
        assert failed or any(act.act == "notify_success" for turn in turns for act in turn.acts)
    assert (tried > 0) is tries


def test_rows_keep_their_schema_and_say_their_values(talk):
    schema = {**rows_schema(), "anyOf": [{"$ref": "#/$defs/dialogue_row"}]}
    validator = jsonschema.Draft202012Validator(schema)
    for row in talk(bank()):
        assert not list(validator.iter_errors(row))
        assert bad_spans(row["turns"]) == []
        assert [turn["speaker"] for turn in row["turns"]] == ["user", "bot"] * (len(row["turns"]) // 2)
        for turn in row["turns"]:
            told = {(act.slot, act.value) for act in acts(turn)}
            for span in turn["entities"]:
                assert turn["speaker"] == "bot" or (span["slot"], span["value"]) in told or turn["edge_case"]


def test_states_and_goals_are_what_the_acts_alone_lead_to(talk):
    for row in talk(bank(300)):
        states = list(replay((turn["speaker"], acts(turn)) for turn in row["turns"]))
        for turn, state in zip(row["turns"], states, strict=True):
            if turn["speaker"] == "user":
                assert turn["state"] == dict(state.frame.slots)
        done = {turn["action"] for turn in row["turns"] if turn.get("action")}
        assert done <= set(row["goal"])
        for task, outcome in row["outcomes"].items():
            assert outcome in ("cancelled", "abandoned", "unfinished", "handed_off") or task in done
        assert row["outcome"] == row["outcomes"][row["task"]]


def test_a_changed_record_is_refused():
    scenario = bank()
    domain, stage = domain_of(scenario), replayed(domain_of(scenario))
    simulator, realise = Simulator(domain), realiser(domain)
    example = next(
        one
        for row in plan_dialogues(domain)
        if isinstance(one := realise(simulator.outline(row, 0)), Example) and one.outline.turns[2].state
    )
    assert list(stage(example)) == [example]
    turn = example.turns[2]
    other = replace(turn, plan=replace(turn.plan, state={**(turn.plan.state or {}), "amount": "1.00 USD"}))
    (refusal,) = stage(replace(example, turns=(*example.turns[:2], other, *example.turns[3:])))
    assert isinstance(refusal, Rejection)
    assert refusal.reason == "state_mismatch"
    acting = next(i for i, turn in enumerate(example.turns) if turn.plan.action)
    missing = replace(example.turns[acting], plan=replace(example.turns[acting].plan, action="opening_hours"))
    (refusal,) = stage(replace(example, turns=(*example.turns[:acting], missing, *example.turns[acting + 1 :])))
    assert refusal.reason == "state_mismatch"


@pytest.mark.parametrize("name", catalogue().user_behaviours)
def test_every_behaviour_comes_at_its_rate(name, talk):
    rows = talk(bank(160, behaviours=f"{name}: 0.25"))
    showing = [row for row in rows if name in row["behaviours"]]
    assert abs(len(showing) - 40) <= 4
    assert all(set(row["behaviours"]) <= {name} for row in rows)
    if name != "over_inform":
        for row in showing:
            marked = [turn for turn in user_turns(row) if turn["edge_case"]]
            assert marked
            assert all(turn["expect"]["behaviour"] in catalogue().behaviours for turn in marked)


def test_several_behaviours_keep_their_rates_together(talk):
    asked = {
        "over_inform": 0.3,
        "correction": 0.2,
        "change_of_mind": 0.1,
        "digression": 0.1,
        "abandon": 0.05,
        "two_values": 0.1,
    }
    rows = talk(bank(600, behaviours=", ".join(f"{name}: {rate}" for name, rate in asked.items())))
    found = Counter(name for row in rows for name in row["behaviours"])
    for name, rate in asked.items():
        assert abs(found[name] - 600 * rate) <= 4 + 0.1 * 600 * rate, (name, found[name])


def test_what_is_repeated_is_of_the_task_that_is_spoken_of(tmp_path):
    generate(bank(300, behaviours="repeat: 0.5, multi_intent: 0.5"), tmp_path / "out")
    rejected = map(json.loads, (tmp_path / "out/rejected.jsonl").read_text("utf-8").splitlines())
    assert [row["detail"] for row in rejected if row["reason"] == "state_mismatch"] == []


@pytest.mark.parametrize("name", SEVERAL_TURNS)
def test_every_edge_case_of_several_turns(name, talk):
    rows = talk(bank(80, edge_cases=f"{name}: 0.2", behaviours="correction: 0"))
    showing = [row for row in rows if row["edge_case"] == name]
    assert abs(len(showing) - 16) <= 3
    for row in showing:
        assert row["expect"]["behaviour"] == catalogue().edge_cases[name].behaviour
        assert any(turn["edge_case"] == name for turn in user_turns(row)), row
    assert not any(turn["edge_case"] for row in rows if row not in showing for turn in user_turns(row))


def test_two_tasks_that_need_nothing_and_two_things_in_a_turn(talk):
    text = """scenario: alarms
language: en
intents:
  get_alarms: {examples: [show me my alarms, what alarms do i have, list my alarms]}
  add_alarm:
    examples: ["add an alarm [at {time}]", "wake me at {time}", i need a new alarm]
    slots: {time: {entity: time, required: true}}
entities: {time: {type: time}}
generate: {utterances_per_intent: 5}
dialogues: {count: 60, behaviours: {multi_intent: 0.5}, tasks: {a: {intent: get_alarms}, b: {intent: add_alarm}}}
"""
    for row in talk(read_scenario(text)):
        assert row["turns"][0]["intent"] == {"a": "get_alarms", "b": "add_alarm"}[row["task"]]


def test_a_behaviour_about_an_optional_slot_keeps_its_rate(talk):
    text = """scenario: cards
language: en
intents:
  block_card:
    examples: [i lost my card, "my {card} is gone", "block my {card}", "my {card} was stolen [{day}]", i need a card blocked]
    slots: {card: {entity: card, required: true}, day: {entity: day, ask: When did you last have it?}}
entities: {card: {values: [debit card, credit card, gold card]}, day: {type: date, from_days: -30, to_days: 0}}
generate: {utterances_per_intent: 5}
dialogues: {count: 80, behaviours: {wrong_format: 0.25}, tasks: {block: {intent: block_card}}}
"""
    rows = talk(read_scenario(text))
    assert abs(sum(row["behaviours"] == ["wrong_format"] for row in rows) - 20) <= 2


def test_no_dialogue_is_longer_than_its_cap(talk):
    rows = talk(read_scenario(BANK.replace("count: 200", "count: 100\n  max_turns: 8\n  behaviours: {}")))
    assert len(rows) == 100
    assert max(len(row["turns"]) for row in rows) <= 8


def test_no_sentence_comes_twice_in_a_dialogue(talk):
    twice = total = 0
    for row in talk(bank(200, behaviours="correction: 0.3")):
        texts = [turn["text"] for turn in row["turns"] if len(turn["text"].split()) > 2]
        total += len(texts)
        twice += len(texts) - len(set(texts))
    assert twice <= total / 200


def test_a_bot_says_what_its_author_wrote(talk):
    rows = talk(bank(200))
    texts = [turn["text"] for row in rows for turn in row["turns"] if turn["speaker"] == "bot"]
    for words in ("How much?", "Who should it go to?", "Whom should it go to?", "is on its way to", "Nova"):
        assert any(words in text for text in texts), words
    assert not any("{" in text for text in texts)


def test_what_an_offer_told_is_what_later_turns_rely_on(talk):
    for row in talk(bank(200)):
        offered = set()
        for turn in row["turns"]:
            for act in acts(turn):
                if act.act == "offer":
                    offered.add((act.slot, act.value))
                if act.act == "select":
                    assert (act.slot, act.value) in offered


def test_values_are_read_back_in_the_author_s_phrase(talk):
    phrase = 'confirm: true\n      read_back: "send {amount} to {payee} from my {source}[ on {day}]"\n'
    rows = talk(
        read_scenario(
            BANK.replace("intent: transfer_money\n      confirm: true\n", "intent: transfer_money\n      " + phrase)
        )
    )
    told = [turn for row in rows for turn in row["turns"] if any(act.act == "confirm" for act in acts(turn))]
    phrased = [
        turn for turn in told if " to " in turn["text"] and "send " in turn["text"] and " from my " in turn["text"]
    ]
    assert len(phrased) > 20
    for turn in phrased:
        assert {"amount", "payee", "source"} <= {act.slot for act in acts(turn)}


def test_thanks_are_said_where_the_acts_have_them(talk):
    thanks = re.compile(r"\b(thanks?|thx|ty|tysm|cheers|appreciated?)\b", re.IGNORECASE)
    short = {"negate", "thank_you", "goodbye"}
    said = {True: [0, 0], False: [0, 0]}
    for row in talk(bank(200, behaviours="correction: 0")):
        for turn in user_turns(row)[1:]:
            names = {act.act for act in acts(turn)}
            if names <= short:
                count = said["thank_you" in names]
                count[0] += 1
                count[1] += bool(thanks.search(turn["text"]))
    assert said[True][0] > 50
    assert said[True][1] >= 0.8 * said[True][0]
    assert said[False][1] == 0


def test_a_user_wishes_for_what_he_may_choose_and_knows_what_is_his(talk):
    wish = re.compile(
        r"\b(i'd like|i'd prefer|would be (great|good|perfect)|suits|works for me|my pick|ideally)\b", re.I
    )
    knows = re.compile(
        r"\b(as far as i (know|remember)|if i remember|i'm (fairly|quite|pretty) sure|from memory)\b", re.I
    )
    said = {True: [0, 0], False: [0, 0]}
    for seeks, question in ((True, "Which branch would you like?"), (False, "Which branch did you go to?")):
        scenario = BANK.replace("ask: Which branch?", f"ask: {question}")
        for row in talk(read_scenario(scenario.replace("count: 200", "count: 1200\n  behaviours: {}")), f"out{seeks}"):
            for before, turn in pairwise(row["turns"]):
                asked = DialogueAct("request", "branch") in acts(before)
                asked = asked and [(act.act, act.slot) for act in acts(turn)] == [("inform", "branch")]
                if turn["speaker"] == "user" and asked:
                    said[seeks][0] += bool(wish.search(turn["text"]))
                    said[seeks][1] += bool(knows.search(turn["text"]))
    assert said[True][0] > 5
    assert said[False][1] > 0
    assert said[True][1] == said[False][0] == 0


def test_no_clause_comes_twice_in_a_turn_and_no_capital_after_a_lead_in(talk):
    for row in talk(bank(400, behaviours="interrupt: 0.3, digression: 0.3, multi_intent: 0.2")):
        if row["persona"] == "formal":
            continue
        for turn in user_turns(row)[1:]:
            clauses = [clause.strip().lower() for clause in re.split(r"[.,!?]+", turn["text"]) if clause.strip()]
            assert len(clauses) == len(set(clauses)), turn["text"]
            assert not re.search(r", (Can|Could|How|What|When|Where|Is|Are|Send|Book|Find)\b", turn["text"]), turn[
                "text"
            ]


def test_a_bot_calls_what_is_the_user_s_his(talk):
    rows = talk(read_scenario(BANK.replace("values: [checking", "values: [my rent account, checking")))
    bot = [turn for row in rows for turn in row["turns"] if turn["speaker"] == "bot"]
    assert any("your rent account" in turn["text"].lower() for turn in bot)
    assert not any("my rent account" in turn["text"].lower() for turn in bot)


def test_a_slot_without_a_value_in_one_task_is_asked_for_in_the_next(talk):
    text = BANK.replace(
        "source: {entity: account, required: true, ask: From which account?}",
        "source: {entity: account, ask: From which account?}",
    )
    rows = talk(read_scenario(text.replace("count: 200", "count: 200\n  behaviours: {}")))
    waived = [row for row in rows if any(act.act == "no_preference" for turn in user_turns(row) for act in acts(turn))]
    assert waived
    assert all(
        "source" in row["goal"]["check_balance"] for row in rows if row["outcomes"].get("check_balance") == "success"
    )


TWO_TASKS = """scenario: alarms
intents:
  set_alarm:
    examples: ["set an alarm for {time}", "wake me at {time}", i need an alarm, "please add an alarm[ at {time}]"]
    slots: {time: {entity: clock, required: true}}
  list_alarms: {examples: [show my alarms, which alarms are on, list the alarms, do i have any alarms, what did i set]}
entities: {clock: {type: time}}
dialogues:
  count: 40
  tasks: {set_alarm: {intent: set_alarm, next: [list_alarms]}, list_alarms: {intent: list_alarms, next: [set_alarm]}}
  behaviours: {multi_intent: 0.6}
generate: {utterances_per_intent: 2}
"""


def test_a_user_who_cannot_ask_for_two_things_keeps_his_task(talk):
    rows = talk(read_scenario(TWO_TASKS))
    assert len(rows) == 40
    assert all(turn["intent"] == row["task"] for row in rows for turn in row["turns"][:1])


def test_the_same_bytes_under_another_hash_seed(tmp_path):
    (tmp_path / "bank.yaml").write_text(BANK.replace("count: 200", "count: 60"))
    outputs = []
    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "synthconv", "generate", "bank.yaml", "-o", f"out{seed}", "-q"]
        subprocess.run(command, cwd=tmp_path, env=env, check=True)
        outputs.append((tmp_path / f"out{seed}" / "dialogues.jsonl").read_bytes())
    assert outputs[0] == outputs[1]


def test_asking_for_more_dialogues_keeps_the_first(talk):
    few, many = talk(bank(60), "few"), talk(bank(120), "many")
    assert many[:60] == few


def test_splits_go_by_the_first_skeleton(talk):
    homes = {}
    for row in talk(bank(200)):
        if skeleton := row["provenance"]["skeleton"]:
            homes.setdefault((row["task"], skeleton), set()).add(row["split"])
    assert all(len(splits) == 1 for splits in homes.values())
    assert len({split for splits in homes.values() for split in splits}) == 3


def test_given_records_keep_their_fields_together(talk):
    given = "results: {records: [{branch: Harbor Street, phone: '+1555'}, {branch: Elm Park, phone: '+1666'}], count: [1, 2], fields: {branch: branch, phone: phone}, offers: branch}"
    old = "results: {count: [2, 4], fields: {branch: branch, phone: phone, closes: time}, offers: branch}"
    rows = talk(read_scenario(BANK.replace(old, given).replace("count: 200", "count: 600")))
    pairs = {"Harbor Street": "+1555", "Elm Park": "+1666"}
    found = Counter()
    for row in rows:
        for turn in row["turns"]:
            told = {act.slot: act.value for act in acts(turn) if act.act == "offer"}
            if {"branch", "phone"} <= set(told):
                assert pairs[told["branch"]] == told["phone"]
                found[told["branch"]] += 1
    assert len(found) == 2


def test_a_language_without_words_of_its_own(talk):
    scenario = read_scenario(BANK.replace("language: en-US", "language: nl").replace("count: 200", "count: 20"))
    assert any("dialogues have no words of their own in nl" in note for note in notes(domain_of(scenario)))
    rows = talk(scenario)
    assert len(rows) == 20
    assert any("How much?" in turn["text"] for row in rows for turn in row["turns"])


def test_every_language_has_every_act():
    plain = load_speech("und")
    for tag in spoken_languages():
        speech = load_speech(tag)
        assert set(speech.user) >= set(plain.user)
        assert set(speech.bot) >= set(plain.bot)
        assert len(speech.ordinals) >= 4
    assert {"en", "de", "es"} <= set(spoken_languages())


TASK = "dialogues: {count: 5, tasks: {t: {intent: a, outcomes: {ok: {OUTCOME}}}}}"
BODY = """scenario: s
intents:
  a: {examples: ["go to {place}", "go"], slots: {place: {entity: town, required: true}}}
entities: {town: {values: [x, y]}}
"""


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (BODY + "dialogues: {count: 5}\n", "dialogues.count: 5 dialogues are asked for, and there is no task"),
        (BODY + TASK.replace("OUTCOME", "say: 'See {rooom}.', results: {fields: {room: town}}"), "say: unknown slot 'rooom'; did you mean 'room'?"),
        (BODY + TASK.replace("OUTCOME", "results: {fields: {room: twon}}"), "results.fields.room: unknown entity 'twon'; did you mean 'town'?"),
        (BODY + TASK.replace("OUTCOME", "results: {fields: {room: town}, offers: rom}"), "results.offers: unknown field 'rom'; did you mean 'room'?"),
        (BODY + TASK.replace("OUTCOME", "results: {}"), "results have no fields"),
        (BODY + TASK.replace("OUTCOME", "results: {count: [3, 2], fields: {room: town}}"), "the count 3 to 2 is no range"),
        (BODY + TASK.replace("OUTCOME", "results: {records: [{a: x}, {b: y}]}"), "the records have different fields"),
        (BODY + TASK.replace("OUTCOME", "results: {records: [{a: x}, {a: x}], offers: a}"), "two records have the same a"),
        (BODY + TASK.replace("OUTCOME", "reask: [plce]"), "reask[0]: unknown slot 'plce'; did you mean 'place'?"),
        (BODY + TASK.replace("OUTCOME", "say: 'Go {place'"), "'{' opens no slot name"),
        (BODY.replace("required: true", "required: true, ask: 'To {place}?'"), "the question for 'place' has a slot {place} in it"),
        (BODY + "dialogues: {count: 1, tasks: {t: {intent: a, next: [t]}}}\n", "a task goes on to itself"),
        (BODY + "dialogues: {behaviours: {abandon: 0.7, early_thanks: 0.6}}\n", "abandon and early_thanks end 1.30 of the dialogues"),
        (BODY + "edge_cases: {silence: 0.7, abandon: 0.6}\n", "the edge cases of several turns take 1.30 of the dialogues"),
        (BODY + "dialogues: {count: 1, tasks: {t: {intent: a, confirm: true, read_back: 'go to {plce}'}}}\n", "read_back: unknown slot 'plce'; did you mean 'place'?"),
        (BODY + "dialogues: {count: 1, tasks: {t: {intent: a, read_back: 'go to {place}'}}}\n", "this task reads nothing back"),
        (BODY + "edge_cases: {two_values: {utterance: 0.1}}\n", "unknown key 'utterance'; did you mean 'utterances'?"),
        (BODY + "bot: {tone: rude}\n", "'rude' is not one of friendly, neutral, formal"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(text, mistake):
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text)
    assert mistake in str(caught.value)


def test_a_task_of_no_known_intent_is_one_mistake():
    with pytest.raises(ScenarioError) as caught:
        read_scenario(BANK.replace("intent: transfer_money\n      confirm", "intent: transfer_mony\n      confirm"))
    assert len(str(caught.value).splitlines()) == 1
    assert "tasks.transfer_money.intent: unknown intent 'transfer_mony'; did you mean 'transfer_money'?" in str(
        caught.value
    )


def test_mistakes_that_need_no_slots_are_told_beside_an_unknown_intent():
    task = TASK.replace("intent: a", "intent: b").replace(
        "OUTCOME", "say: 'See {plc}.', results: {fields: {room: twon}}"
    )
    with pytest.raises(ScenarioError) as caught:
        read_scenario(BODY + task)
    assert "unknown intent 'b'" in str(caught.value)
    assert "unknown entity 'twon'; did you mean 'town'?" in str(caught.value)
    assert "plc" not in str(caught.value)


def test_what_will_not_happen_is_noted():
    told = list(notes(domain_of(read_scenario(BODY + "edge_cases: {silence: 0.1}\n"))))
    assert "the edge case silence takes several turns, and no dialogues are asked for: it will be missing" in told
    text = BODY + TASK.replace("OUTCOME", "weight: 1").replace("count: 5,", "count: 5, behaviours: {anaphora: 0.1},")
    assert "no task has a place for anaphora in en: it will be missing" in list(notes(domain_of(read_scenario(text))))


def test_show(tmp_path, cli):
    generate(bank(12, behaviours="correction: 1"), tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "dialogues.jsonl").read_text("utf-8").splitlines()]
    shown = cli("show", "out", "--count", "3")
    assert shown.exit_code == 0
    assert all(row["id"] in shown.stdout for row in rows[:3])
    assert rows[3]["id"] not in shown.stdout
    assert "[correction -> use_last]" in shown.stdout
    assert "state: " in shown.stdout
    assert "\x1b" not in shown.stdout
    one = cli("show", "out", "--id", rows[5]["id"])
    assert rows[5]["turns"][0]["text"] in one.stdout
    assert rows[4]["id"] not in one.stdout
    utterance = json.loads((tmp_path / "out" / "intents.jsonl").read_text("utf-8").splitlines()[0])
    assert utterance["text"] in cli("show", "out", "--id", utterance["id"]).stdout
    assert cli("show", "out", "--id", "nothing").exit_code == 2
    assert cli("show", "elsewhere").exit_code == 2
    (tmp_path / "bad.jsonl").write_text("{")
    assert "bad.jsonl:1 is no JSON" in cli("show", "bad.jsonl").stderr
