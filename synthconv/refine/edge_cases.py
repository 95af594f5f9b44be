"""Edge cases on words: for each class of the catalogue that changes one utterance, the edit that makes it.

An edit gives None where these words cannot have the edge case; values keep their labels through all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

from synthconv.lang.packs import Pack, languages, load_pack
from synthconv.lang.tokens import normalised, phrase_pattern
from synthconv.records import OUT_OF_SCOPE, EditRefused, Example, LabelledText, Rejection, SlotValue
from synthconv.refine.edits import after, before, free_words, mapped, replaced
from synthconv.refine.typos import misspell
from synthconv.seeds import stream, weighted

Change = Callable[[LabelledText, Example, Pack, Random], LabelledText | None]
LEET = str.maketrans("aeiostlbg", "43105718" + "9")
LOOKALIKE = str.maketrans("aceopxyiAEOPCTXHKMB", "асеорхуіАЕОРСТХНКМВ")


def edge_cases(seed: int) -> Callable[[Example], Iterator[Example | Rejection]]:
    """A stage that puts each outline's edge case on its words; those that the outline carries already pass through."""
    stream_of = stream(seed, "edge_case")

    def stage(example: Example) -> Iterator[Example | Rejection]:
        outline, name = example.outline, example.outline.cell.edge_case
        if name not in CHANGES or outline.intent == OUT_OF_SCOPE:
            yield example
            return
        random = stream_of(outline.id)
        try:
            text = CHANGES[name](example.text, example, load_pack(outline.cell.language), random)
        except EditRefused:
            text = None
        if text is None or text == example.text:
            yield Rejection(
                outline.id,
                "refine",
                "no_words",
                f"these words cannot have the edge case {name}",
                outline=outline,
                text=example.text.text,
            )
        else:
            yield example.with_text(text, name)

    return stage


def _typo_heavy(text: LabelledText, example: Example, _pack: Pack, random: Random) -> LabelledText:
    return misspell(text, 0.35, example.outline.cell.language, random, at_least=2)


def _shouting(text: LabelledText, _example: Example, _pack: Pack, _random: Random) -> LabelledText:
    return mapped(text, str.upper, spans=str.upper)


def _unpunctuated(text: LabelledText, _example: Example, _pack: Pack, _random: Random) -> LabelledText | None:
    lowered = mapped(text, str.lower)
    bare = replaced(lowered, re.compile(r"[.,?!;:…]+(?=\s|$)|['’¿¡]"), lambda _: "")
    return bare if bare.text.strip() else None


def _heavy_punctuation(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    marks = random.choice(("???", "!!!", "...", "?!?!", "!!!!!!", "......", "??", "?????"))
    text = replaced(text, re.compile(r"[,;]\s"), lambda _: random.choice(("... ", "!! ", " ... ")))
    end = len(text.text)
    last = re.search(r"[.?!]*$", text.text)
    return text.edit(last.start() if last else end, end, marks)


def _abbreviations(text: LabelledText, _example: Example, pack: Pack, _random: Random) -> LabelledText | None:
    table = {word.lower(): short for word, short in pack.style.abbreviations.items()}
    return replaced(text, phrase_pattern(tuple(table)), lambda match: table[match.group().lower()]) if table else None


def _emoji(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText:
    signs = "".join(weighted(random, pack.style.emoji) for _ in range(random.choice((1, 1, 2, 3))))
    if random.random() < 0.2:
        return before(text, signs)
    words = free_words(text)[:-1]
    if words and random.random() < 0.2:
        at = random.choice(words)[1]
        return text.edit(at, at, f" {signs}")
    return after(text, signs)


def _leetspeak(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    return text.edits(
        [(s, e, text.text[s:e].translate(LEET)) for s, e in free_words(text) if e - s > 2 and random.random() < 0.7]
    )


def _homoglyphs(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    return text.edits(
        [(s, e, text.text[s:e].translate(LOOKALIKE)) for s, e in free_words(text) if random.random() < 0.6]
    )


def _camel_case(text: LabelledText, _example: Example, _pack: Pack, _random: Random) -> LabelledText:
    joined = [
        (match.start(), match.end(), match.group(1).upper())
        for match in re.finditer(r"\s+([^\W\d_])", text.text)
        if len(match.group(1).upper()) == 1
    ]
    inside = [edit for edit in joined if not any(span.start in range(edit[0] + 1, edit[1]) for span in text.spans)]
    return text.edits(inside)


def _bad_spacing(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    edits = []
    for start, end in free_words(text):
        if end - start >= 6 and random.random() < 0.3:
            edits.append((at := random.randrange(start + 2, end - 1), at, " "))
        elif text.text[end : end + 1] == " " and random.random() < 0.35:
            edits.append((end, end + 1, ""))
    return text.edits(edits)


def _dropped_words(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    words = pack.noise.small_words
    bare = replaced(
        text,
        re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, words))})\s+(?=\S)", re.IGNORECASE),
        lambda match: "" if random.random() < 0.8 else match.group(),
    )
    return bare if words and len(bare.text.split()) >= 2 else None


def _disfluency(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    if not pack.noise.fillers:
        return None
    edits = []
    for start, end in free_words(text):
        point = random.random()
        if point < 0.16:
            edits.append((start, start, f"{random.choice(pack.noise.fillers)} "))
        elif point < 0.26:
            edits.append((start, start, f"{text.text[start:end]} "))
    return text.edits(edits) if edits else before(text, random.choice(pack.noise.fillers))


def _code_switching(text: LabelledText, example: Example, _pack: Pack, random: Random) -> LabelledText:
    own = example.outline.cell.language.split("-")[0].lower()
    foreign = load_pack(random.choice([code for code in languages() if code != own])).style
    if random.random() < 0.5:
        return before(text, weighted(random, foreign.greetings) + random.choice((",", "!", ".")))
    return after(text, weighted(random, foreign.please_after), ", ")


def _very_long(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    if not pack.noise.stories:
        return None
    stories = random.sample(pack.noise.stories, min(len(pack.noise.stories), random.randint(4, 8)))
    first = random.randint(2, len(stories))
    text = before(text, " ".join(stories[:first]))
    return after(text, " ".join(stories[first:]), ". ") if stories[first:] else text


def _sarcasm(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    return before(text, random.choice(pack.noise.sarcasm_before)) if pack.noise.sarcasm_before else None


def _profanity(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    if not pack.noise.profanity:
        return None
    word = random.choice(pack.noise.profanity)
    return before(text, f"{word},") if random.random() < 0.5 else after(text, word, ", ")


def _frustration(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    noise = pack.noise
    if not (noise.frustration_before and noise.frustration_after):
        return None
    if random.random() < 0.6:
        return before(text, random.choice(noise.frustration_before))
    return after(text, random.choice(noise.frustration_after), ", ")


def _repetition(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    mark = "" if text.text[-1:] in ".?!" else random.choice((".", ",", "!", " -", "..."))
    return LabelledText.joined([text, LabelledText(f"{mark} "), text])


def _self_correction(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    value = _contrasted(example)
    span = next((span for span in text.spans if value and (span.slot, span.value) == (value.slot, value.value)), None)
    if (
        span is None
        or value is None
        or not pack.noise.correction
        or normalised(value.other or "") == normalised(value.surface)
    ):
        return None
    words = random.choice(pack.noise.correction)
    wrong = f"{value.other}{random.choice((', ', ' ', '... '))}{words} "
    return text.edit(span.start, span.start, wrong.upper() if text.text.isupper() else wrong)


def _negated_value(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    value = _contrasted(example)
    span = next((span for span in text.spans if value and (span.slot, span.value) == (value.slot, value.value)), None)
    if (
        span is None
        or value is None
        or not pack.noise.contrast
        or normalised(value.other or "") == normalised(value.surface)
    ):
        return None
    wrong = random.choice(pack.noise.contrast).format(other=value.other)
    return text.edit(span.end, span.end, wrong.upper() if text.text.isupper() else wrong)


def _contrasted(example: Example) -> SlotValue | None:
    """The value that the outline gave a second surface."""
    return next((value for value in example.turns[0].plan.slots if value.other is not None), None)


CHANGES: dict[str, Change] = {
    "typo_heavy": _typo_heavy,
    "shouting": _shouting,
    "unpunctuated": _unpunctuated,
    "heavy_punctuation": _heavy_punctuation,
    "abbreviations": _abbreviations,
    "emoji": _emoji,
    "leetspeak": _leetspeak,
    "homoglyphs": _homoglyphs,
    "camel_case": _camel_case,
    "bad_spacing": _bad_spacing,
    "dropped_words": _dropped_words,
    "disfluency": _disfluency,
    "code_switching": _code_switching,
    "very_long": _very_long,
    "sarcasm": _sarcasm,
    "profanity": _profanity,
    "frustration": _frustration,
    "repetition": _repetition,
    "self_correction": _self_correction,
    "negated_value": _negated_value,
}
"""Every edge case that changes words; missing_entity, wrong_format and multi_intent are in the outline itself."""
