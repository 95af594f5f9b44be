"""What a scenario may be, and what each mistake in one is told."""

import re

import pytest
from conftest import SMALL

from synthconv.errors import ScenarioError
from synthconv.scenario.loader import load_scenario, read_scenario
from synthconv.scenario.schema import scenario_schema
from synthconv.yaml12 import load

HEAD = "scenario: x\nlanguage: en\n"
BODY = HEAD + "intents:\n  a:\n    examples: [hello there]\n"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdefg", "bcdefgh", strict=True)
)


def intent(text, entities=""):
    return HEAD + "intents:\n  a:\n    " + text.replace("\n", "\n    ") + "\n" + entities


MISTAKES = {
    "empty file": ("", "s.yaml:1:1: the file is empty"),
    "comments only": ("# nothing\n", "the file is empty"),
    "a list": ("- a\n- b\n", "a scenario is a mapping of keys"),
    "a word": ("hello", "a scenario is a mapping of keys"),
    "binary": (b"scenario: x\n\0\1\2", "s.yaml:2:1: the file is binary"),
    "UTF-16": ("scenario: x".encode("utf-16"), "the file is UTF-16; save it as UTF-8"),
    "Latin-1": ("scenario: caf\xe9".encode("latin-1"), "s.yaml:1:14: byte 0xe9 is not UTF-8"),
    "control character": ("scenario: a\x07b\n", "s.yaml:1:12: this is not YAML"),
    "50 MB": ("scenario: x\n" + "# filler line\n" * 3_700_000, "the file has 49 MB, the limit is 16"),
    "alias bomb": (LAUGHS, "aliases unfold to more than 400,000 values; write the values out"),
    "alias in itself": ("intents: &a [*a]\n", "an alias stands inside its own value"),
    "deep nesting": ("a: " + "[" * 5000 + "]" * 5000, "values nest deeper than 40"),
    "two documents": (BODY + "---\n" + BODY, "s.yaml:6:1: the file has a second YAML document"),
    "unclosed bracket of YAML": (HEAD + "intents: {a: [", "this is not YAML"),
    "tab as indent": ("scenario: x\nintents:\n\ta: 1\n", "s.yaml:3:1: this is not YAML"),
    "a tag": (HEAD + "intents: !!python/object:os.system {}\n", "the tag"),
    "a list as key": (BODY + "? [a, b]\n: c\n", "a key is a list or a mapping"),
    "duplicate key": (BODY + "language: de\n", "s.yaml:6:1 language: the key is here twice, first in line 2"),
    "duplicate intent": (BODY + "  a: {examples: [x]}\n", "s.yaml:6:3 intents.a: the key is here twice, first in line 4"),
    "no scenario": ("intents: {a: {examples: [x]}}\n", "s.yaml:1:1 scenario: the key 'scenario' is missing; add it"),
    "no intents": (HEAD, "intents: the key 'intents' is missing"),
    "intents empty": (HEAD + "intents: {}\n", "s.yaml:3:10 intents: nothing is listed here; add at least one entry"),
    "unknown key": (BODY + "persona: {}\n", "s.yaml:6:1 persona: unknown key 'persona'; did you mean 'personas'?"),
    "unknown key in an intent": (intent("exmples: [x]"), "s.yaml:5:5 intents.a.exmples: unknown key 'exmples'; did you mean 'examples'?"),
    "unknown key in a slot": (
        intent("examples: ['{s}']\nslots: {s: {entity: e, requird: true}}", "entities: {e: {values: [x]}}"),
        "s.yaml:6:28 intents.a.slots.s.requird: unknown key 'requird'; did you mean 'required'?",
    ),
    "examples no list": (intent("examples: hello"), "intents.a.examples: expected a list, found 'hello'; write `- item` lines under it"),
    "example no text": (intent("examples: [[a, b]]"), "s.yaml:5:16 intents.a.examples[0]: expected text, found a list"),
    "example empty": (intent("examples: ['  ']"), "intents.a.examples[0]: an example must have words"),
    "example of both kinds": (intent("examples: [{text: a, pattern: b}]"), "an example is a text or a pattern"),
    "weight zero": (intent("examples: [x]\nweight: 0"), "s.yaml:6:13 intents.a.weight: 0 is out of range; it must be more than 0"),
    "weight a word": (intent("examples: [x]\nweight: heavy"), "intents.a.weight: expected a number, found 'heavy'"),
    "undefined slot": (
        intent("examples: ['send {amont}']\nslots: {amount: e}", "entities: {e: {type: money}}"),
        "s.yaml:5:16 intents.a.examples[0]: unknown slot 'amont'; did you mean 'amount'?",
    ),
    "a number in braces": (intent("examples: ['why {0}?']"), "unknown slot '0'; define it under `slots`, or write {text: ...}"),
    "undefined entity": (
        intent("examples: ['{s}']\nslots: {s: {entity: mony}}", "entities: {money: {type: money}}"),
        "s.yaml:6:25 intents.a.slots.s.entity: unknown entity 'mony'; did you mean 'money'?",
    ),
    "slot that nothing fills": (
        intent("examples: [hello]\nslots: {s: e}", "entities: {e: {values: [x]}}"),
        "s.yaml:6:13 intents.a.slots.s: no example can fill the slot 's'; write an example with {s}, or remove the slot",
    ),
    "unbalanced choice": (intent("examples:\n  - say (a|b"), "s.yaml:6:13 intents.a.examples[0]: '(' is never closed; add ')', or write \\( for the character"),
    "unbalanced option": (intent("examples:\n  - 'say a]'"), "s.yaml:6:15 intents.a.examples[0]: ']' closes nothing; write \\] for the character itself"),
    "bar outside": (intent("examples:\n  - a | b"), "'|' stands outside (a|b)"),
    "confusable with nobody": (intent("examples: [x]\nconfusable_with: [b]"), "s.yaml:6:23 intents.a.confusable_with[0]: unknown intent 'b'"),
    "confusable with itself": (intent("examples: [x]\nconfusable_with: [a]"), "an intent is confusable with itself"),
    "entity of two kinds": (BODY + "entities: {e: {type: money, faker: name}}\n", "an entity has exactly one of values, pattern, faker, type; found faker, type"),
    "entity of no kind": (BODY + "entities: {e: {}}\n", "found none"),
    "unknown type": (BODY + "entities: {e: {type: mony}}\n", "'mony' is not one of number, money, date, time, duration, phone, email, id; did you mean 'money'?"),
    "option of another type": (BODY + "entities: {e: {type: money, from_days: 1}}\n", "from_days means nothing for type money"),
    "min above max": (BODY + "entities: {e: {type: money, min: 9, max: 2}}\n", "s.yaml:6:34 entities.e.min: min (9) is above max (2); swap them"),
    "no such provider": (BODY + "entities: {e: {faker: nmae}}\n", "s.yaml:6:23 entities.e.faker: Faker has no provider 'nmae'; did you mean"),
    "bad expression": (BODY + "entities: {e: {pattern: '[A-'}}\n", "entities.e.pattern: '[A-' is no regular expression"),
    "expression that cannot be sampled": (BODY + "entities: {e: {pattern: '(?=a)b'}}\n", "entities.e.pattern: assert cannot be drawn; use literals"),
    "expression that matches nothing": (BODY + "entities: {e: {pattern: 'a$b'}}\n", "gave no text that it matches"),
    "values empty": (BODY + "entities: {e: {values: []}}\n", "entities.e.values: nothing is listed here"),
    "one surface, two values": (BODY + "entities: {e: {values: [a, {value: b, synonyms: [A]}]}}\n", "'A' stands for 'a' already; one surface means one value"),
    "unknown edge case": (BODY + "edge_cases: {typos_heavy: 0.1}\n", "s.yaml:6:14 edge_cases.typos_heavy: unknown edge case 'typos_heavy'; did you mean 'typo_heavy'?"),
    "share above one": (BODY + "edge_cases: {typo_heavy: 5}\n", "edge_cases.typo_heavy: 5 is out of range; it must be at most 1"),
    "shares above one": (BODY + "edge_cases: {typo_heavy: 0.6, shouting: 0.6}\n", "the edge cases inside the intents take 1.20 of the rows"),
    "one intent of two": (BODY + "edge_cases: {multi_intent: 0.1}\n", "multi_intent takes two intents"),
    "out_of_scope twice": (HEAD + "intents: {out_of_scope: {examples: [x]}}\nedge_cases: {out_of_scope: 0.1}\n", "the name out_of_scope is that of the rows outside all intents"),
    "splits of 90 %": (BODY + "splits: {train: 0.8, dev: 0.1, test: 0.0}\n", "s.yaml:6:9 splits: the splits add up to 0.9, not to 1"),
    "seed a word": (BODY + "generate: {seed: lucky}\n", "generate.seed: expected a whole number, found 'lucky'"),
    "no rows": (BODY + "generate: {utterances_per_intent: 0}\n", "generate.utterances_per_intent: 0 is out of range; it must be at least 1"),
    "too many rows": (intent("examples: [x]\nweight: 100000", "generate: {utterances_per_intent: 1000}\n"), "the scenario asks for 100,000,000 rows, the limit is 5,000,000"),
    "no such day": (BODY + "generate: {reference_date: 2026-02-30}\n", "'2026-02-30' is no day"),
    "two kinds of language": (BODY + "languages: [en, de]\n", "give language or languages, not both"),
    "language of no form": ("scenario: x\nlanguage: English please\nintents: {a: {examples: [x]}}\n", "s.yaml:2:11 language: 'English please' has not the form asked for"),
    "language of no scenario": (intent("examples: [{text: hallo, language: de}]"), "the language 'de' is not one of the scenario's; there are: en"),
    "style unknown": (BODY + "personas: {p: {style: {casing: small}}}\n", "'small' is not one of as_written, lower, upper, sentence"),
    "name of blanks": (HEAD + "intents: {' a ': {examples: [x]}}\n", "the name ' a ' has characters that cannot be shown, or blanks at its ends"),
    "blanks around a value": (BODY + "entities: {e: {values: [' a ']}}\n", "the value ' a ' has blanks at its ends"),
    "a number that is true": (BODY + "entities: {e: {type: number, min: true}}\n", "entities.e.min: expected a number, found true"),
    "a weight in quotes": (intent("examples: [x]\nweight: '2'"), "intents.a.weight: expected a number, found '2'; write digits without quotes"),
    "a boolean that is none": ("scenario: !!bool maybe\nintents: {a: {examples: [x]}}\n", "'maybe' is no bool"),
    "a provider that reads the clock": (BODY + "entities: {e: {faker: am_pm}}\n", "the provider 'am_pm' reads the clock"),
    "a provider that fails": ("scenario: x\nlanguages: [en, de]\nintents: {a: {examples: [x]}}\nentities: {e: {faker: bank}}\n", "the provider 'bank' fails in de"),
    "a provider of no text": (BODY + "entities: {e: {faker: pydict}}\n", "the provider 'pydict' gives dict"),
    "a text without an end": (BODY + "entities: {e: {pattern: '(((a{100}){100}){100}){100}'}}\n", "gives texts of up to 100,000,000 characters"),
    "a match without an end": (BODY + "entities: {e: {pattern: '(x+x+)+y'}}\n", "repeats a part that repeats without a limit"),
    "a step of nothing": (BODY + "entities: {e: {type: number, step: 1e-320}}\n", "1e-320 is out of range"),
    "less than a cent": (BODY + "entities: {e: {type: money, min: 9.991, max: 9.999}}\n", "min (10.00) is above max (9.99)"),
    "a slot of blanks": (intent("slots: {' x': e}", "entities: {e: {values: [q]}}"), "the slot name ' x' has brackets, blanks at its ends"),
    "an unquoted comma": (HEAD + "intents: {a: {examples: [x], description: Early bird, writes letters}}\n", "unknown key 'writes letters'; there are"),
    "many mistakes": ("scenario: x\nintents:\n  a:\n    examples:\n" + "      -\n" * 5000, "there are more than 200 mistakes; mend these first"),
    "task of nobody": (BODY + "dialogues: {tasks: {t: {intent: b}}}\n", "dialogues.tasks.t.intent: unknown intent 'b'"),
    "task leads nowhere": (BODY + "dialogues: {tasks: {t: {intent: a, next: [u]}}}\n", "dialogues.tasks.t.next[0]: unknown task 'u'"),
    "outcome says an unknown slot": (BODY + "dialogues: {tasks: {t: {intent: a, outcomes: {ok: {say: 'Done, {x}.'}}}}}\n", "dialogues.tasks.t.outcomes.ok.say: unknown slot 'x'"),
    "behaviour unknown": (BODY + "dialogues: {behaviours: {digresion: 0.1}}\n", "unknown behaviour 'digresion'; did you mean 'digression'?"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_told_with_place_and_cure(name, cli, tmp_path):
    content, message = MISTAKES[name]
    (tmp_path / "s.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    result = cli("generate", "s.yaml", "-o", "out")
    assert message in result.stderr
    assert result.exit_code == 2
    assert re.match(r"(error: )?s\.yaml:\d+:\d+[: ]", result.stderr)
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()
    assert cli("check", "s.yaml").exit_code == cli("plan", "s.yaml").exit_code == 2


def test_places_are_those_of_the_file_whatever_else_is_wrong():
    text = (
        BODY
        + "entities: {e: {type: zzz}, f: {values: [null, {value: a, synonyms: [x]}, {value: b, synonyms: [y, x]}]}}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text)
    assert [(mistake.path, mistake.cause[:20]) for mistake in caught.value.mistakes] == [
        ("entities.e.type", "'zzz' is not one of "),
        ("entities.f.values[0]", "expected text, found"),
        ("entities.f.values[2]", "'x' stands for 'a' a"),
    ]


@pytest.mark.parametrize("name", ["retail_bankin", "nothing_like_it"])
def test_a_bare_name_that_is_no_scenario_gets_a_suggestion(name, cli):
    result = cli("generate", name, "-o", "out")
    assert result.exit_code == 2
    assert f"no shipped scenario {name!r}; " in result.stderr
    assert "retail_banking" in result.stderr


@pytest.mark.parametrize("path", ["missing.yaml", "."])
def test_a_path_that_is_no_file_is_told(path, cli):
    result = cli("generate", path, "-o", "out")
    assert result.exit_code == 2
    assert "cannot be read (No such file" in result.stderr or "this is a directory" in result.stderr


def test_all_mistakes_are_told_at_once_in_file_order():
    broken = SMALL.replace("account: account\n      amount", "account: acount\n      amount").replace(
        "weight: 2", "wieght: 2"
    )
    broken = broken.replace("seed: 7", "seed: x").replace("{amount} to {payee} [from", "{amuont} to {payee} [from")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(broken)
    assert [mistake.path for mistake in caught.value.mistakes] == [
        "intents.transfer_money.examples[4]",
        "intents.check_balance.slots.account.entity",
        "personas.hurried.wieght",
        "generate.seed",
    ]


def test_the_hash_is_of_the_meaning():
    assert (
        read_scenario(SMALL).sha256
        == read_scenario("# a comment\n" + SMALL.replace("description: Move", "description:   Move")).sha256
    )
    assert read_scenario(SMALL).sha256 != read_scenario(SMALL.replace("Move money", "Send money")).sha256


def test_scalars_are_what_the_author_wrote():
    scenario = read_scenario(BODY + "entities: {e: {values: [no, 2.50, 12:30, 2026-03-01, true, 007, on]}}\n")
    assert [entry.value for entry in scenario.model.entities["e"].values] == [
        "no",
        "2.50",
        "12:30",
        "2026-03-01",
        "true",
        "007",
        "on",
    ]


def test_real_examples_with_brackets_and_quotes_survive():
    texts = ['why is {0} (still) [pending] | "odd"?', "it's {broken", "a) first or b)", "C:\\new", "50% \\(off\\)"]
    quoted = "".join(
        f"      - {{text: {text!r}}}\n" if "'" not in text else f'      - {{text: "{text}"}}\n' for text in texts
    )
    scenario = read_scenario(HEAD + "intents:\n  a:\n    examples:\n" + quoted.replace("\\\\", "\\"))
    assert [template.tree for template in scenario.templates["a"]] == texts


def test_names_may_be_any_printable_text(run):
    names = ["reverted_card_payment?", "Größe ändern", "a/b: c", "你好", "🙂"]
    found = run(
        HEAD
        + "intents:\n"
        + "".join(f"  '{name}': {{examples: [(one|two|six) for {i}]}}\n" for i, name in enumerate(names))
        + "generate: {utterances_per_intent: 2}\n"
    )
    assert {row["intent"] for row in found.rows} == set(names)


def test_the_schema_accepts_what_the_loader_accepts(pytestconfig):
    import jsonschema

    validator = jsonschema.Draft202012Validator(scenario_schema())
    for path in [
        *sorted((pytestconfig.rootpath / "scenarios").glob("*.yaml")),
        pytestconfig.rootpath / "synthconv/cli/skeleton.yaml",
    ]:
        load_scenario(path)
        assert list(validator.iter_errors(load(path.read_text("utf-8")))) == []
    assert list(validator.iter_errors(load(BODY + "edge_cases: {typos_heavy: 0.1}\n")))
