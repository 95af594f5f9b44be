"""Edge cases on words: for each class of the catalogue that changes one utterance, the edit that makes it.

An edit gives None where these words cannot have the edge case; values keep their labels through all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import languages, load_pack
from synthconv.lang.tokens import phrase_pattern
from synthconv.records import OUT_OF_SCOPE, EditRefused, Example, LabelledText, Rejection
from synthconv.refine.carriers import said_there
from synthconv.refine.edits import Change, after, before, contrasted, free_words, mapped, replaced
from synthconv.refine.moves import MOVES, with_others
from synthconv.refine.typos import misspell
from synthconv.seeds import stream, weighted
from synthconv.stages import Item, Stage

STYLES_TOO = ("shouting", "unpunctuated", "heavy_punctuation")
"""What a persona may do anyway: words that are so already have the edge case."""
LEET = str.maketrans("aeiostlbgAEIOSTLBG", "431057189" * 2)
LOOKALIKE = str.maketrans("aceopxyiAEOPCTXHKMB", "асеорхуіАЕОРСТХНКМВ")


def edge_cases(seed: int, changes: Mapping[str, Change]) -> Stage:
    """A stage that puts an outline's edge case on its words, if `changes` has it (SAID before style, WRITTEN after)."""
    stream_of = stream(seed, "edge_case")

    def stage(example: Example) -> Iterator[Item]:
        outline, name = example.outline, example.outline.cell.edge_case or ""
        if name not in changes or outline.intent == OUT_OF_SCOPE or outline.story:
            yield example
            return
        try:
            text = changes[name](example.text, example, load_pack(outline.cell.language), stream_of(outline.id))
        except EditRefused:
            text = None
        if text is None or (text == example.text and name not in STYLES_TOO):
            detail = f"these words cannot have the edge case {name}"
            yield Rejection(outline.id, "refine", "no_words", detail, outline=outline, text=example.text.text)
        else:
            yield with_others(example.with_text(text, name))

    return stage


def _typo_heavy(text: LabelledText, example: Example, _pack: Pack, random: Random) -> LabelledText:
    return misspell(text, 0.25, example.outline.cell.language, random, at_least=2)


def _shouting(text: LabelledText, _example: Example, _pack: Pack, _random: Random) -> LabelledText:
    return mapped(text, str.upper, spans=str.upper)


def _unpunctuated(text: LabelledText, _example: Example, _pack: Pack, _random: Random) -> LabelledText | None:
    lowered = mapped(text, str.lower, spans=str.lower)
    bare = replaced(lowered, re.compile(r"[.,?!;:…]+(?=\s|$)|['’¿¡]"), lambda _: "")
    return bare if bare.text.strip() else None


def _heavy_punctuation(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    marks = random.choice(("???", "!!!", "...", "?!?!", "!!!!!!", "......", "??", "?????"))
    text = replaced(text, re.compile(r"[,;]\s"), lambda _: random.choice(("... ", "!! ", " ... ")))
    start, end = len(text.text.rstrip(".?!")), len(text.text)
    return text.edit(max(start, text.spans[-1].end if text.spans else 0), end, marks)


def _abbreviations(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    table = {word.lower(): short for word, short in pack.style.abbreviations.items()}
    short = replaced(text, phrase_pattern(tuple(table)), lambda match: table[match.group().lower()]) if table else text
    if short != text:
        return short
    long = [(start, end) for start, end in free_words(text) if end - start >= 5]
    if not long:
        return None
    start, end = random.choice(long)  # no word of the list: one without its vowels, as in pckg
    return text.edit(start + 1, end, re.sub(r"[aeiou]", "", text.text[start + 1 : end]))


def _emoji(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText:
    signs = "".join(weighted(random, pack.style.emoji) for _ in range(random.choice((1, 1, 2, 3))))
    if random.random() < 0.2:
        return before(text, signs, pack)
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
    edits = []
    for match in re.finditer(r"(\s+)(\S)", text.text):
        capital = match.group(2).upper()
        edits.append((*match.span(1), ""))
        edits += [(*match.span(2), capital)] if len(capital) == 1 != match.group(2).isupper() else []
    return text.edits(edits)


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
    words = free_words(text)
    edits = []
    for start, end in sorted(random.sample(words, min(len(words), random.choice((1, 2, 2, 3))))):
        said = weighted(random, pack.noise.fillers) if random.random() < 0.65 else text.text[start:end]
        edits.append((start, start, f"{said} "))
    return text.edits(edits) if edits else before(text, weighted(random, pack.noise.fillers), pack)


def _code_switching(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText:
    own = example.outline.cell.language.split("-")[0].lower()
    foreign = load_pack(random.choice([code for code in languages() if code != own])).style
    greetings = {words: weight for words, weight in foreign.greetings.items() if words not in pack.style.greetings}
    if random.random() < 0.5 or phrase_pattern(pack.style.polite_words).search(text.text):
        return before(text, weighted(random, greetings) + random.choice((",", "!", ".")), pack)
    return after(text, weighted(random, foreign.please_after), ", ")


def _very_long(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    stories = said_there(pack.noise.stories, example.outline.style, pack)
    if not stories:
        return None
    stories = random.sample(stories, min(len(stories), random.randint(4, 8)))
    first = random.randint(2, len(stories))
    text = before(text, " ".join(stories[:first]), pack)
    return after(text, " ".join(stories[first:]), ". ") if stories[first:] else text


def _sarcasm(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    return before(text, random.choice(pack.noise.sarcasm_before), pack) if pack.noise.sarcasm_before else None


def _profanity(text: LabelledText, _example: Example, pack: Pack, random: Random) -> LabelledText | None:
    if not pack.noise.profanity:
        return None
    word = random.choice(pack.noise.profanity)
    return before(text, f"{word},", pack) if random.random() < 0.5 else after(text, word, ", ")


def _frustration(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    noise, dials = pack.noise, example.outline.style
    first, last = (said_there(words, dials, pack) for words in (noise.frustration_before, noise.frustration_after))
    if not (first and last):
        return None
    if random.random() < 0.6:
        return before(text, random.choice(first), pack)
    return after(text, random.choice(last), ", ")


def _repetition(text: LabelledText, _example: Example, _pack: Pack, random: Random) -> LabelledText:
    mark = "" if text.text[-1:] in ".?!" else random.choice((".", ",", "!", " -", "..."))
    return LabelledText.joined([text, LabelledText(f"{mark} "), text])


def _self_correction(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    found = contrasted(text, example)
    if not found or not pack.noise.correction:
        return None
    span, wrong = found
    words = random.choice(pack.noise.correction)
    return text.edit(span.start, span.start, f"{wrong.other}{random.choice((', ', ' ', '... '))}{words} ")


def _negated_value(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    found = contrasted(text, example)
    if not found or not pack.noise.contrast:
        return None
    span, denied = found
    words = random.choice(pack.noise.contrast).format(other=denied.other)
    goes_on = text.text[span.end : span.end + 1] == " "
    return text.edit(span.end, span.end, f"{words}," if words.startswith(",") and goes_on else words)


SAID: dict[str, Change] = {
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
    "wrong_format_then_right": _self_correction,
    **MOVES,
}
"""Edge cases of what is said: they go before style, which then writes them as the persona would."""
WRITTEN: dict[str, Change] = {
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
}
"""Edge cases of how it is written: they go after style. The other classes are in the outline itself."""
