"""The engine against a server that misbehaves: every answer paid once, nothing lost, every end a clear one."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from conftest import SMALL, bad_spans, read_run

from synthconv import generate
from synthconv.errors import SynthconvError
from synthconv.forecast import missing_requests
from synthconv.llm.journal import Journal
from synthconv.llm.limits import BudgetSpent, Congestion, Pace, backoff, retry_after
from synthconv.llm.session import MissingAnswers, open_session
from synthconv.llm.transfer import read_journal
from synthconv.llm.wire import Answer, Request, answer_of
from synthconv.plan.rows import Row
from synthconv.records import Cell
from synthconv.rounds import by_intent
from synthconv.scenario.loader import read_scenario
from synthconv.testing import FAULTS, FakeChat, worded

LOSING = {
    "refusal",
    "empty",
    "bad_json",
    "truncated_json",
    "wrong_slot",
    "echo",
    "context",
    "duplicate",
    "missing_item",
}
ENDING = {
    "401": "check a key in the environment variable OPENAI_API_KEY",
    "404": "check --model and --base-url",
    "quota": "the account's quota is spent",
}


@pytest.fixture
def chat_run(tmp_path):
    """Generates SMALL, or another scenario, with a fake server; the journal stays from call to call."""

    def run(server, scenario=SMALL, name="out", **options):
        options = {"journal": tmp_path / "journal.sqlite", "timeout": 1.0, **options}
        with open_session(read_scenario(scenario), ["fake"], [server.base_url], **options) as session:
            generate(read_scenario(scenario), tmp_path / name, session)
        return read_run(tmp_path / name)

    return run


@contextmanager
def exits(code, message):
    with pytest.raises(SynthconvError, match=message) as caught:
        yield
    assert caught.value.exit_code == code


def every_third(fault):
    return lambda number, body: fault if number % 3 == 0 else None


def test_models_word_the_rows_that_are_asked_for(chat_run):
    with FakeChat() as server:
        found = chat_run(server)
    assert len(found.rows) == found.manifest["counts"]["asked"] == 88
    assert bad_spans(found.rows) == []
    by_method = Counter((row["provenance"]["method"], row["provenance"]["model"]) for row in found.rows)
    assert by_method == {("llm", "fake"): 80, ("rules", None): 8}
    assert {row["intent"] for row in found.rows if row["provenance"]["method"] == "rules"} == {"out_of_scope"}
    assert found.manifest["usage"]["fake"]["calls"] == len(server.answered)
    assert found.manifest["llm"]["models"][0]["name"] == "fake"
    assert set(found.manifest["llm"]["prompts"]) == {"utterances", "paraphrase", "dialogue"}
    assert found.manifest["overlap"]["skeletons"]["in_several_splits"] == 0


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault not in ENDING and not fault.startswith(("no_", "new"))]
)
def test_every_third_call_going_wrong_loses_no_row(fault, chat_run):
    with FakeChat(faults=every_third(fault)) as server:
        found = chat_run(server)
    assert len(found.rows) == 88
    reasons = set(found.manifest["counts"]["reasons"]) - {"in_scope", "duplicate", "near_duplicate", "other_intent"}
    assert reasons <= {"model_refusal", "bad_answer", "slot_missing", "empty", "context_overflow", "slot_ambiguous"}
    assert not reasons or fault in LOSING
    if fault in ("fenced", "extra_item", "text_id", "bare_list"):
        assert len(server.requests) == len(server.answered) == found.manifest["usage"]["fake"]["calls"]
    bodies = Counter(json.dumps(body) for body in server.answered)
    assert max(bodies.values()) == 1, "an answer was paid twice"


@pytest.mark.parametrize("fault", ENDING)
def test_what_no_second_try_would_change_ends_the_run_with_its_cure(fault, chat_run, tmp_path):
    with FakeChat(faults=lambda number, body: fault if number > 2 else None) as server, exits(1, ENDING[fault]):
        chat_run(server, concurrency=2)
    assert len(server.requests) <= 5
    assert not (tmp_path / "out").exists()
    assert sum(row["answers"] for row in Journal(tmp_path / "journal.sqlite").summary()) == len(server.answered) == 3


@pytest.mark.parametrize(
    ("faults", "key", "found"),
    [
        (["no_schema"], "response_format", {"type": "json_object"}),
        (["no_schema", "no_json"], "response_format", None),
        (["no_temperature"], "temperature", None),
        (["new_limit"], "max_tokens", None),
    ],
)
def test_what_a_server_does_not_take_is_learned_once(faults, key, found, chat_run):
    with FakeChat(faults=faults) as server:
        assert len(chat_run(server, concurrency=1).rows) == 88
    assert len(server.requests) == len(server.answered) + len(faults)
    assert all(body.get(key) == found for body in server.answered)
    assert all("max_completion_tokens" in body or "max_tokens" in body for body in server.answered)


def test_a_bad_item_is_asked_for_again_alone_with_the_reason(chat_run):
    def reply(body):
        items = worded(body)
        if len(server.answered) == 1:
            items[0]["text"] = "nothing of what was asked for"
        return json.dumps({"items": items})

    with FakeChat(reply) as server:
        found = chat_run(server, SMALL.replace("{out_of_scope: 0.1, typo_heavy: 0.05, multi_intent: 0.05}", "{}"))
    assert len(found.rows) == 80
    again = [body for body in server.requests if "asked for before" in body["messages"][1]["content"]]
    assert len(again) <= 1
    for body in again:
        assert len(worded(body)) == 1
        assert "did not say" in body["messages"][1]["content"]


def test_an_item_that_stays_bad_is_a_named_rejection_and_its_row_is_planned_again(chat_run):
    def reply(body):
        items = worded(body)
        return json.dumps({"items": [{**item, "text": "no"} if "$" in str(item) else item for item in items]})

    with FakeChat(reply) as server:
        found = chat_run(server)
    stubborn = [row for row in found.rejected if row["reason"] == "slot_missing"]
    assert stubborn
    assert all("word for word" in row["detail"] and row["text"] == "no" for row in stubborn)
    assert len(found.rows) + len(found.rejected) == found.manifest["counts"]["attempts"]


def test_a_server_that_refuses_all_ends_the_run_soon(chat_run, tmp_path):
    message = "none of the first .* could be used .model_refusal"
    with FakeChat(lambda body: "I'm sorry, but I can't help with that.") as server, exits(1, message):
        chat_run(server, SMALL.replace("utterances_per_intent: 40", "utterances_per_intent: 400"))
    assert len(server.requests) < 350
    assert not (tmp_path / "out").exists()


def test_rows_that_no_model_will_word_are_a_named_shortage(chat_run):
    def reply(body):
        items = [{**item, "text": item["text"] if "payee" not in str(item["slots"]) else "no"} for item in worded(body)]
        return json.dumps({"items": items})

    with FakeChat(reply) as server:
        found = chat_run(server, SMALL.replace("utterances_per_intent: 40", "utterances_per_intent: 10"))
    short = found.manifest["shortage"]
    assert {cell["intent"] for cell in short} == {"transfer_money"}
    assert all(set(cell["refused"]) == {"slot_missing"} for cell in short)
    assert len(server.requests) < 250


def test_calls_go_out_together(chat_run):
    with FakeChat(latency=0.3) as server:
        chat_run(server, SMALL.replace("intent: 40", "intent: 160"), concurrency=12)
    assert server.peak >= 10


def test_a_429_waits_as_long_as_it_is_told_and_others_go_on(chat_run):
    started = time.monotonic()
    with FakeChat(faults=["429"], retry_after=1.5) as server:
        chat_run(server, SMALL.replace("multi_intent: 0.05", "multi_intent: 0"))
    assert time.monotonic() - started >= 1.5
    again = server.requests[1:].index(server.requests[0])
    assert again >= 7  # the other first calls did not wait: they lie between its two tries
    assert len(server.requests) == len(server.answered) + 1


def test_a_fault_that_there_is_not_is_told():
    with pytest.raises(ValueError, match="no such faults"), FakeChat(faults=["429", "nonsense"]):
        pass


def test_everything_pauses_only_when_most_calls_are_refused():
    crowd = Congestion()
    for i in range(40):
        crowd.note(i % 2 == 0, float(i), wait=5)
    assert crowd.until == 0
    for i in range(20):
        crowd.note(True, 100.0 + i, wait=5)
    assert 105 <= crowd.until <= 125


def test_waits():
    request = Request("m", "s", "u", 10)
    waits = [backoff(request, troubles) for troubles in range(1, 12)]
    assert waits == [backoff(request, troubles) for troubles in range(1, 12)]
    assert 0.25 <= waits[0] <= 0.5
    assert 15 <= waits[-1] <= 30
    assert retry_after({"retry-after": "1.5"}, 0) == 1.5
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}, 0) == 0.25
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 10) == 50
    assert (
        retry_after({"retry-after": "soon"}, 0) is retry_after({}, 0) is retry_after({"retry-after": "nan"}, 0) is None
    )


def test_the_pace_spreads_calls_over_the_minute():
    pace = Pace(requests=60, tokens=None)
    request = Request("m", "s", "u", 100)
    assert [pace.wait(request, at) for at in (10.0, 10.25, 11.0, 11.5, 12.0)] == [0, 0.75, 0, 0.5, 0]
    pace = Pace(None, tokens=request.reserve * 60)
    assert [pace.wait(request, at) for at in (0.0, 0.5, 1.0)] == [0, 0.5, 0]


def test_nothing_is_paid_twice(chat_run):
    with FakeChat() as server:
        first = chat_run(server)
        paid = len(server.answered)
        again = chat_run(server, name="again")
        assert len(server.answered) == paid
        extra = "  close_account:\n    examples: [close my (account|card) (now|today), i want to (leave|quit|go)]\nentities:"
        chat_run(server, SMALL.replace("entities:", extra), name="more")
        new = server.answered[paid:]
        assert new
        assert all("close_account" in body["messages"][1]["content"] for body in new)
        paid = len(server.answered)
        chat_run(server, SMALL + "augment: [typos]\n", name="augmented")
        assert len(server.answered) == paid
    assert first.rows == again.rows
    assert first.manifest == again.manifest


def test_more_rows_use_the_answers_that_are_there(chat_run):
    plain = SMALL.replace(
        "edge_cases: {out_of_scope: 0.1, typo_heavy: 0.05, multi_intent: 0.05}", "splits: {train: 1, dev: 0, test: 0}"
    )
    with FakeChat() as server:
        few = chat_run(server, plain)
        paid = len(server.answered)
        many = chat_run(server, plain.replace("intent: 40", "intent: 80"), name="many")
    assert len(server.answered) == 2 * paid == 16
    assert {row["id"]: row["text"] for row in few.rows}.items() <= {row["id"]: row["text"] for row in many.rows}.items()


def test_a_request_holds_its_own_intent_and_its_neighbours_only(chat_run):
    scenario = SMALL.replace(
        "  check_balance:\n",
        "  lock_card:\n    description: Lock a card.\n    examples: [lock (it|my card) (now|today|please)]\n  check_balance:\n    confusable_with: [transfer_money]\n",
    )
    with FakeChat() as server:
        chat_run(server, scenario)
    for body in server.requests:
        user = body["messages"][1]["content"]
        if "Intent: " not in user:
            continue  # a message of two intents is given as a text, with what they mean
        assert ("Lock a card" in user) == ("Intent: lock card" in user)
        if "Intent: check balance" in user:
            assert "transfer money: Move money to a payee." in user
    assert len({body["messages"][0]["content"] for body in server.requests}) <= 2  # a prefix for the provider's cache


def test_openings_that_came_too_often_are_taboo_from_the_second_round(chat_run):
    def reply(body):
        items = worded(body)
        return json.dumps(
            {"items": [{**item, "text": f"i would {(item if item['id'] % 2 else items[1])['text']}"} for item in items]}
        )

    plain = "scenario: x\nintents: {a: {examples: [where is it, i need it, stop it now, is it broken]}}\ngenerate: {utterances_per_intent: 20}\n"
    with FakeChat(reply) as server:
        assert len(chat_run(server, plain).rows) == 20
    taboo = ["- i would" in body["messages"][1]["content"] for body in server.requests]
    assert not any(taboo[:4])  # the first round: two calls for train, one for dev, one for test
    assert all(taboo[4:])
    assert len(taboo) > 4


def test_several_models_share_a_run_by_their_weights(tmp_path):
    with FakeChat() as one, FakeChat() as two:
        scenario = SMALL + (
            f"llm:\n  items_per_call: 2\n  models:\n    - {{name: large, weight: 3, base_url: '{one.base_url}', temperature: 0.2}}\n"
            f"    - {{name: small, base_url: '{two.base_url}', requests_per_minute: 60000, tokens_per_minute: 99999999, max_output_tokens: 700}}\n"
        )
        with open_session(read_scenario(scenario), journal=tmp_path / "j.sqlite") as session:
            generate(read_scenario(scenario), tmp_path / "out", session)
    found = read_run(tmp_path / "out")
    rows = Counter(row["provenance"]["model"] for row in found.rows)
    assert rows["large"] > 1.5 * rows["small"] > 0
    assert {body["model"] for body in one.requests} == {"large"}
    assert {body["temperature"] for body in one.requests} == {0.2}
    assert {(body["model"], body["max_tokens"]) for body in two.requests} == {("small", 700)}
    assert set(found.manifest["usage"]) == {"large", "small"}


@pytest.mark.parametrize(
    ("caps", "name"),
    [
        ({"max_calls": 5}, "--max-calls 5"),
        ({"max_tokens": 9000}, "--max-tokens 9000"),
        ({"max_cost": 0.02}, "--max-cost 0.02"),
    ],
)
def test_caps_stop_cleanly_and_a_rerun_goes_on(caps, name, chat_run, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("prices: {fake: {input: 1, output: 5}}")
    with FakeChat(latency=0.02) as server:
        with pytest.raises(BudgetSpent, match=name) as spent:
            chat_run(server, prices=prices, concurrency=4, **caps)
        assert spent.value.exit_code == 5
        paid = len(server.answered)
        assert 0 < paid == sum(row["answers"] for row in Journal(tmp_path / "journal.sqlite").summary())
        used = Journal(tmp_path / "journal.sqlite").summary()[0]
        assert paid <= caps.get("max_calls", paid)
        assert used["prompt_tokens"] + used["completion_tokens"] <= caps.get("max_tokens", 10**9)
        assert (used["prompt_tokens"] + 5 * used["completion_tokens"]) / 1e6 <= caps.get("max_cost", 9)
        assert not (tmp_path / "out").exists()
        assert len(chat_run(server, prices=prices).rows) == 88
    assert max(Counter(json.dumps(body) for body in server.answered).values()) == 1


def test_a_cap_on_the_cost_needs_a_price(tmp_path):
    with (
        exits(2, "--max-cost needs the price of fake"),
        open_session(read_scenario(SMALL), ["fake"], ["http://127.0.0.1:1/v1"], journal=tmp_path / "j", max_cost=1),
    ):
        pass


def test_no_server_there_is_said_soon(chat_run):
    with FakeChat() as server:
        pass
    started = time.monotonic()
    with exits(1, "is the server running there"):
        chat_run(server)
    assert time.monotonic() - started < 20


def test_replay_only_calls_nothing(chat_run, tmp_path):
    with FakeChat() as server:
        first = chat_run(server)
    (tmp_path / "journal.sqlite").chmod(0o400)
    assert chat_run(server, name="again", replay_only=True).rows == first.rows
    with exits(1, "answers of fake are not in the journal"):
        chat_run(server, SMALL.replace("seed: 7", "seed: 8"), name="other", replay_only=True)
    with pytest.raises(MissingAnswers) as missing:
        chat_run(server, name="empty", replay_only=True, journal=tmp_path / "none.sqlite")
    assert len(missing.value.requests) == len(server.requests)
    assert not (tmp_path / "none.sqlite").exists()


def signalled(tmp_path, server, when, how):
    """`synthconv generate` in a process of its own, signalled when the server has answered `when` calls."""
    (tmp_path / "small.yaml").write_text(SMALL)
    command = [sys.executable, "-m", "synthconv", "generate", "small.yaml", "-o", "out", "--model", "fake"]
    command += ["--base-url", server.base_url, "--journal", "journal.sqlite", "--concurrency", "3"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while len(server.answered) < when and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("when", [3, 9])
def test_kill_loses_only_the_calls_on_their_way(when, tmp_path, chat_run):
    with FakeChat(latency=0.05) as server:
        signalled(tmp_path, server, when, signal.SIGKILL)
        assert not (tmp_path / "out").exists()
        found = chat_run(server)
        twice = sum(Counter(json.dumps(body) for body in server.answered).values()) - len(
            {json.dumps(body) for body in server.answered}
        )
        assert twice <= 3
        assert chat_run(server, name="whole", journal=tmp_path / "other.sqlite").rows == found.rows


def test_ctrl_c_waits_for_what_is_paid_for(tmp_path, chat_run):
    with FakeChat(latency=0.3) as server:
        code, said = signalled(tmp_path, server, 3, signal.SIGINT)
        assert code == 130
        assert "answers that are paid for" in said
        assert "interrupted" in said
        assert sum(row["answers"] for row in Journal(tmp_path / "journal.sqlite").summary()) == len(server.answered)
        assert len(server.answered) < 13
        assert not (tmp_path / "out").exists()
        assert len(chat_run(server).rows) == 88
    assert max(Counter(json.dumps(body) for body in server.answered).values()) == 1


def test_two_runs_may_share_a_journal(chat_run):
    with FakeChat(latency=0.02) as server:
        runs = [threading.Thread(target=chat_run, args=(server,), kwargs={"name": f"run{i}"}) for i in range(3)]
        for thread in runs:
            thread.start()
        for thread in runs:
            thread.join()
        rows = [chat_run(server, name=f"after{i}").rows for i in range(2)]
    assert rows[0] == rows[1]
    assert max(Counter(json.dumps(body) for body in server.answered).values()) == 1


def test_what_a_dead_run_was_asking_for_is_asked_for_by_the_next(chat_run, tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    journal.seen("dead")
    with FakeChat() as server:
        wanted = json.loads(json.dumps(chat_run(server, name="first").manifest["usage"]))["fake"]["calls"]
        for row in list(journal.rows()):
            assert journal.claim(row["key"], "dead")
            assert not journal.claim(row["key"], "another")
        journal.prune()
        chat_run(server, name="second")
        assert len(server.answered) == 2 * wanted


def test_a_notebook_with_a_loop_of_its_own_can_run_it(chat_run):
    import asyncio

    async def cell(server):
        return chat_run(server)

    with FakeChat() as server:
        assert len(asyncio.run(cell(server)).rows) == 88


def test_the_key_is_shown_nowhere(tmp_path):
    key, word = "sk-planted-4f1f33", "planted-word"

    def reply(body):
        return json.dumps({"items": [{**item, "text": f"{item['text']} {key}"} for item in worded(body)]})

    (tmp_path / "small.yaml").write_text(SMALL)
    env = {**os.environ, "MY_KEY": key, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    said = ""
    for i, faults in enumerate(([None] * 1000, ["401"], ["500"] * 50, ["404"])):
        with FakeChat(reply, faults=faults) as server:
            url = server.base_url.replace("//", f"//user:{word}@") if i == 3 else server.base_url
            command = ["generate", "small.yaml", "-o", f"out{i}", "--model", "fake", "--base-url", url]
            command += ["--api-key-env", "MY_KEY", "--json", "--max-calls", "40", "--seed", i]
            done = subprocess.run(
                [sys.executable, "-m", "synthconv", *map(str, command)],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                text=True,
            )
            said += done.stdout + done.stderr
            sent = {headers["authorization"] for headers in server.headers}
            assert sent == ({f"Bearer {key}"} if i < 3 else {"Basic dXNlcjpwbGFudGVkLXdvcmQ="})
    assert "refuses fake (401" in said
    assert "refuses fake (404" in said
    assert key not in said
    assert word not in said
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "journal.sqlite" for path in files)
    for path in files:
        assert key.encode() not in path.read_bytes(), path
        assert word.encode() not in path.read_bytes(), path


def test_a_key_that_is_missing_is_said_before_anything_is_sent(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with (
        exits(1, "the environment variable OPENAI_API_KEY is not set"),
        open_session(read_scenario(SMALL), ["gpt-4o-mini"], journal=tmp_path / "j"),
    ):
        pass


def test_no_call_is_sent_without_room_for_its_answer(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    journal.check_room(1)
    with exits(1, "almost full"):
        journal.check_room(10**13)  # more room than any disk has


def test_the_journal_is_its_owners_alone(chat_run, tmp_path):
    with FakeChat() as server:
        chat_run(server)
    for path in tmp_path.glob("journal.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def damaged(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damaged, "synthconv journal import MOVED_FILE"),
        (lambda path: path.write_bytes(os.urandom(9000)), "cannot be used"),
        (lambda path: path.write_text("scenario: x\n" * 400), "cannot be used"),
        (lambda path: (path.unlink(), sqlite3.connect(path).execute("create table t (x)")), "no journal of answers"),
        (lambda path: (path.unlink(), path.mkdir()), "is not a file"),
    ],
)
@pytest.mark.parametrize("replay_only", [False, True])
def test_a_journal_that_cannot_be_used_is_said_with_its_cure(spoil, message, replay_only, chat_run, tmp_path):
    with FakeChat() as server:
        chat_run(server)
        paid = len(server.requests)
        Journal(tmp_path / "journal.sqlite").close()
        for path in tmp_path.glob("journal.sqlite-*"):
            path.unlink()
        spoil(tmp_path / "journal.sqlite")
        with pytest.raises(SynthconvError, match=message):
            chat_run(server, name="again", replay_only=replay_only)
        assert len(server.requests) == paid


def test_the_first_answer_stays(tmp_path):
    journal, request = Journal(tmp_path / "j"), Request("m", "s", "u", 10)
    assert journal.put(request, Answer("one")).content == "one"
    assert journal.put(request, Answer("two")).content == "one"
    assert journal.get(request.key).content == "one"


def test_the_key_of_a_request_is_all_that_its_answer_depends_on():
    base = Request("m", "s", "u", 10, 1.0)
    others = [Request("n", "s", "u", 10, 1.0), Request("m", "t", "u", 10, 1.0), Request("m", "s", "v", 10, 1.0)]
    others += [Request("m", "s", "u", 11, 1.0), Request("m", "s", "u", 10, 0.5)]
    assert len({request.key for request in (base, *others)}) == 6
    assert Request("m", "s", "u", 10, 1.0, server=1, expected_tokens=5).key == base.key


def test_what_a_server_does_not_take_is_learned_by_one_call_of_many(chat_run):
    def faults(number, body):
        return "no_schema" if body.get("response_format", {}).get("type") == "json_schema" else None

    with FakeChat(faults=faults, latency=0.05) as server:
        assert len(chat_run(server).rows) == 88
    assert len(server.requests) == len(server.answered) + 1


def test_intents_are_asked_for_whole():
    cell = Cell("en")
    rows = [Row(intent, cell, k, "train") for k in range(5) for intent in "abc"]
    assert [[(row.intent, row.k) for row in some] for some in by_intent(rows, 4)] == [
        [(intent, k) for k in stretch] for intent in "abc" for stretch in (range(4), range(4, 5))
    ]
    assert [[row.intent for row in some] for some in by_intent(rows, 11)] == [[*"aaaaabbbbb"], [*"ccccc"]]


def test_an_intent_more_leaves_the_requests_of_the_others(tmp_path):
    extra = (
        "  close_account:\n    examples: [close my (account|card) (now|today), i want to (leave|quit|go)]\nentities:"
    )
    keys = []
    for i, text in enumerate((SMALL, SMALL.replace("entities:", extra))):
        scenario = read_scenario(text)
        with open_session(scenario, ["fake"], journal=tmp_path / f"{i}", replay_only=True) as session:
            keys.append({request.key for request in missing_requests(scenario, session)})
    assert keys[0] < keys[1]


def test_tries_that_may_be_billed_count_against_the_caps(chat_run):
    with FakeChat(faults=[None] + ["truncated_body"] * 1000) as server, pytest.raises(BudgetSpent):
        chat_run(server, max_tokens=20_000, concurrency=4)
    assert len(server.requests) <= 20


@pytest.mark.parametrize(
    "usage",
    [
        '{"prompt_tokens": -5, "completion_tokens": 1e999}',
        '{"prompt_tokens": 1000000000000000000000000000000, "completion_tokens": "many"}',
        '{"prompt_tokens": true, "prompt_tokens_details": {"cached_tokens": "n/a"}}',
        '{"prompt_tokens": NaN, "prompt_tokens_details": [3]}',
        "[1]",
        '"none"',
        "null",
    ],
)
def test_odd_usage_voids_no_answer(usage):
    found = answer_of(json.loads(f'{{"choices": [{{"message": {{"content": "hi"}}}}], "usage": {usage}}}'))
    assert found.content == "hi"
    assert 0 <= found.prompt_tokens <= 2**40
    assert 0 <= found.completion_tokens <= 2**40
    assert found.cached_tokens == 0


def test_an_answer_that_the_journal_takes_no_more_is_kept_in_a_file(tmp_path):
    journal, request = Journal(tmp_path / "j.sqlite"), Request("m", "s", "u", 10)
    said = journal.rescue(request, Answer("hi", "stop", 3, 1))
    (path,) = tmp_path.glob("synthconv-answers-*.jsonl")
    assert str(path) in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows, broken = read_journal(path)
    assert (journal.add(rows), broken) == (1, 0)
    assert journal.get(request.key) == Answer("hi", "stop", 3, 1)


def test_a_journal_that_another_process_writes_is_waited_for(chat_run, tmp_path):
    Journal(tmp_path / "journal.sqlite").close()
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    threading.Timer(1.5, other.execute, ["rollback"]).start()
    with FakeChat() as server:
        assert len(chat_run(server, timeout=0.5).rows) == 88
    assert len(server.requests) == len(server.answered) == 15
    other.close()


def test_ctrl_c_in_a_notebook_ends_the_run_too(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    with FakeChat(latency=0.4) as server:
        code = (
            "import asyncio; from synthconv import *\n"
            "async def cell():\n"
            "    scenario = load_scenario('small.yaml')\n"
            f"    with open_session(scenario, ['fake'], ['{server.base_url}'], journal='j', concurrency=2) as session:\n"
            "        generate(scenario, 'out', session)\n"
            "asyncio.run(cell())\n"
        )
        process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL)
        while len(server.answered) < 3:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) != 0
        assert len(server.requests) <= 8
        assert sum(row["answers"] for row in Journal(tmp_path / "j").summary()) == len(server.answered)
