"""Language packs of one's own, codes as people type them, and the sample that `generate --show` prints."""

import json
import re
from datetime import date
from random import Random

import pytest
from conftest import SMALL, bad_spans, read_run
from pydantic import ValidationError

from synthconv import generate
from synthconv.errors import UsageError
from synthconv.lang import packs
from synthconv.lang.models import Carriers
from synthconv.scenario.loader import read_scenario
from synthconv.scenario.models import EntityModel
from synthconv.scenario.values import Locale, build_sampler

BISTRO = """
scenario: bistro
language: fy
intents:
  reserveren: {examples: [ik wil een tafel reserveren, hebben jullie nog plek, een tafel voor twee graag, kan ik iets reserveren]}
  annuleren: {examples: [ik wil mijn reservering annuleren, hoe kan ik annuleren, we komen toch niet, kan dat nog weg]}
entities: {dag: {type: date}}
generate: {utterances_per_intent: 12}
filters: {label_check: off}
"""
DUTCH = """
language: fy
name: Dutch
style:
  question_words: [hoe, kan, hebben, wat]
  greetings: {hallo: 10, hoi: 6}
  please_after: [alsjeblieft, bedankt]
wording:
  verbs: [reserveren, annuleren]
  verb_last: true
  families:
    want: {"ik zou graag {do}": 10, "ik moet {do}": 5}
    how: {"hoe moet ik {do}": 10}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """own(fy="text") writes packs into a folder that SYNTHCONV_LANGUAGES names."""

    def written(**files):
        folder = tmp_path / "packs"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv(packs.OWN_PACKS, str(folder))
        packs.load_pack.cache_clear()
        return folder

    yield written
    monkeypatch.undo()
    packs.load_pack.cache_clear()


def test_a_pack_of_ones_own_words_its_language(own, tmp_path):
    own(fy=DUTCH)
    assert "fy" in packs.languages()
    generate(read_scenario(BISTRO), tmp_path / "out")
    rows = [row["text"].lower() for row in read_run(tmp_path / "out").rows]
    assert sum("ik zou graag" in text or "ik moet" in text or "hoe moet ik" in text for text in rows) >= 3


def test_what_a_pack_leaves_out_is_neutral(own):
    own(fy=DUTCH)
    pack, neutral = packs.load_pack("fy"), packs.load_pack("und")
    assert pack.name == "Dutch"
    assert pack.dates == neutral.dates
    assert pack.noise == neutral.noise
    assert pack.style.please_after == {"alsjeblieft": 1.0, "bedankt": 1.0}
    day = build_sampler("dag", EntityModel(type="date"), Locale("fy", date(2026, 3, 1), 1)).draw(Random(1))[0]
    assert re.fullmatch(r"2026-\d\d-\d\d", day)


def test_a_pack_of_ones_own_stands_before_the_shipped_one(own):
    own(de="language: de\nname: Unseres\nstyle: {greetings: [moin]}\n")
    assert packs.load_pack("de-AT").style.greetings == {"moin": 1.0}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("language: fy\nname: [Dutch]\n", "name"),
        ("language: fy\nname: Dutch\nstyle: {greetings: hallo}\n", "style.greetings"),
        ("language: fy\nname: Dutch\nstyle: {greetings: {hallo: often}}\n", "style.greetings.hallo"),
        ("language: fy\nname: Dutch\nstile: {}\n", "stile"),
        ("language: fy\nname: Dutch\nwording: {families: {wants: {'ik wil {do}': 1}}}\n", "there is no family 'wants'"),
        ("language: fy\nname: Dutch\nwording: {families: {want: {'ik wil': 1}}}\n", "must hold {do}"),
        ("language: fy\nname: Dutch\nstyle: [greetings\n", "no language pack"),
        ("- fy\n", "no language pack"),
        ("just words\n", "no language pack"),
        ("", "no language pack"),
        (b"\x00\x01\xff\xfe\x9f", "no language pack"),
    ],
)
def test_a_broken_pack_is_refused_with_place_cause_and_cure(own, cli, tmp_path, text, cause):
    folder = own(fy=text)
    (tmp_path / "bistro.yaml").write_text(BISTRO)
    done = cli("generate", "bistro.yaml", "-o", "out")
    said = " ".join(done.stderr.split())
    assert done.exit_code == 2, said
    assert str(folder / "fy.yaml") in done.stderr.replace("\n", "")
    assert cause in said
    assert "schema pack" in said or "write it as YAML" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_a_folder_of_packs_that_is_none_is_refused(cli, tmp_path, monkeypatch):
    monkeypatch.setenv(packs.OWN_PACKS, str(tmp_path / "missing"))
    packs.load_pack.cache_clear()
    (tmp_path / "bistro.yaml").write_text(BISTRO)
    done = cli("generate", "bistro.yaml", "-o", "out")
    assert done.exit_code == 2
    assert "SYNTHCONV_LANGUAGES" in done.stderr
    assert "no folder" in " ".join(done.stderr.split())
    with pytest.raises(UsageError):
        packs.load_pack("fy")


@pytest.mark.parametrize("language", packs.languages())
def test_common_words_are_common_and_odd_ones_rare(language):
    style = packs.load_pack(language).style
    for words, flat in ((style.greetings, 4), (style.please_after, 3)):
        ordered = sorted(words.values(), reverse=True)
        assert sum(ordered[:flat]) > 0.6 * sum(ordered)
        assert ordered[len(ordered) // 2] <= ordered[0] / 100
    assert set(style.informal) <= {*style.greetings, *style.please_after}
    assert set(style.please_words) & set(style.please_after)
    assert set(style.channel_words) == {"email", "voice"}


@pytest.mark.parametrize("language", packs.languages())
def test_what_suits_some_sentences_only_is_said_somewhere(language):
    pack = packs.load_pack(language)
    style, noise = pack.style, pack.noise
    said = {*style.wordy_before, *style.wordy_after, *style.worried, *style.please_after}
    said |= {words.rstrip(",") for words in (*noise.frustration_before, *noise.frustration_after)}
    listed = [words for phrases in style.suits.values() for words in phrases]
    assert len(listed) > 100
    assert len(set(listed)) == len(listed)
    assert set(listed) <= said


def test_a_kind_of_sentence_that_there_is_not_is_told():
    for kinds in ("order", "question order", ""):
        with pytest.raises(ValidationError, match="question, request, thing, problem, notice"):
            Carriers(suits={kinds: ("let me know",)})


@pytest.mark.parametrize("code", ["AB-123456", "X99-ZZ-1", "ORDER-12-B"])
def test_codes_are_typed_in_more_ways_than_one_and_keep_their_value(code):
    sampler = build_sampler("ref", EntityModel(pattern=re.escape(code)), Locale("en", date(2026, 3, 1), 1))
    surfaces = set()
    for seed in range(200):
        value, native = sampler.draw(Random(seed))
        assert value == code
        surfaces.add(sampler.word(native, Random(seed)))
    assert {code, code.lower(), code.replace("-", " "), code.replace("-", "")} <= surfaces
    assert {re.sub(r"[- ]", "", surface).upper() for surface in surfaces} == {code.replace("-", "")}
    printed = sum(sampler.word(code, Random(seed)) == code for seed in range(400)) / 400
    assert printed == pytest.approx(0.75, abs=0.08)


@pytest.mark.parametrize("text", ["Ana-Maria", "hello", "12345", "a-b-c"])
def test_what_is_no_code_is_typed_as_it_is(text):
    sampler = build_sampler("ref", EntityModel(pattern=re.escape(text)), Locale("en", date(2026, 3, 1), 1))
    assert {sampler.word(text, Random(seed)) for seed in range(100)} == {text}


def test_spans_of_typed_codes_are_exact(run):
    rows = run(SMALL.replace("utterances_per_intent: 40", "utterances_per_intent: 120")).rows
    assert not bad_spans(rows)
    found = [
        (row["text"][span["start"] : span["end"]], span["value"])
        for row in rows
        for span in row["entities"]
        if span["entity"] == "reference"
    ]
    assert len({surface for surface, value in found if surface != value}) > 2
    assert all(re.fullmatch(r"[A-Z]{2}-\d{6}", value) for _, value in found)
    assert all(re.sub(r"[- ]", "", surface).upper() == value.replace("-", "") for surface, value in found)


@pytest.mark.parametrize("number", [1, 5])
def test_show_prints_rows_with_persona_and_dials(cli, tmp_path, number):
    (tmp_path / "bank.yaml").write_text(SMALL)
    done = cli("generate", "bank.yaml", "-o", "out", "--show", number)
    assert done.exit_code == 0
    shown = [line for line in done.stderr.splitlines() if re.search(r"hurried|formal", line)]
    assert len(shown) >= number
    texts = [row["text"] for row in read_run(tmp_path / "out").rows]
    assert sum(text in " ".join(done.stderr.split()) for text in texts) >= 1
    assert re.search(r"terse|politeness|casing|lower|sentence", done.stderr)


def test_show_changes_no_row(cli, tmp_path):
    (tmp_path / "bank.yaml").write_text(SMALL)
    assert cli("generate", "bank.yaml", "-o", "one").exit_code == 0
    assert cli("generate", "bank.yaml", "-o", "two", "--show", 9).exit_code == 0
    assert (tmp_path / "one/intents.jsonl").read_bytes() == (tmp_path / "two/intents.jsonl").read_bytes()
    assert json.loads((tmp_path / "two/manifest.json").read_text()) == json.loads(
        (tmp_path / "one/manifest.json").read_text()
    )


@pytest.mark.parametrize("number", ["-1", "x"])
def test_show_wants_a_number(cli, tmp_path, number):
    (tmp_path / "bank.yaml").write_text(SMALL)
    assert cli("generate", "bank.yaml", "-o", "out", "--show", number).exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_pack_of_few_words_serves_literals_and_synonyms(own, tmp_path):
    few = "numbers: {words: [nul, een, twee, drie, vier, vijf, zes]}\nliterals: {clock: [uur], units: [euro], kinds: {steden: [Utrecht]}}\n"
    own(fy=DUTCH.replace("wording:\n", f"{few}wording:\n  synonyms: |\n    ?! | :)\n    tafel | plek\n"))
    text = BISTRO.replace("hebben jullie nog plek", "hebben jullie om zes uur in Utrecht voor vijf euro nog plek")
    generate(read_scenario(text), tmp_path / "out")
    assert len(read_run(tmp_path / "out").rows) == 24
