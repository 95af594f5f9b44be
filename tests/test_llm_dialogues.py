"""Dialogues in a model's words: every turn proven by itself, what is bad asked for again, nothing lost or paid twice."""

import json
import re
from collections import Counter

import jsonschema
import pytest
from conftest import bad_spans
from test_dialogues import BANK, SEVERAL_TURNS, acts, user_turns

from synthconv import generate
from synthconv.dataset.rows import rows_schema
from synthconv.errors import SynthconvError
from synthconv.forecast import estimate, missing_requests
from synthconv.lang.tokens import normalised
from synthconv.llm.limits import BudgetSpent
from synthconv.llm.session import MissingAnswers, open_session
from synthconv.plan.domain import domain_of
from synthconv.plan.notes import notes
from synthconv.plan.state import replay
from synthconv.realise.proof import strayed
from synthconv.records import SlotValue
from synthconv.scenario.loader import read_scenario
from synthconv.testing import WORDS, FakeChat, items_of, worded

COUNT = 24


def spec(count=COUNT, more="", edge_cases="", llm=""):
    """The bank with `more` under dialogues, and without styles, so that texts are as the model gave them."""
    text = BANK.replace("count: 200", f"count: {count}\n  {more}" if more else f"count: {count}")
    text = text.replace("edge_cases: {}", f"edge_cases: {{{edge_cases}}}") + (f"llm: {{{llm}}}\n" if llm else "")
    text = re.sub(r"  hurried:.*\n  formal:.*\n", "  plain: {style: {casing: as_written, formality: normal}}\n", text)
    return text.replace("utterances_per_intent: 5", "utterances_per_intent: 1")


@pytest.fixture
def talk_run(tmp_path):
    """Generates a scenario with a fake server; gives its dialogues, with `rejected` and `manifest` of the last run."""

    def run(server, scenario, name="out", **options):
        options = {"journal": tmp_path / "journal.sqlite", "timeout": 2.0, **options}
        with open_session(read_scenario(scenario), ["fake"], [server.base_url], **options) as session:
            run.manifest = generate(read_scenario(scenario), tmp_path / name, session)
        rows, run.rejected = (
            [json.loads(line) for line in (tmp_path / name / file).read_text("utf-8").splitlines()]
            for file in ("dialogues.jsonl", "rejected.jsonl")
        )
        run.rejected = [row for row in run.rejected if "task" in row]
        return rows

    return run


def about_dialogues(bodies):
    return [body for body in bodies if "dialogues train" in body["messages"][0]["content"]]


def user_message(body):
    return body["messages"][1]["content"]


def lines_of(body):
    """The dialogue as a request shows it: number -> what stands there."""
    found = re.findall(r"^(\d+) (?:user|bot): (.*)$", user_message(body), re.MULTILINE)
    return {int(number): text for number, text in found}


def changing(change):
    """A reply in which `change(item, text, body)` gives the text of each turn of a dialogue."""

    def reply(body):
        asked, items = items_of(body), worded(body)
        if about_dialogues([body]):
            items = [{**item, "text": change(one, item["text"], body)} for one, item in zip(asked, items, strict=True)]
        return json.dumps({"items": items})

    return reply


def test_models_word_the_users_turns_and_templates_the_bots(talk_run, tmp_path):
    with FakeChat() as server:
        rows = talk_run(server, spec())
    assert len(rows) == COUNT
    assert {(row["provenance"]["method"], row["provenance"]["model"]) for row in rows} == {("llm", "fake")}
    assert talk_run.manifest["counts"]["dialogues"]["methods"] == {"llm": COUNT}
    assert sum(talk_run.manifest["counts"]["dialogues"]["splits"].values()) == COUNT
    assert "dialogue" in talk_run.manifest["llm"]["prompts"]
    generate(read_scenario(spec()), tmp_path / "rules")
    lines = (tmp_path / "rules" / "dialogues.jsonl").read_text("utf-8").splitlines()
    by_rules = {row["id"]: row for row in map(json.loads, lines)}
    for row in rows:
        assert bad_spans(row["turns"]) == []
        said = by_rules[row["id"]]["turns"]
        for own, rule in zip(row["turns"], said, strict=True):
            assert (own["acts"], own.get("state")) == (rule["acts"], rule.get("state"))
            assert (
                own["text"] == rule["text"]
                if own["speaker"] == "bot"
                else own["text"] != rule["text"] or not own["text"]
            )
            assert Counter((e["slot"], e["value"]) for e in own["entities"]) == Counter(
                (e["slot"], e["value"]) for e in rule["entities"]
            )


def test_states_are_those_of_the_acts_and_calls_are_one_a_dialogue(talk_run):
    with FakeChat() as server:
        rows = talk_run(server, spec(llm="items_per_call: 40"))
    assert len(about_dialogues(server.requests)) == COUNT == len(talk_run.rejected) + COUNT
    for row in rows:
        states = replay((turn["speaker"], acts(turn)) for turn in row["turns"])
        for turn, state in zip(row["turns"], states, strict=True):
            assert turn["speaker"] == "bot" or turn["state"] == dict(state.frame.slots)


def test_bots_speak_in_the_models_words_where_the_scenario_says_so(talk_run):
    with FakeChat() as server:
        rows = talk_run(server, spec(more="bot_turns: llm"))
    assert len(rows) == COUNT
    items = [item for body in about_dialogues(server.requests) for item in items_of(body)]
    said = {item["text"] for item in items if item["speaker"] == "bot"}
    assert said
    for row in rows:
        assert bad_spans(row["turns"]) == []
        assert not said & {turn["text"] for turn in row["turns"]}
    labelled = [turn for row in rows for turn in row["turns"] if turn["speaker"] == "bot" and turn["entities"]]
    assert labelled


@pytest.mark.parametrize(
    "fault",
    ["429", "500", "reset", "html", "refusal", "empty", "truncated_json", "bad_json", "missing_item", "wrong_slot", "duplicate", "echo", "context", "fenced", "text_id"],
)  # fmt: skip
def test_every_third_call_going_wrong_loses_no_dialogue(fault, talk_run):
    with FakeChat(faults=lambda number, _: fault if number % 3 == 0 else None) as server:
        rows = talk_run(server, spec())
    counts = talk_run.manifest["counts"]["dialogues"]
    assert len(rows) == COUNT
    assert counts["kept"] + counts["rejected"] == counts["attempts"]
    assert len(talk_run.rejected) == counts["rejected"] <= COUNT / 3
    assert max(Counter(json.dumps(body) for body in server.answered).values()) == 1, "an answer was paid twice"


def test_only_the_bad_turn_is_asked_for_again_with_the_reason_and_the_others_words(talk_run):
    def change(item, text, body):
        return "nothing of it" if item["slots"] and "could not be used" not in user_message(body) else text

    with FakeChat(changing(change)) as server:
        rows = talk_run(server, spec(8))
    assert len(rows) == 8
    again = [body for body in about_dialogues(server.requests) if "could not be used" in user_message(body)]
    assert again
    for body in again:
        assert all(item["slots"] for item in items_of(body))
        first = next(one for one in about_dialogues(server.requests) if lines_of(one).keys() >= lines_of(body).keys())
        assert len(items_of(body)) < len(items_of(first))
        open_turns = {item["id"] for item in items_of(body)}
        for number, text in lines_of(body).items():
            assert (text == f"[item {number}]") == (number in open_turns)
        for item in items_of(body):
            assert f"turn {item['id']}: the message did not say" in user_message(body)


def test_the_one_item_of_an_answer_is_taken_for_the_one_turn_that_was_asked_for(talk_run):
    def reply(body):
        return json.dumps({"items": [{**item, "id": 1} for item in worded(body)]})

    with FakeChat(reply) as server:
        assert len(talk_run(server, spec(4, llm="items_per_call: 1"))) == 4
    assert not any("could not be used" in user_message(body) for body in about_dialogues(server.requests))


def test_a_turn_that_stays_bad_keeps_the_rules_words_and_its_siblings_the_models(talk_run):
    def change(item, text, _):
        return "no" if "Harbor Street" in str(item["slots"]) else text

    with FakeChat(changing(change)) as server:
        rows = talk_run(server, spec(32))
    assert len(rows) == 32
    assert not [row for row in talk_run.rejected if row["reason"] == "slot_missing"]
    mended = [row for row in rows if "turns_by_rules" in row["provenance"]]
    assert mended
    for row in rows:
        assert not bad_spans(row["turns"])
        for number, turn in enumerate(row["turns"]):
            if turn["speaker"] == "user" and any(one["value"] == "Harbor Street" for one in turn["entities"]):
                assert number in row["provenance"].get("turns_by_rules", ())
        jsonschema.validate(row, rows_schema())
    said = {turn["text"] for row in mended for turn in row["turns"] if turn["speaker"] == "user"}
    assert any(set(text.split()) & set(WORDS) for text in said), "the other turns are the model's"


def test_a_dialogue_whose_turns_mostly_stay_bad_is_refused_and_planned_again(talk_run):
    def change(item, text, body):
        return "no" if item["slots"] and "Harbor Street" in user_message(body) else text

    with FakeChat(changing(change)) as server:
        rows = talk_run(server, spec(48))
    assert len(rows) == 48
    refused = [row for row in talk_run.rejected if row["reason"] == "slot_missing"]
    assert refused
    for row in refused:
        assert (row["stage"], row["text"]) == ("realise", "no")
        assert re.match(r"turn \d+: the message did not say '.*' \(\w+\) word for word: 'no'", row["detail"])
    assert not {row["id"] for row in rows} & {row["id"] for row in refused}


def test_dialogues_that_no_model_will_word_are_a_named_shortage(tmp_path, cli):
    def change(_item, text, body):
        return "{amount}" if "- transfer money" in user_message(body).lower() else text

    (tmp_path / "bank.yaml").write_text(spec(8, llm="retries: 1, attempts: 2"))
    with FakeChat(changing(change)) as server:
        args = ("--model", "fake", "--base-url", server.base_url, "--journal", "j.sqlite")
        done = cli("generate", "bank.yaml", "-o", "out", *args)
    assert done.exit_code == 3
    assert "transfer_money en-US/plain/-: 0 of 2 (prompt_leak 4)" in done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    (cell,) = [one for one in manifest["shortage"] if one.get("task") == "transfer_money"]
    assert (cell["asked"], cell["kept"], cell["refused"]) == (2, 0, {"prompt_leak": 4})


def test_a_model_that_can_word_no_turn_ends_the_run_soon(talk_run, tmp_path):
    with (
        FakeChat(changing(lambda *_: "{amount}")) as server,
        pytest.raises(SynthconvError, match=r"none of the first 8"),
    ):
        talk_run(server, spec(200))
    assert len(about_dialogues(server.requests)) < 40
    assert not (tmp_path / "out").exists()


def test_a_plan_without_a_place_for_its_behaviour_costs_no_attempt(talk_run):
    with FakeChat() as server:
        rows = talk_run(server, spec(40, "behaviours: {correction: 1, two_values: 1, repeat: 1}", llm="attempts: 1"))
    assert len(rows) == 40
    counts = talk_run.manifest["counts"]["dialogues"]
    assert counts["reasons"]["behaviour_missed"] == counts["rejected"] == counts["attempts"] - 40


def test_what_bot_turns_need_is_noted():
    note = "dialogues.bot_turns llm counts only where models word the rows (llm.models, or --model)"
    noted = [list(notes(domain_of(read_scenario(spec(8, f"bot_turns: {how}", llm=llm)))))
             for how, llm in (("llm", ""), ("llm", "models: [m]"), ("template", ""))]  # fmt: skip
    assert [note in found for found in noted] == [True, False, False]


def test_long_dialogues_are_cut_at_a_turn_and_the_story_goes_along(talk_run):
    with FakeChat() as server:
        rows = talk_run(server, spec(llm="items_per_call: 3"))
    assert len(rows) == COUNT
    bodies = about_dialogues(server.requests)
    assert max(len(items_of(body)) for body in bodies) == 3
    later = [body for body in bodies if "The dialogue until now" in user_message(body)]
    assert len(later) > COUNT
    texts = {normalised(turn["text"]) for row in rows for turn in row["turns"]}
    for body in later:
        first = min(item["id"] for item in items_of(body))
        story = {number: text for number, text in lines_of(body).items() if number < first}
        assert sorted(story) == list(range(1, first))
        assert all(normalised(text) in texts or "says nothing" in text for text in story.values())


def test_a_value_of_another_turn_is_refused_where_it_is_not_planned(talk_run):
    def change(item, text, body):
        values = [str(value) for one in items_of(body) for value in one["slots"].values()]
        other = next((value for value in values if " " in value), "")
        slip = "could not be used" not in user_message(body) and not item["slots"] and other
        return f"{text} {other}" if slip else text

    with FakeChat(changing(change)) as server:
        rows = talk_run(server, spec(12))
    assert len(rows) == 12
    told = [
        user_message(body) for body in about_dialogues(server.requests) if "not among its slots" in user_message(body)
    ]
    assert told
    for row in rows:
        known = {turn["text"][e["start"] : e["end"]] for turn in row["turns"] for e in turn["entities"]}
        for turn in user_turns(row):
            spans = sum(e["end"] - e["start"] for e in turn["entities"])
            assert spans or not any(" " in value and value in turn["text"] for value in known)


def test_a_sentence_that_was_said_before_is_asked_for_again(talk_run):
    def change(item, text, body):
        return text if item["slots"] or "could not be used" in user_message(body) else "one and the same words"

    with FakeChat(changing(change)) as server:
        rows = talk_run(server, spec(8, "behaviours: {}"))
    for row in rows:
        texts = [normalised(turn["text"]) for turn in user_turns(row)]
        assert len(set(texts)) == len(texts)
    assert any("was said before in this dialogue" in user_message(body) for body in server.requests)


def test_the_catalogues_dialogues_keep_their_silences_and_texts(talk_run):
    with FakeChat() as server:
        share = ", ".join(f"{name}: 0.05" for name in SEVERAL_TURNS)
        rows = talk_run(server, spec(60, "behaviours: {}", share))
    assert len(rows) == 60
    items = [item for body in about_dialogues(server.requests) for item in items_of(body)]
    assert all(item["acts"] and all(item["acts"]) and "{" not in str(item["acts"]) for item in items)
    turns = [(row, number, turn) for row in rows for number, turn in enumerate(row["turns"])]
    for row, number, turn in turns:
        named = {act["act"] for act in turn["acts"]}
        assert (turn["text"] == "") == ("silence" in named)
        if turn.get("edge_case") == "repeated_question":
            first = normalised(row["turns"][number - 2]["text"])
            assert normalised(turn["text"]).endswith(first)
    taken = {act["act"] for *_, turn in turns for act in turn["acts"]}
    assert {"silence", "inject", "off_topic", "vague", "request_human", "claim_done", "undecided"} <= taken


def test_a_run_is_replayed_byte_for_byte_and_nothing_is_paid_twice(talk_run, tmp_path):
    scenario = spec(more="bot_turns: llm", llm="items_per_call: 6")
    with FakeChat(faults=lambda number, _: "wrong_slot" if number % 4 == 0 else None) as server:
        talk_run(server, scenario)
        paid = len(server.answered)
        talk_run(server, scenario, name="again")
        assert len(server.answered) == paid
        talk_run(server, scenario, name="replayed", replay_only=True)
    for file in ("dialogues.jsonl", "intents.jsonl", "rejected.jsonl", "manifest.json", "README.md"):
        one, *others = ((tmp_path / name / file).read_bytes() for name in ("out", "again", "replayed"))
        assert all(other == one for other in others), file
    with FakeChat() as server, pytest.raises(MissingAnswers):
        talk_run(server, spec(COUNT + 8, "bot_turns: llm", llm="items_per_call: 6"), name="more", replay_only=True)


def test_more_dialogues_use_the_answers_that_are_there(talk_run):
    with FakeChat() as server:
        few = talk_run(server, spec())
        paid = len(server.answered)
        many = talk_run(server, spec(2 * COUNT), name="many")
    assert len(server.answered) - paid < 2 * paid
    assert {json.dumps(row) for row in few} <= {json.dumps(row) for row in many}


def test_caps_stop_cleanly_and_a_rerun_goes_on(talk_run, tmp_path):
    with FakeChat() as server:
        with pytest.raises(BudgetSpent):
            talk_run(server, spec(), max_calls=15, concurrency=2)
        assert not (tmp_path / "out").exists()
        assert len(talk_run(server, spec())) == COUNT
    assert max(Counter(json.dumps(body) for body in server.answered).values()) == 1


def test_the_estimate_is_of_the_calls_that_a_run_makes(tmp_path, talk_run):
    scenario = read_scenario(spec(llm="items_per_call: 4"))
    options = {"journal": tmp_path / "journal.sqlite", "replay_only": True}
    with FakeChat() as server:
        talk_run(server, spec(2), name="few")  # makes the journal
        with open_session(scenario, ["fake"], **options) as session:
            (told,) = estimate(scenario, session)
        talk_run(server, spec(llm="items_per_call: 4"))
        sent = talk_run.manifest["usage"]["fake"]
        with open_session(scenario, ["fake"], **options) as session:
            (after,) = estimate(scenario, session)
    assert COUNT < told["calls"] <= sent["calls"] <= 1.1 * told["calls"] + 2
    assert told["calls_to_pay"] > after["calls_to_pay"] == 0
    assert 0.7 < told["prompt_tokens"] / sent["prompt_tokens"] < 1.4


def test_dialogues_are_answered_in_batches_too(tmp_path, cli):
    (tmp_path / "bank.yaml").write_text(spec(6, llm="items_per_call: 4"))
    with FakeChat() as server:
        rounds = 0
        while True:
            done = cli(
                "batch", "export", "bank.yaml", "--model", "fake", "--journal", "j.sqlite", "-o", "r.jsonl", "--force"
            )
            assert done.exit_code == 0, done.stderr
            if "no answer is missing" in done.stderr:
                break
            rounds += 1
            url = ("--base-url", server.base_url)
            batch = json.loads(cli("batch", "submit", "r.jsonl", *url).stdout)["id"]
            fetched = cli("batch", "fetch", batch, "-o", "a.jsonl", "--force", "--journal", "j.sqlite", *url)
            assert fetched.exit_code == 0, fetched.stderr
    assert 1 < rounds < 8
    args = ("--model", "fake", "--replay-only", "--journal", "j.sqlite")
    assert cli("generate", "bank.yaml", "-o", "out", *args).exit_code == 0
    assert len((tmp_path / "out" / "dialogues.jsonl").read_text("utf-8").splitlines()) == 6


def test_what_is_missing_is_told_before_anything_is_sent(tmp_path):
    scenario = read_scenario(spec(5))
    (tmp_path / "journal.sqlite").unlink(missing_ok=True)
    with FakeChat() as server:
        options = {"journal": tmp_path / "journal.sqlite"}
        with open_session(scenario, ["fake"], [server.base_url], **options):
            pass
        with open_session(scenario, ["fake"], replay_only=True, **options) as session:
            missing = missing_requests(scenario, session)
    assert sum("dialogues train" in request.system for request in missing) == 5
    assert server.requests == []


def test_a_style_is_put_on_a_models_words_as_on_an_utterances(talk_run):
    persona = "plain: {style: {casing: as_written, formality: normal}}"
    shouting = "loud: {style: {casing: upper, punctuation: as_written, formality: low}}"
    with FakeChat(changing(lambda _item, text, _body: f"i do not {text}")) as server:
        rows = talk_run(server, spec(8).replace(persona, shouting))
    said = [turn["text"] for row in rows for turn in user_turns(row) if turn["text"]]
    assert all(text == text.upper() for text in said)
    assert sum("I DO NOT" in text for text in said) > 0.9 * len(said)  # its wording is the model's


@pytest.mark.parametrize(
    ("text", "planned", "others", "found"),
    [
        ("send $40 to Ana Silva", ["$40"], ["Ana Silva"], "Ana Silva"),
        ("send $40 to ana silva", ["$40"], ["Ana Silva"], "Ana Silva"),
        ("send $40", ["$40"], ["40"], ""),
        ("at 5 pm for 5", ["5 pm"], ["5"], "5"),
        ("at 5 pm", ["5 pm"], ["5"], ""),
        ("for 15 people", [], ["5"], ""),
        ("a joint account", [], ["joint"], ""),
        ("my savings account", [], ["savings account"], "savings account"),
        ("the Anabel one", [], ["Ana"], ""),
        ("it is $40.50", [], ["$40"], ""),
    ],
)
def test_a_value_that_is_not_planned_is_found(text, planned, others, found):
    def values(surfaces):
        return [SlotValue("s", "e", surface, surface) for surface in surfaces]

    assert strayed(text, values(planned), values(others)) == found
