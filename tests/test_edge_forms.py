"""Edge cases of several turns in a single utterance: seen in the text, spans exact, the right thing expected, at their rate."""

import json
import re
from collections import Counter

import pytest
from conftest import bad_spans

from synthconv import generate, open_session
from synthconv.errors import ScenarioError
from synthconv.lang.packs import load_pack
from synthconv.lang.tokens import normalised
from synthconv.plan.domain import Domain
from synthconv.plan.notes import notes
from synthconv.plan.rows import plan_rows
from synthconv.realise.llm import asks_models, models_may_reword
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.loader import read_scenario
from synthconv.scenario.schema import scenario_schema
from synthconv.testing import FakeChat

BANK = """
scenario: small_bank
languages: [en-US, de-DE, es-ES]
intents:
  transfer_money:
    description: Send a payment to someone.
    examples:
      - send {amount} to {payee}
      - "[please] (move|transfer) {amount} from {source} to {payee} with the next payment"
      - can you (send|transfer) {amount} {day}
      - i (want|need) to make a payment to {payee}
      - when does the payment go out
      - (set up|start|make) a transfer
      - {pattern: "bitte überweise {amount} an {payee}", language: de-DE}
      - {pattern: "ich (möchte|will) {amount} von {source} überweisen mit der Zahlung", language: de-DE}
      - {pattern: "kann ich die Zahlung {day} anlegen", language: de-DE}
      - {pattern: "(starte|mach) eine Überweisung", language: de-DE}
      - {pattern: "envía {amount} a {payee}", language: es-ES}
      - {pattern: "(quiero|necesito) transferir {amount} desde {source} con el pago", language: es-ES}
      - {pattern: "puedo hacer el pago {day}", language: es-ES}
      - {pattern: "haz una transferencia", language: es-ES}
    slots:
      amount: {entity: money, required: true, ask: How much?}
      payee: {entity: person, required: true}
      source: account
      day: day
  stop_payment:
    description: Stop a payment that was sent.
    examples:
      - stop the payment to {payee}
      - (cancel|call back) the payment of {amount}
      - i (want|need) the payment stopped
      - can the payment of {day} be cancelled
      - {pattern: "stoppe die Zahlung an {payee}", language: de-DE}
      - {pattern: "(brich|halte) die Zahlung über {amount} an", language: de-DE}
      - {pattern: "kann man die Zahlung vom {day} noch aufhalten", language: de-DE}
      - {pattern: "detén el pago a {payee}", language: es-ES}
      - {pattern: "(cancela|anula) el pago de {amount}", language: es-ES}
      - {pattern: "se puede anular el pago del {day}", language: es-ES}
    slots:
      payee: {entity: person, required: true}
      amount: money
      day: day
entities:
  money: {type: money, currency: USD, min: 5, max: 5000}
  account: {values: [checking, savings, joint, holiday]}
  person: {faker: name}
  day: {type: date, from_days: 0, to_days: 30}
personas: {plain: {style: {verbosity: normal, formality: normal, politeness: normal}}}
edge_cases: {CASES}
filters: {label_check: "off"}
generate: {utterances_per_intent: COUNT, seed: 3}
"""
FORMS = {name: case.alone for name, case in catalogue().edge_cases.items() if case.alone}
SAYS = {name: form.words or "" for name, form in FORMS.items()}
ABOUT = ("correction", "anaphora", "refuse_value", "two_values", "wrong_format_then_right", "ask_back")
GAP = re.compile(r"\{\w+\}")


def bank(cases, count=60):
    return BANK.replace("{CASES}", f"{{{cases}}}").replace("COUNT", str(count))


def words(text):
    return " ".join(re.findall(r"\w+", normalised(text)))


def says_one_of(text, forms):
    """Whether one of the forms, whatever fills its gap, is in the text."""
    said = words(text)
    return any(all(part in said for part in map(words, GAP.split(form))) for form in forms)


@pytest.mark.parametrize("name", FORMS)
def test_a_class_of_several_turns_in_one_utterance(name, run):
    found = run(bank(f"{name}: 0.25"))
    rows = [row for row in found.rows if row["edge_case"] == name]
    assert abs(len(rows) - 0.25 * len(found.rows)) <= 4
    assert bad_spans(rows) == []
    assert {row["language"] for row in rows} == {"en-US", "de-DE", "es-ES"}
    for row in rows:
        pack, slots = load_pack(row["language"]), [span["slot"] for span in row["entities"]]
        forms = getattr(pack.moves, SAYS[name]) if SAYS[name] else pack.noise.correction
        assert says_one_of(row["text"], forms), row["text"]
        expected = "ask" if FORMS[name].behaviour == "fulfil" and "expect" in row and row["expect"].get("slots") else ""
        assert row["expect"]["behaviour"] == (expected or FORMS[name].behaviour)
        assert (name in ABOUT) == bool(row["expect"].get("slots")) or name == "repeated_question"
        if name in ("anaphora", "refuse_value", "ask_back"):
            (about,) = row["expect"]["slots"]
            assert about not in slots
            assert about in words(row["text"]).split()
        elif name == "two_values":
            (about,) = row["expect"]["slots"]
            values = [span["value"] for span in row["entities"] if span["slot"] == about]
            assert len(values) == len(set(values)) == 2
        elif name in ABOUT:
            (about,) = row["expect"]["slots"]
            assert slots.count(about) == 1


def test_a_changed_value_is_labelled_where_it_is_changed(run):
    for row in run(bank("correction: 0.5")).rows:
        if row["edge_case"] == "correction":
            (span,) = [span for span in row["entities"] if span["slot"] == row["expect"]["slots"][0]]
            assert span["end"] >= max(other["end"] for other in row["entities"])
            assert not re.search(r"\s[.?!]\w", row["text"]), row["text"]


def test_which_intents_a_row_of_two_has(run):
    intents = ["transfer_money", "stop_payment"]
    rows = run(bank("interruption: 0.2, change_of_mind: 0.2, indirect_injection: 0.2, ambiguous: 0.2", 40)).rows
    found = Counter()
    for row in rows:
        both = [row["intent"], *(name for name in intents if name != row["intent"])]
        wants_both = row["edge_case"] in ("interruption", "ambiguous")
        assert row.get("intents") == (both if wants_both else None)
        found[row["edge_case"]] += 1
        if row["edge_case"] == "ambiguous":
            assert row["entities"] == []
            assert not {"payment", "zahlung", "pago"}.isdisjoint(words(row["text"]).split())
        if row["edge_case"] == "indirect_injection":
            assert row["text"].count('"') >= 2
    assert min(found[name] for name in ("interruption", "change_of_mind", "indirect_injection", "ambiguous")) >= 12


def test_a_request_that_is_taken_back_has_no_labels(run):
    own = {"transfer_money": {"amount", "payee", "source", "day"}, "stop_payment": {"payee", "amount", "day"}}
    for row in run(bank("change_of_mind: 0.6", 40)).rows:
        if row["edge_case"] == "change_of_mind":
            forms = load_pack(row["language"]).moves.forget
            said = [words(form) for form in forms if words(form) and words(form) in words(row["text"])]
            assert said
            spans = row["entities"]
            assert {span["slot"] for span in spans} <= own[row["intent"]]
            first = min((span["start"] for span in spans), default=len(row["text"]))
            assert any(words(row["text"][:first]).rfind(one.split()[0]) >= 0 for one in said)


TASKS = "dialogues: {count: 40, behaviours: {}, tasks: {t: {intent: transfer_money, confirm: true}}}\n"


@pytest.mark.parametrize(
    ("asked", "utterances", "dialogues"),
    [
        ("correction: 0.2", 0.2, 0.2),
        ("correction: {utterances: 0.3}", 0.3, 0),
        ("correction: {dialogues: 0.3}", 0, 0.3),
        ("correction: {utterances: 0.1, dialogues: 0.4}", 0.1, 0.4),
    ],
)
def test_a_share_is_of_utterances_and_dialogues_alike_or_one_for_each(asked, utterances, dialogues):
    domain = Domain(read_scenario(bank(asked) + TASKS))
    rows = list(plan_rows(domain))
    assert sum(row.cell.edge_case == "correction" for row in rows) == pytest.approx(utterances * len(rows), abs=2)
    assert domain.scenario.model.shares("dialogue") == ({"correction": dialogues} if dialogues else {})
    assert not any("correction takes several turns" in note for note in notes(domain))


@pytest.mark.parametrize(
    ("asked", "mistake"),
    [
        ("typo_heavy: {dialogues: 0.1}", "edge_cases.typo_heavy: typo_heavy is of rows only"),
        ("silence: {utterances: 0.1}", "edge_cases.silence: silence is of dialogues only"),
        ("correction: {utterance: 0.1}", "edge_cases.correction.utterance: unknown key 'utterance'"),
        ("correction: {utterances: 2}", "edge_cases.correction.utterances: 2 is out of range"),
        ("correction: often", "edge_cases.correction: expected a number, found 'often'"),
        ("correction: 0.6, typo_heavy: 0.5", "the edge cases inside the intents take 1.10 of the rows"),
        ("correction: {dialogues: 0.6}, silence: 0.5", "the edge cases of several turns take 1.10 of the dialogues"),
    ],
)
def test_mistakes_in_shares_are_told_with_their_place(asked, mistake):
    with pytest.raises(ScenarioError) as caught:
        read_scenario(bank(asked))
    assert mistake in str(caught.value)


def test_what_no_intent_can_have_is_noted():
    text = bank("anaphora: 0.1, ambiguous: 0.1, silence: 0.1, correction: {dialogues: 0.1}")
    said = "\n".join(notes(Domain(read_scenario(text.replace("required: true", "required: false")))))
    assert "anaphora needs a required slot, and an example that does not say it" in said
    assert "silence takes several turns" in said
    assert "correction takes several turns" in said
    assert "ambiguous" not in said
    plain = re.sub(r"\b(the|a|die|der|el)( next)? (payment|Zahlung|pago)", r"\3", text)
    assert "ambiguous needs a noun" in "\n".join(notes(Domain(read_scenario(plain))))


def test_a_language_without_these_words_has_plain_rows():
    text = bank("come_back: 0.2, ambiguous: 0.2").replace("[en-US, de-DE, es-ES]", "[en-US, de-DE, es-ES, fi]")
    text = text.replace(
        "      - send {amount} to", "      - {pattern: 'lähetä {amount}', language: fi}\n      - send {amount} to"
    )
    domain = Domain(read_scenario(text))
    edges = {(row.cell.language, row.cell.edge_case) for row in plan_rows(domain)}
    assert ("fi", None) in edges
    assert ("fi", "come_back") not in edges
    assert ("es-ES", "come_back") in edges


def test_models_do_not_reword_what_is_its_form():
    domain = Domain(read_scenario(bank("change_of_mind: 0.2, come_back: 0.2")))
    for row in plan_rows(domain):
        assert asks_models(row) == (row.cell.edge_case != "change_of_mind")
        if row.cell.edge_case == "change_of_mind":
            assert not models_may_reword(row)


def test_editors_know_both_forms():
    known = scenario_schema()["properties"]["edge_cases"]["properties"]
    assert {name for name, value in known.items() if "anyOf" in value} == set(FORMS)


def test_every_language_has_dozens_of_forms():
    for tag in ("en", "de", "es"):
        for name, forms in load_pack(tag).moves:
            assert len(set(forms)) == len(forms) >= 24, (tag, name)


def test_moves_are_put_on_a_models_words_too(tmp_path):
    scenario = read_scenario(bank("come_back: 0.2, two_values: 0.2, refuse_value: 0.2, change_of_mind: 0.2", 30))
    with FakeChat() as server, open_session(scenario, ["fake"], [server.base_url], journal=tmp_path / "j") as session:
        generate(scenario, tmp_path / "out", session)
    rows = [json.loads(line) for line in (tmp_path / "out" / "intents.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 60
    assert bad_spans(rows) == []
    for row in rows:
        by_rules = row["edge_case"] == "change_of_mind"
        assert row["provenance"]["method"] == ("rules" if by_rules else "llm")
        if row["edge_case"]:
            forms = getattr(load_pack(row["language"]).moves, SAYS[row["edge_case"]])
            assert says_one_of(row["text"], forms), row["text"]
        if row["edge_case"] == "two_values":
            assert len({span["value"] for span in row["entities"] if span["slot"] == row["expect"]["slots"][0]}) == 2


def test_show_tells_what_a_bot_should_do_with_an_utterance(tmp_path, cli):
    generate(read_scenario(bank("interruption: 1", 5)), tmp_path / "out")
    shown = cli("show", "out").stdout
    assert "[interruption -> resume]" in shown
    assert "transfer_money stop_payment" in shown or "stop_payment transfer_money" in shown
