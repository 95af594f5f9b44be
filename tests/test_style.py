"""Style: what each dial does to the words of a small scenario, and what no row of any scenario may show."""

import json
import re
from functools import lru_cache
from pathlib import Path

import pytest
from conftest import read_run
from forbidden_patterns import DENIALS, found
from test_refine import styled

from synthconv import generate
from synthconv.lang.packs import languages, load_pack
from synthconv.scenario.loader import read_scenario

ROOT = Path(__file__).parent.parent
SAMPLES = {"werkstatt": "de", "gimnasio": "es"}
NOISY = {
    *("bad_spacing", "camel_case", "leetspeak", "homoglyphs", "disfluency", "heavy_punctuation", "repetition"),
    *("typo_heavy", "unpunctuated", "dropped_words", "abbreviations"),
}
"""Edge cases that break the rules on purpose."""

DESK = """
scenario: desk
language: en
intents:
  book_room:
    examples:
      - I would like to book a room for {day}.
      - Can you reserve the large room?
      - how do I book a meeting room
      - Is there a room with a screen tomorrow?
      - I do not have a room for my meeting {day}.
    slots: {day: day}
  order_supplies:
    examples:
      - I need new pens and paper please.
      - Where can I order a second monitor?
      - My keyboard is broken, I need another one.
      - order a chair
      - Could you tell me what a desk lamp costs?
  report_fault:
    examples:
      - The printer on the second floor is not working.
      - My screen stays black since this morning.
      - The lights in our office do not go off.
      - Who should I call about the broken lift?
      - The heating is too warm, can you turn it down?
entities:
  day: {type: date, from_days: 1, to_days: 30}
personas:
  one: {style: {STYLE}}
generate: {utterances_per_intent: 80, seed: 11}
"""
PLAIN = {"verbosity": "normal", "formality": "normal", "politeness": "normal"}


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """texts(dial=value): the 240 rows of the desk by a persona with these dials, all others in the middle."""

    @lru_cache(maxsize=32)
    def generated(dials):
        folder = tmp_path_factory.mktemp("desk") / "out"
        generate(
            read_scenario(
                DESK.replace("{STYLE}", json.dumps({**({} if "channel" in dict(dials) else PLAIN), **dict(dials)}))
            ),
            folder,
        )
        rows = read_run(folder).rows
        assert len(rows) >= 230
        return [row["text"] for row in rows]

    return lambda **dials: generated(tuple(dials.items()))


def share(texts, pattern):
    return sum(re.search(pattern, text) is not None for text in texts) / len(texts)


GREETING = r"(?i)^(?:hi|hello|hey|good (?:morning|afternoon|evening)|dear)\b"
COURTESY = r"(?i)\b(?:please|thanks|thank you|cheers|appreciated)\b[^,]*$"


def test_verbosity_adds_a_sentence_or_takes_the_lead_in_away(texts):
    terse, normal, wordy = (texts(verbosity=setting) for setting in ("terse", "normal", "wordy"))
    lengths = [sum(len(text.split()) for text in found) / len(found) for found in (terse, normal, wordy)]
    assert lengths[0] < lengths[1] < lengths[2]
    assert lengths[2] - lengths[1] > 1.5
    lead_in = r"(?i)^(?:can you|could you|i would like to|i want to|i need to)\b"
    assert share(terse, lead_in) < share(normal, lead_in) * 0.7


def test_politeness_is_none_little_or_most(texts):
    low, normal, high = (texts(politeness=setting) for setting in ("low", "normal", "high"))
    assert share(low, GREETING) == 0
    assert share(normal, GREETING) < 0.06
    assert share(high, GREETING) > 0.15
    assert share(low, COURTESY) < share(normal, COURTESY) < 0.25 < share(high, COURTESY)


@pytest.mark.parametrize(
    ("language", "text", "dials", "unfit"),
    [
        ("en", "my card was stolen at the station.", {"politeness": "high"}, r"(?i)\b(?:thanks|thank you|please)\.$"),
        ("en", "my card was stolen at the station.", {"verbosity": "wordy"}, r"(?i)let me know\.|possible"),
        ("en", "we moved to Leeds last week.", {"verbosity": "wordy"}, r"(?i)\bhelp\b|what to do"),
        ("en", "order a new card", {"emotion": "annoyed"}, r"(?i)blood|disgrace|never been treated"),
        ("de", "meine Karte wurde gestohlen.", {"verbosity": "wordy"}, r"(?i)geht das|Bescheid"),
        ("de", "Rechnung für Mai", {"emotion": "annoyed"}, r"(?i)noch nie|schämen"),
        ("es", "me robaron la tarjeta.", {"politeness": "high"}, r"(?i)(?:, |^)(?:muchas )?gracias\.$"),
        ("es", "horario de yoga", {"emotion": "annoyed"}, r"(?i)vergüenza|jamás"),
    ],
)
def test_what_stands_beside_a_sentence_suits_it(language, text, dials, unfit):
    said = {styled(text, seed, language, **dials).text for seed in range(300)}
    assert len(said) > 5
    assert not {words for words in said if re.search(unfit, words)}


def test_greetings_and_thanks_are_flat(texts):
    greeted = [text for text in texts(politeness="high") if re.search(GREETING, text)]
    assert share(greeted, r"(?i)^(?:hi|hello|hey)\b") > 0.6
    closed = [text for text in texts(politeness="high") if re.search(COURTESY, text)]
    assert share(closed, r"(?i)\b(?:please|thanks|thank you)\W*$") > 0.6


def test_users_greet_as_often_as_their_examples(tmp_path, texts):
    greeting = DESK.replace("      - ", "      - Hi, ").replace("{STYLE}", json.dumps(PLAIN))
    generate(read_scenario(greeting), tmp_path / "out")
    assert share([row["text"] for row in read_run(tmp_path / "out").rows], GREETING) > 0.12
    assert share(texts(), GREETING) < 0.06


def test_formality_contracts_or_writes_in_full(texts):
    low, high = texts(formality="low"), texts(formality="high")
    contracted = r"(?i)\b(?:don't|isn't|i'd|i'm|can't|doesn't)\b"
    assert share(low, contracted) > 0.15
    assert share(high, contracted) < 0.05
    assert share(high, r"(?i)\b(?:hiya|yo|ta|howdy|cheers)\b") == 0


@pytest.mark.parametrize(("emotion", "words"), [("worried", ["worried"]), ("annoyed", ["before", "after"])])
def test_emotion_is_told_in_two_messages_of_three(texts, emotion, words):
    pack = load_pack("en")
    known = {
        "worried": pack.style.worried,
        "before": pack.noise.frustration_before,
        "after": pack.noise.frustration_after,
    }
    said = [phrase.strip(" ,?!").lower() for name in words for phrase in known[name]]
    felt = sum(any(phrase in text.lower() for phrase in said) for text in texts(emotion=emotion)) / 235
    calm = sum(any(phrase in text.lower() for phrase in said if " " in phrase) for text in texts()) / 235
    assert calm < 0.05 < 0.5 < felt < 0.9


def test_casing(texts):
    assert all(text == text.lower() for text in texts(casing="lower"))
    assert all(text == text.upper() for text in texts(casing="upper"))
    assert all(text[0].isupper() or not text[0].isalpha() for text in texts(casing="sentence"))
    assert not any(re.search(r"\bi\b", text) for text in texts(casing="sentence"))


def test_punctuation(texts):
    assert share(texts(punctuation="none"), r"[.,?!](?:\s|$)") == 0
    assert share(texts(punctuation="full"), r"[.?!…]$") == 1
    assert share(texts(punctuation="heavy"), r"(?:[?!]{2}|\.\.)\W*$") > 0.9
    assert share([text for text in texts(punctuation="full") if re.match("(?i)(?:how|where) ", text)], r"\?$") > 0.9


def test_abbreviations_emoji_and_typos(texts):
    short = r"(?i)\b(?:pls|plz|u|ur|tmrw|2moro|thx|wud|cud|shud|abt|w/o|smth|rm|mtg|btw|info|pc)\b"
    assert share(texts(abbreviations=1.0), short) > share(texts(), short) + 0.2
    emoji = r"[\u2600-\u27bf\U0001f300-\U0001faff]"
    assert share(texts(emoji=0.5), emoji) == pytest.approx(0.5, abs=0.12)
    assert share(texts(), emoji) == 0
    words = {word for text in texts() for word in re.findall(r"[a-z]+", text.lower())}
    strange = [[w for w in re.findall(r"[a-z]+", text.lower()) if w not in words] for text in texts(typos=0.3)]
    assert sum(map(len, strange)) / sum(len(text.split()) for text in texts(typos=0.3)) > 0.1


def test_a_channel_has_its_own_words(texts):
    mail, voice, search = (texts(channel=channel) for channel in ("email", "voice", "search"))
    ends = "|".join(re.escape(words) for words in load_pack("en").style.sign_offs)
    assert share(mail, rf"(?i)(?:{ends})\W*$") > 0.9
    assert share(voice, r"\b(?:um|uh|like|you know|well|so|er|i mean|hmm|okay|uhm|erm)\b") > 0.3
    assert share(search, r"(?i)\b(?:thanks|thank you|hi|hello)\b") == 0
    assert share(search, r"(?i)^(?:i would like|i want|can you|could you)\b") < 0.02


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("channel", ["email", "voice"])
def test_no_one_names_the_chat_where_there_is_none(language, channel):
    text = {"en": "where is my order", "de": "wo ist meine Bestellung", "es": "dónde está mi pedido"}[language]
    for emotion in ("calm", "worried", "annoyed"):
        said = {
            styled(text, seed, language, verbosity="wordy", channel=channel, emotion=emotion).text
            for seed in range(300)
        }
        assert len(said) > 50
        assert not [text for text in said if re.search(r"(?i)\b(?:chat|bot)\b", text)]
    if channel == "voice":
        assert not [text for text in said if re.search(r"(?i)\b(?:typing|tippe|typos|spelling|teclado)\b", text)]


@pytest.mark.parametrize("language", languages())
def test_one_sentence_at_most_is_put_after_a_request(language):
    pack = load_pack(language)
    text = {"en": "send the papers", "de": "die Unterlagen schicken", "es": "enviar los papeles"}[language]
    sentences = [words.lower() for words in pack.style.wordy_after if len(words.split()) > 2]
    thanks = [words.lower() for words in pack.style.polite_words]
    for seed in range(400):
        said = styled(text, seed, language, verbosity="wordy", politeness="high").text.lower()
        tail = said[said.index(text.lower().split()[0]) :]
        closing = [words for words in sentences if words in tail]
        if closing and not any(word in closing[0] for word in thanks):
            assert not any(re.search(rf"\b{re.escape(word)}\b", tail.replace(closing[0], "")) for word in thanks), said


@pytest.mark.parametrize("edge_case", ["frustration", "profanity", "sarcasm", "code_switching"])
def test_rude_and_mixed_messages_get_no_courtesies(edge_case):
    from test_refine import example

    from synthconv.records import Style
    from synthconv.refine.style import style

    for seed in range(200):
        row = example(["send the papers today"], edge_case, Style(verbosity="wordy", politeness="high"))
        (found,) = style(seed)(row)
        assert found.text.text == "send the papers today"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("I hope you can help, where is my parcel", "?"),
        ("so, is it possible to pay later", "?"),
        ("I need some help - can you block my card", "?"),
        ("hi, I'm new here. how do I pay", "?"),
        ("my card was stolen, what should I do", "?"),
        ("I paid twice, when I was abroad", "."),
        ("send it to me, thanks", "."),
        ("I'd like a room, if you can find one", "."),
    ],
)
def test_a_question_after_a_lead_in_ends_as_one(text, end):
    assert styled(text, punctuation="full", verbosity="terse", politeness="low").text[-1] == end


@pytest.mark.parametrize(
    ("language", "text", "right"),
    [
        ("en", "I have a question, where is my card.", "I have a question, where is my card?"),
        (
            "de",
            "Ich hätte da mal eine Frage, wie weit ist mein Auto.",
            "Ich hätte da mal eine Frage, wie weit ist mein Auto?",
        ),
        ("de", "Wie weit ist mein Auto, ich muss das wissen?", "Wie weit ist mein Auto? Ich muss das wissen."),
        ("es", "una consulta, está abierto mañana.", "una consulta, está abierto mañana?"),
        ("en", "My card is lost.", "My card is lost."),
    ],
)
def test_what_stands_beside_a_question_takes_no_mark_from_it(language, text, right):
    assert styled(text, language=language).text == right


@pytest.mark.parametrize("casing", ["sentence", "as_written"])
def test_german_nouns_keep_their_capitals_where_the_style_writes_them(casing):
    said = {styled("wann kommt das an", seed, "de", verbosity="wordy", casing=casing).text for seed in range(300)}
    told = [text for text in said if "hilfe" in text.lower()]
    assert len(told) > 5
    assert all(("Hilfe" in text) == (casing == "sentence") for text in told)


def test_german_rows_write_nouns_as_the_examples_do(tmp_path):
    persona = "\npersonas: {one: {style: {verbosity: wordy, politeness: high}}}\n"
    text = (ROOT / "tests" / "samples" / "werkstatt.yaml").read_text("utf-8") + persona
    generate(
        read_scenario(
            text.replace("      - termin ", "      - Termin ")
            .replace("      - ich ", "      - Ich ")
            .replace("      - stand der reparatur", "      - Stand der Reparatur")
            .replace("      - preis", "      - Preis")
            .replace("auf mein auto", "auf mein Auto")
            .replace("absagen auftrag", "absagen Auftrag")
        ),
        tmp_path / "out",
    )
    rows = [row["text"] for row in read_run(tmp_path / "out").rows]
    assert not [text for text in rows if re.search(r"\b(?:hilfe|anliegen|rückmeldung|vielen dank)\b", text)]


@pytest.mark.parametrize(
    ("language", "text", "new"),
    [
        ("en", "i need a hour", "i need an hour"),
        ("en", "an user", "a user"),
        ("en", "a apple and a banana", "an apple and a banana"),
        ("es", "sillas y iluminación", "sillas e iluminación"),
        ("es", "siete o ocho", "siete u ocho"),
        ("es", "agua y hielo", "agua y hielo"),
    ],
)
def test_small_words_agree_with_what_follows(run, language, text, new):
    rows = run(
        f"scenario: x\nlanguage: {language}\nintents:\n  a: {{examples: ['{{v}} {text}'], slots: {{v: v}}}}\n"
        "entities: {v: {values: [X1, X2, X3, X4, X5, X6]}}\ngenerate: {utterances_per_intent: 5}\nfilters: {label_check: off}"
    ).rows
    assert rows
    assert any(new.lower() in row["text"].lower() for row in rows), rows


def test_small_words_inside_of_values_stay_as_they_are(run):
    rows = run("""
scenario: x
language: en
intents:
  a: {examples: ["play {v} now", "i want to hear a {v}"], slots: {v: v}}
entities: {v: {values: [an user, a hour ago, An Banana]}}
generate: {utterances_per_intent: 12}
filters: {label_check: off}
""").rows
    for row in rows:
        (span,) = row["entities"]
        assert row["text"][span["start"] : span["end"]].lower() == span["value"].lower()


@pytest.mark.parametrize(
    ("language", "example", "bad"),
    [
        ("en", "move my visit to {day}", r"to in\b"),
        ("en", "book it for {day}", r"for in\b"),
        ("de", "den Termin auf {day} verschieben", r"auf in\b"),
        ("es", "cambiar la cita a {day}", r"\ba en\b"),
    ],
)
def test_no_preposition_stands_before_another(run, language, example, bad):
    rows = run(
        f"scenario: x\nlanguage: {language}\nintents:\n  a: {{examples: ['{example}'], slots: {{day: day}}}}\n"
        "entities: {day: {type: date, from_days: 2, to_days: 20}}\ngenerate: {utterances_per_intent: 60}"
    ).rows
    assert len(rows) == 60
    assert not [row["text"] for row in rows if re.search(bad, row["text"])]


def test_no_frame_denies_what_the_examples_state(tmp_path):
    text = DESK.replace("{STYLE}", '{"verbosity": "terse", "politeness": "low"}')
    kept = [
        line
        for line in text.splitlines()
        if not re.search(DENIALS["en"], line) or ("{" in line and "day}." not in line)
    ]
    generate(read_scenario("\n".join(kept)), tmp_path / "out", force=True)
    rows = [row["text"] for row in read_run(tmp_path / "out").rows]
    assert len(rows) == 240
    wish = r"(?i)(?:book|reserve|order|schedule) (?:a|the|my) (?:large |second |desk )?(?:room|chair|monitor|lamp)"
    assert share(rows, wish) > 0.1
    assert share(rows, rf"(?i)\b(?:not|never|don't|cannot|can't|no longer)(?: want| need)?(?: to)? {wish[4:]}") == 0


@pytest.mark.parametrize(
    ("path", "language"),
    [
        *((path, "en") for path in sorted((ROOT / "scenarios").glob("*.yaml"))),
        *((ROOT / "tests" / "samples" / f"{name}.yaml", language) for name, language in SAMPLES.items()),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
def test_no_row_shows_a_forbidden_pattern(path, language, tmp_path):
    typed_well = re.sub(r"typos: [\d.]+", "typos: 0", path.read_text("utf-8"))
    generate(read_scenario(typed_well), tmp_path / "out")
    rows = read_run(tmp_path / "out").rows
    plain = [row for row in rows if row["edge_case"] not in NOISY and row["intent"] != "out_of_scope"]
    assert len(plain) >= 150
    shown = [(found(row["text"], language), row["text"]) for row in plain]
    assert not [row for row in shown if row[0]]


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("en", "i want to i need to pay", "a frame in a frame"),
        ("en", "how do i to pay", "a frame in a frame"),
        ("en", "book the a room", "two articles"),
        ("en", "i want an car", "an before a consonant"),
        ("en", "need a apple", "a before a vowel"),
        ("en", "hi, hello, where is it", "two greetings"),
        ("en", "please send it please", "please twice"),
        ("en", "book 1 rooms", "one of many"),
        ("en", "move it to in 8 days", "a preposition before another"),
        ("en", "is it there?.", "a question mark and a full stop"),
        ("en", "where  is it", "double space"),
        ("en", "where is it ?", "space before a mark"),
        ("en", 'it says "no', "unbalanced quotes"),
        ("en", "send the the form", "a doubled word"),
        ("de", "ich möchte ich brauche das", "a frame in a frame"),
        ("de", "Termin am morgen", "a preposition before another"),
        ("es", "puedo quiero pagar", "a frame in a frame"),
        ("es", "quiero el el pedido", "two articles"),
    ],
)
def test_forbidden_patterns_are_found(language, text, name):
    assert name in found(text, language)
