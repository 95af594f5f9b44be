"""Prompts, the reading and proof of answers, prices, and the commands around the journal and batch files."""

import json
import shutil
import stat

import pytest
from conftest import SMALL
from hypothesis import given
from hypothesis import strategies as st

from synthconv.errors import UsageError
from synthconv.llm.journal import Journal
from synthconv.llm.models import models_of
from synthconv.llm.prices import load_prices
from synthconv.llm.prompts import SAMPLE, VARIABLES, Prompts
from synthconv.llm.troubles import Dialect, Trouble, error_of, verdict
from synthconv.llm.wire import Answer, Request, answer_of, said_items
from synthconv.realise.proof import Fault, proven
from synthconv.records import Cell, IntentPlan, LabelledText, Outline, SlotValue, Style, TurnPlan
from synthconv.resources import shipped
from synthconv.scenario.models import LlmModel
from synthconv.testing import FakeChat

GOOD = '{"items": [{"id": 1, "text": "one", "slots": []}, {"id": 2, "text": "two {x}", "slots": []}]}'


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (GOOD, {1: "one", 2: "two {x}"}),
        (f"Sure!\n```json\n{GOOD}\n```\nMore?", {1: "one", 2: "two {x}"}),
        (GOOD[:-20], {1: "one"}),
        (GOOD[:-5], {1: "one", 2: "two {x}"}),
        (
            '{"items": [{"id": 1, "text": "say \\"a\\"", "slots": [{"slot": "a", "surface"]}, {"id": 2, "text": "b',
            {1: 'say "a"'},
        ),
        (r'{"id": 1, "text": "bad \x escape", "slots": [', {}),
        ('[{"id": "7", "text": "x"}]', {7: "x"}),
        ('{"id": 1, "text": "bare"}', {1: "bare"}),
        ('{"answer": [{"id": 1, "text": "other key"}]}', {1: "other key"}),
        ('{"items": [{"id": 1, "text": "a"}, {"id": 1, "text": "b"}]}', {1: "a"}),
        ('{"items": [{"id": 1, "text": 5}, {"text": "no id"}, 3, null]}', {}),
        ('{"items": [{"id": true, "text": "a"}]}', {1: "a"}),
        ("I'm sorry, but I can't help with that.", {}),
        ("", {}),
        ("[" * 100_000, {}),
        ('{"items": ' + "[" * 5000 + GOOD, {}),
    ],
)
def test_items_are_read_from_whatever_holds_them(content, found):
    assert {ident: item["text"] for ident, item in said_items(content).items()} == found


@given(st.text(), st.integers(0, 200))
def test_reading_an_answer_never_fails(text, cut):
    said_items(text)
    said_items(GOOD[:cut] + text)
    error_of(text)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}, Answer("hi")),
        ({"choices": [{"message": {"content": None, "refusal": "no"}}]}, Answer("no", kind="refusal")),
        ({"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]}, Answer("ab")),
        (
            {
                "choices": [{"message": {"content": "x"}, "finish_reason": "length"}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
            },
            Answer("x", "length", 9, 3, 4),
        ),
        ({"choices": [{"message": {"content": "\ud800"}}]}, Answer("?")),
        ({"choices": []}, None),
        ({"error": {"message": "x"}}, None),
        ([], None),
        ("text", None),
        (None, None),
    ],
)
def test_answers_are_read_from_the_bodies_of_many_servers(body, answer):
    assert answer_of(body) == answer


def outline(*values):
    slots = tuple(SlotValue(slot, slot, surface, value) for slot, surface, value in values)
    turn = TurnPlan("user", (IntentPlan("pay", "k", slots),))
    return Outline("0" * 16, "pay", Cell("en"), Style(), "train", (turn,), method="llm")


AMOUNT, PAYEE = ("amount", "$40", "40.00 USD"), ("payee", "Ana", "Ana")


@pytest.mark.parametrize(
    ("text", "values", "labels"),
    [
        ("send $40 to Ana", [AMOUNT, PAYEE], {"amount": "$40", "payee": "Ana"}),
        ("ANA gets $40.", [AMOUNT, PAYEE], {"amount": "$40", "payee": "ANA"}),
        ("“send $40”", [AMOUNT], {"amount": "$40"}),
        ("send\n  $40", [AMOUNT], {"amount": "$40"}),
        ("$40 to Anabel", [AMOUNT, PAYEE], "slot_missing"),
        ("$400 to Ana", [AMOUNT, PAYEE], "slot_missing"),
        ("pay $40.50 to Ana", [AMOUNT], "slot_missing"),
        ("pay 1,500 to Ana", [("amount", "500", "500")], "slot_missing"),
        ("on 2012-12-05", [("day", "12-05", "x")], "slot_missing"),
        ("it is -5 degrees", [("amount", "5", "5")], "slot_missing"),
        ("pay $40, now", [AMOUNT], {"amount": "$40"}),
        ("pay $40.", [AMOUNT], {"amount": "$40"}),
        ("mail Ana@x.com", [PAYEE], "slot_missing"),
        ("see Ana.com", [PAYEE], "slot_missing"),
        ("my checking_account", [("account", "checking", "checking")], "slot_missing"),
        ("that is 5'000", [("amount", "5", "5")], "slot_missing"),
        ("pay -$40 now", [AMOUNT], "slot_missing"),
        ("write x.a@b.co", [("email", "a@b.co", "a@b.co")], "slot_missing"),
        ("hello@Ana", [PAYEE], "slot_missing"),
        ("call Ana.thanks", [PAYEE], {"payee": "Ana"}),
        ("it is .5 miles", [("amount", "5", "5")], "slot_missing"),
        ("I cannot complete the request form", [], {}),
        ("at the cafe\u0301", [("place", "cafe", "cafe")], "slot_missing"),
        ("Ana and Ana and $40", [AMOUNT, PAYEE], "slot_ambiguous"),
        (
            "from savings account to savings",
            [("a", "savings account", "x"), ("b", "savings", "y")],
            {"a": "savings account", "b": "savings"},
        ),
        ("5 for 5", [("a", "5", "5"), ("b", "5", "5")], "slot_ambiguous"),
        ("給我40元", [("amount", "40元", "40")], {"amount": "40元"}),
        ("서울에서 만나", [("city", "서울", "Seoul")], {"city": "서울"}),
        ("send {amount} to Ana", [PAYEE], "prompt_leak"),
        ("send <amount> to Ana", [PAYEE], "prompt_leak"),
        ("what is {x} here", [("word", "{x}", "x")], {"word": "{x}"}),
        ("   ", [], "empty"),
        ("…", [], "empty"),
        ("1", [], "empty"),
        ("$40", [AMOUNT], {"amount": "$40"}),
        ("x" * 2001, [], "too_long"),
        ("word " * 101, [], "too_long"),
        ("the party is at [14] tonight", [], "prompt_leak"),
        ("running_late to the party", [], "prompt_leak"),
        ("you write what real people type", [], "prompt_leak"),
        ("opening hours", [], {}),
        ("i will send it tomorrow tomorrow tomorrow tomorrow", [], "repetitive"),
        ("we have to finish soon, we have to finish then, and we have to finish", [], "repetitive"),
        ("no no no, i want my money back, i want it now", [], {}),
        ("I'm sorry, but I can't help with that.", [], "model_refusal"),
        ("As an AI language model I have no account", [], "model_refusal"),
        ("I can't create an account, the page is blank", [], {}),
        ("Sorry, but I can't log in", [], {}),
        ("I'm sorry, I can't do this by myself, please help", [], {}),
    ],
)
def test_a_text_is_proven_or_told_what_is_wrong(text, values, labels):
    found = proven(outline(*values).turns[0], text, "you write what real people type into a chat intent opening hours")
    if isinstance(labels, str):
        assert isinstance(found, Fault)
        assert found.reason == labels
    else:
        assert isinstance(found, LabelledText), found
        assert {span.slot: found.surface(span) for span in found.spans} == labels


def test_a_value_in_a_wrong_form_is_said_and_not_labelled():
    found = proven(outline(("day", "Feb 31st", None)).turns[0], "book it for Feb 31st")
    assert found == LabelledText("book it for Feb 31st")


@pytest.mark.parametrize(
    ("status", "error", "found"),
    [
        (429, {"message": "slow down"}, Trouble),
        (500, {"message": "oops"}, Trouble),
        (529, {"message": "overloaded"}, Trouble),
        (400, {"message": "the request exceeds the available context size"}, "overflow"),
        (400, {"message": "prompt is too long: 9 tokens > 8 maximum"}, "overflow"),
        (413, {"message": "too large"}, "overflow"),
        (400, {"message": "'max_tokens' is too large: 500. The model's maximum context length is 4096"}, "overflow"),
        (400, {"message": "max_tokens is too large: it supports at most 4096 completion tokens"}, "settings under"),
        (400, {"message": "filtered", "code": "content_filter"}, "refusal"),
        (401, {"message": "no key"}, "api-key-env"),
        (402, {"message": "pay"}, "credit"),
        (404, {"message": "no route"}, "--base-url"),
        (400, {"message": "no such model", "code": "model_not_found"}, "--model"),
        (400, {"message": "messages is wrong"}, "settings under `llm`"),
    ],
)
def test_every_refusal_of_a_server_has_one_meaning(status, error, found):
    (model,) = models_of(LlmModel(), ["m"], ["http://host/v1"], environment={})
    outcome = verdict(status, error, model, None)
    if isinstance(found, type):
        assert isinstance(outcome, found)
    elif isinstance(outcome, Answer):
        assert outcome.kind == found
    else:
        assert found in str(outcome)


def test_dialects_are_given_up_one_by_one():
    dialect, seen = Dialect(), []
    while other := dialect.without(400, {"message": "response_format: unsupported"}):
        seen.append(dialect := other)
    assert [found.form for found in seen] == ["json_object", "text"]
    assert Dialect().without(500, {"message": "response_format"}) is None
    assert Dialect().without(400, {"message": "bad messages"}) is None


def test_models_come_from_the_call_or_from_the_scenario():
    settings = LlmModel.model_validate(
        {"models": ["a", {"name": "b", "base_url": "http://b/v1", "api_key_env": "B", "weight": 2}], "temperature": 0.5}
    )
    env = {"OPENAI_API_KEY": "k1", "B": "k2", "OPENAI_BASE_URL": "http://env/v1/"}
    both = models_of(settings, environment=env)
    assert [(model.name, model.base_url, model.weight, model.key.reveal()) for model in both] == [
        ("a", "http://env/v1", 1, "k1"),
        ("b", "http://b/v1", 2, "k2"),
    ]
    assert {model.temperature for model in both} == {0.5}
    assert [model.base_url for model in models_of(settings, ["b", "c"], environment={})] == [
        "http://b/v1",
        "https://api.openai.com/v1",
    ]
    pair = models_of(settings, ["b", "c"], ["http://x:1/v1", "http://u:p@[::1]:2/v1"], environment={})
    assert [model.base_url for model in pair] == ["http://x:1/v1", "http://[::1]:2/v1"]
    assert pair[1].credentials.reveal() == "u:p"
    for names, urls in [
        (["a"], ["http://x", "http://y"]),
        ([], ["ftp://x"]),
        (["a"], ["x y"]),
        (["a"], ["http://x:port"]),
        ([" "], []),
    ]:
        with pytest.raises(UsageError):
            models_of(settings, names, urls, environment={})
    with pytest.raises(UsageError, match="without a model"):
        models_of(LlmModel(), [], ["http://x"])


GIVEN = {name: [] for names in VARIABLES.values() for name in names} | {
    "bot": {"name": "b", "description": "", "called": "", "tone": "neutral"},
    "language": "en",
    "intent": {"name": "a_b", "title": "a b", "description": "d", "slots": []},
    "count": 1,
    "request": "r",
    "items_json": '{"items": []}',
}


def test_the_shipped_prompts_are_whole():
    for kind in VARIABLES:
        system, user = Prompts().render(kind, {name: GIVEN[name] for name in VARIABLES[kind]})
        assert '"items"' in system
        assert user.endswith('```json\n{"items": []}\n```')
        assert "\n\n\n" not in system + user
    full = GIVEN | {
        "neighbours": [
            {"title": "x y", "description": "dd", "example": "ee"},
            {"title": "z", "description": "", "example": ""},
        ],
        "examples": ["e1"],
        "intent": {"name": "a_b", "title": "a b", "description": "d", "slots": [{"name": "s1", "meaning": "m1"}]},
        "avoid": ["i would"],
        "reasons": ["r1", "r2"],
    }
    user = Prompts().render("utterances", full)[1]
    for words in ("- x y: dd (as in: ee)", "- z\n", "- e1", "- s1: m1", "- i would …", "- time 2: r2"):
        assert words in user
    user = Prompts().render("dialogue", SAMPLE)[1]
    for words in ("called Nova", "  - amount: money", "The user: Short of time.", "1 user: pay it", "2 user: [item 2]"):
        assert words in user


def test_the_variables_of_prompts_are_documented():
    table = (shipped("prompts") / "README.md").read_text("utf-8")
    for names in VARIABLES.values():
        for name in names:
            assert f"| `{name}` |" in table


BLOCKS = "{% block system %}s{% endblock %}{% block user %}```json\n{{ items_json }}\n```{% endblock %}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BLOCKS.replace("}s{", "}{{ nobody }} {{ neither }}{"), "nothing gives neither, nobody"),
        (BLOCKS.replace("}s{", "}{{ intnet.name }}{"), "nothing gives intnet; did you mean 'intent'"),
        (BLOCKS.replace("}s{", "}{{ intent.nmae }}{"), r"utterances.j2:1: UndefinedError: .*nmae"),
        (BLOCKS.replace("}s{", "}{% if %}{"), r"utterances.j2:1: "),
        (BLOCKS.replace("}s{", "}{{ ''.__class__.__mro__ }}{"), "SecurityError"),
        (BLOCKS.replace("}s{", "}{% for i in range(10**9) %}x{% endfor %}{"), "OverflowError"),
        (BLOCKS.replace("}s{", "}{{ 1 / 0 }}{"), "ZeroDivisionError"),
        ("{% block system %}{% endblock %}", "has no block user"),
        ("plain text", "no block system and no block user"),
        (BLOCKS.replace("items_json", "count"), "does not end with the items"),
        (BLOCKS.replace("}s{", "}{% include '../secret' %}{"), "TemplateNotFound"),
        ("\xff", "not UTF-8"),
    ],
)
def test_a_prompt_that_cannot_be_used_is_said_with_its_place(text, message, tmp_path):
    (tmp_path / "utterances.j2").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=message):
        Prompts(tmp_path).render("utterances", GIVEN)


def test_a_broken_prompt_is_told_before_anything_is_sent(tmp_path, cli, small_file):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "paraphrase.j2").write_text(BLOCKS.replace("}s{", "}{{ bot.nmae }}{"))
    with FakeChat() as server:
        args = ("--model", "fake", "--base-url", server.base_url, "--journal", "j.sqlite", "--prompts", "own")
        done = cli("generate", small_file, "-o", "out", *args)
    assert done.exit_code == 2
    assert "paraphrase.j2:1" in done.stderr
    assert server.requests == []


def test_one_prompt_of_ones_own_leaves_the_others(tmp_path):
    (tmp_path / "utterances.j2").write_text(BLOCKS)
    own, shipped_ones = Prompts(tmp_path), Prompts()
    assert own.render("utterances", GIVEN)[0] == "s"
    assert own.hashes["utterances"] != shipped_ones.hashes["utterances"]
    assert own.hashes["paraphrase"] == shipped_ones.hashes["paraphrase"]
    for folder in (tmp_path / "none", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(UsageError):
            Prompts(folder)


def test_prices_are_found_by_the_many_names_of_a_model(tmp_path):
    prices = load_prices()
    assert prices.get("gpt-4o-mini").of(1_000_000, 1_000_000) == pytest.approx(0.75)
    assert prices.get("gpt-4o-mini").of(1_000_000, 0, cached=1_000_000) == pytest.approx(0.075)
    for name in ("gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "openai/gpt-4o-mini:free"):
        assert prices.get(name) == prices.get("gpt-4o-mini")
    assert prices.get("nobody") is None
    own = tmp_path / "own.yaml"
    own.write_text("prices: {gpt-4o-mini: {input: 1, output: 2}, mine: {input: 0, output: 0}}")
    assert load_prices(own).get("gpt-4o-mini").input == 1
    assert load_prices(own).get("mine").of(5, 5) == 0
    assert load_prices(own).sha256 != prices.sha256
    for text in (
        "prices: 3",
        "prices: {a: {input: -1, output: 0}}",
        "a: [",
        "prices: {a: {input: x, output: 0}}",
        "\x00",
        "[" * 9999,
        "",
    ):
        own.write_text(text)
        with pytest.raises(UsageError):
            load_prices(own)
    with pytest.raises(UsageError):
        load_prices(tmp_path / "none.yaml")


@pytest.fixture
def small_file(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    return "small.yaml"


def test_a_run_by_batch_files_is_the_run_by_calls(cli, small_file, tmp_path):
    with FakeChat() as server:
        url = ("--base-url", server.base_url)
        assert (
            cli("generate", small_file, "-o", "called", "--model", "fake", *url, "--journal", "a.sqlite").exit_code == 0
        )
        own = ("--model", "fake", "--journal", "b.sqlite")
        for turn in range(20):
            done = cli("batch", "export", small_file, "-o", f"{turn}.jsonl", *own)
            assert done.exit_code == 0, done.stderr
            if "no answer is missing" in done.stderr:
                break
            batch = json.loads(cli("batch", "submit", f"{turn}.jsonl", *url).stdout)
            assert json.loads(cli("batch", "poll", batch["id"], *url, "--wait").stdout)["status"] == "completed"
            done = cli("batch", "fetch", batch["id"], *url, "-o", f"{turn}.out.jsonl", "--journal", "b.sqlite")
            assert done.exit_code == 0, done.stderr
            shutil.copy(f"{turn}.out.jsonl", "copy.jsonl")
            assert "0 of " in cli("batch", "import", "copy.jsonl", "--journal", "b.sqlite").stderr
    assert turn >= 1
    assert cli("generate", small_file, "-o", "batched", *own, "--replay-only").exit_code == 0
    for name in ("intents.jsonl", "rejected.jsonl", "manifest.json"):
        assert (tmp_path / "called" / name).read_bytes() == (tmp_path / "batched" / name).read_bytes()


def test_a_batch_with_failures_tells_them_and_keeps_the_rest(cli, tmp_path):
    good = {"choices": [{"message": {"content": "hi"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    lines = [
        {"custom_id": "a" * 32, "response": {"status_code": 200, "body": good}},
        {"custom_id": "b" * 32, "response": {"status_code": 500, "body": {"error": {"message": "down"}}}},
        {"custom_id": "c" * 32, "response": None, "error": {"code": "batch_expired", "message": "too late"}},
        {
            "custom_id": "d" * 32,
            "response": {"status_code": 400, "body": {"error": {"message": "maximum context length"}}},
        },
    ]
    (tmp_path / "out.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    done = cli("batch", "import", "out.jsonl", "--journal", "j.sqlite")
    assert done.exit_code == 0
    assert "2 of 2 answers were new" in done.stderr
    assert "out.jsonl:2: no answer (500: down)" in done.stderr
    assert "too late" in done.stderr
    assert Journal(tmp_path / "j.sqlite").get("d" * 32).kind == "overflow"


@pytest.mark.parametrize("text", ["{", "[1]", '{"custom_id": 3}', '{"custom_id": "short"}', "\x00\x01", "id: 1"])
@pytest.mark.parametrize("command", [("batch", "import"), ("journal", "import")])
def test_files_that_are_none_of_ours_are_refused_whole(text, command, cli, tmp_path):
    good = {"custom_id": "a" * 32, "response": {"body": {"choices": [{"message": {"content": "hi"}}]}}}
    (tmp_path / "in.jsonl").write_text(json.dumps(good) + "\n" + text + "\n")
    done = cli(*command, "in.jsonl", "--journal", "j.sqlite")
    assert done.exit_code == 2
    assert "in.jsonl:" in done.stderr
    assert not (tmp_path / "j.sqlite").exists() or Journal(tmp_path / "j.sqlite").summary() == []


@pytest.fixture
def journal_file(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    for i in range(300):
        journal.put(
            Request("one" if i % 3 else "two", "s", f"user {i} é", 10), Answer(f"answer {i} " + "x" * 300, "stop", 5, 2)
        )
    journal.put(Request("one", "s", "long", 10), Answer("", kind="overflow"))
    journal.close()
    return tmp_path / "j.sqlite"


def test_the_journal_is_listed_exported_imported_and_pruned(cli, journal_file, tmp_path):
    models = json.loads(cli("journal", "list", "--journal", journal_file, "--json").stdout)["models"]
    assert {row["model"]: row["answers"] for row in models} == {"one": 201, "two": 100}
    assert "301 answers" in cli("journal", "list", "--journal", journal_file).stderr
    assert cli("journal", "export", "--journal", journal_file, "-o", "all.jsonl").exit_code == 0
    assert stat.S_IMODE((tmp_path / "all.jsonl").stat().st_mode) == 0o600
    assert cli("journal", "export", "--journal", journal_file, "-o", "all.jsonl").exit_code == 2
    assert len(cli("journal", "export", "--journal", journal_file, "--model", "two").stdout.splitlines()) == 100
    assert "301 of 301" in cli("journal", "import", "all.jsonl", "--journal", "copy.sqlite").stderr
    assert "0 of 301" in cli("journal", "import", "all.jsonl", "--journal", "copy.sqlite").stderr
    assert list(Journal(tmp_path / "copy.sqlite").rows()) == list(Journal(journal_file).rows())
    assert cli("journal", "prune", "--journal", journal_file).exit_code == 2
    assert cli("journal", "prune", "--all", "--model", "one", "--journal", journal_file).exit_code == 2
    assert "1 answers" in cli("journal", "prune", "--kind", "overflow", "--journal", journal_file).stderr
    assert "0 answers" in cli("journal", "prune", "--older-than", "1", "--journal", journal_file).stderr
    assert (
        "100 answers"
        in cli("journal", "prune", "--model", "two", "--older-than", "0", "--journal", journal_file).stderr
    )
    assert "200 answers" in cli("journal", "prune", "--all", "--journal", journal_file).stderr


def test_what_is_left_of_a_damaged_journal_is_read(cli, journal_file, tmp_path):
    Journal(journal_file).close()
    data = journal_file.read_bytes()
    journal_file.write_bytes(data[: len(data) * 2 // 3])
    done = cli("journal", "list", "--journal", journal_file)
    assert done.exit_code == 1
    assert "journal import" in done.stderr
    done = cli("journal", "import", journal_file, "--journal", "saved.sqlite")
    assert done.exit_code == 0
    assert "is damaged" in done.stderr
    assert 50 < sum(row["answers"] for row in Journal(tmp_path / "saved.sqlite").summary()) < 301


def test_the_plan_tells_calls_tokens_and_cost_and_calls_nothing(cli, small_file):
    with FakeChat() as server:
        planned = json.loads(
            cli("plan", small_file, "--model", "gpt-4o-mini", "--journal", "j.sqlite", "--json").stdout
        )
        (model,) = planned["models"]
        assert (model["calls"], model["calls_to_pay"]) == (15, 15)
        assert 0 < model["cost_usd"] < 0.1
        args = ("--model", "fake", "--base-url", server.base_url, "--journal", "j.sqlite")
        assert server.requests == []
        assert cli("generate", small_file, "-o", "out", *args).exit_code == 0
        (model,) = json.loads(cli("plan", small_file, "--model", "fake", "--journal", "j.sqlite", "--json").stdout)[
            "models"
        ]
        assert (model["calls"], model["calls_to_pay"], model["cost_usd"]) == (15, 0, None)
        assert model["prompt_tokens"] == pytest.approx(
            sum(len(json.dumps(body["messages"])) / 4 for body in server.requests), rel=0.1
        )
    shown = cli("plan", small_file, "--model", "gpt-4o-mini", "--journal", "j.sqlite")
    assert "gpt-4o-mini" in shown.stdout
    assert "calls to pay" in shown.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--replay-only"], "--replay-only without a model"),
        (["--base-url", "http://x/v1"], "--base-url without a model"),
        (["--rules", "--model", "m"], "contradict"),
        (["--model", "m", "--base-url", "nonsense"], "is no http URL"),
        (["--model", "m", "--prices", "none.yaml"], "cannot be read"),
        (["--model", "m", "--prompts", "none"], "there is no folder"),
        (["--model", "m", "--base-url", "http://a", "--base-url", "http://b"], "2 base URLs for 1 models"),
    ],
)
def test_calls_that_cannot_work_are_told_so(args, message, cli, small_file, tmp_path):
    done = cli("generate", small_file, "-o", "out", "--journal", "j.sqlite", *args)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_rules_word_the_rows_of_a_scenario_with_models_if_asked_to(cli, tmp_path):
    (tmp_path / "s.yaml").write_text(SMALL + "llm: {models: [none-such]}\n")
    assert cli("generate", "s.yaml", "-o", "out", "--rules").exit_code == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["llm"] is None


def test_values_that_nobody_planned_are_flagged_for_review(tmp_path, cli, small_file):
    def reply(body):
        from synthconv.testing import worded

        return json.dumps(
            {"items": [{**item, "text": f"{item['text']} and my rainy day money"} for item in worded(body)]}
        )

    with FakeChat(reply) as server:
        args = ("--model", "fake", "--base-url", server.base_url, "--journal", "j.sqlite")
        assert cli("generate", small_file, "-o", "out", *args).exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "out" / "intents.jsonl").read_text().splitlines()]
    flagged = [row for row in rows if "unplanned_value" in row.get("needs_review", ())]
    assert len(flagged) > 50
    assert all(row["provenance"]["method"] == "llm" for row in flagged)
