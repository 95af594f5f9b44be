"""What a language pack may hold: the keys of its YAML file, typed and checked."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from synthconv import yaml12


def _texts(value: Any) -> Any:
    return [yaml12.as_text(item) for item in value] if isinstance(value, list) else value


def _text_weights(value: Any) -> Any:
    return {yaml12.as_text(key): weight for key, weight in value.items()} if isinstance(value, dict) else value


def _listed_weights(value: Any) -> Any:
    return _text_weights(dict.fromkeys(value, 1.0) if isinstance(value, list) else value)


def _groups(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [[member.strip() for member in line.split("|")] for line in value.splitlines() if line.strip()]


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Groups = Annotated[tuple[Annotated[Texts, Field(min_length=2)], ...], BeforeValidator(_groups)]
"""Groups of texts: lists, or one text in which each line is a group, its members apart by "|"."""
Weights = Annotated[dict[str, float], BeforeValidator(_listed_weights)]
Dictionary = Annotated[dict[str, str], BeforeValidator(_text_weights)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Numbers(_Part):
    """How numbers are written; `words` are 0 to 99, `round` the words of rounder ones, `one` nouns as said of one."""

    decimal: str = "."
    group: str = ","
    words: Texts = ()
    round: dict[int, Texts] = {}
    one: dict[str, str] = {}


class Currency(_Part):
    """One currency's symbol, its name for one and for many, and slang for many."""

    symbol: str
    one: str
    name: str
    slang: str = ""


class Money(_Part):
    """Forms of an amount with their weights: {symbol} {digits} {exact} {words} {kilo} {name} {slang} {code}."""

    forms: Weights
    currencies: dict[str, Currency] = {}


class DateOrder(_Part):
    """Forms of a date without and with its year, with their weights."""

    absolute: Weights
    with_year: Weights


class Dates(DateOrder):
    """How dates are said: names, ordinals (31), day offsets, weekdays by the week they lie in, impossible dates."""

    prepositions: Texts = ()
    months: Texts = ()
    months_short: Texts = ()
    weekdays: Texts = ()
    weekdays_short: Texts = ()
    ordinals: Texts = ()
    relative: dict[int, Texts] = {}
    this_month: Texts = ()
    this_week: Texts = ()
    next_week: Texts = ()
    last_week: Texts = ()
    days_ahead: Texts = ()
    days_ago: Texts = ()
    impossible: Texts = ()

    @cached_property
    def without_preposition(self) -> re.Pattern[str]:
        """Matches the surfaces of a day that take none of `prepositions`: "tomorrow", "in 3 days", "next Friday"."""
        weeks = [form for form in (*self.this_week, *self.next_week, *self.last_week) if not form.startswith("{")]
        fixed = [words for said in self.relative.values() for words in said]
        names = "|".join(map(re.escape, (*self.weekdays, *self.weekdays_short)))
        forms = [re.escape(form) for form in (*fixed, *weeks, *self.days_ahead, *self.days_ago)]
        joined = "|".join(forms).replace(r"\{weekday\}", f"(?:{names})").replace(r"\{n\}", r"\d+")
        return re.compile(joined or "(?!)", re.IGNORECASE)


class Times(_Part):
    """How times are said: {h} {hh} {h12} {mm} {ampm} {part}; `parts` are the parts of a day by their first hour.

    `quarters` are forms of the minutes 15, 30 and 45, in which {next12} is the hour to come.
    """

    forms: Weights
    am: Texts = ("am",)
    pm: Texts = ("pm",)
    parts: dict[int, str] = {}
    special: dict[str, Texts] = {}
    quarters: dict[int, Texts] = {}
    impossible: Texts = ()


class Durations(_Part):
    """Units as [one, many, short one, short many], and special words by minutes."""

    minute: Texts
    hour: Texts
    day: Texts
    special: dict[int, Texts] = {}


class Phone(_Part):
    """Numbers that cannot be a subscriber's: prefixes of a reserved range, the national number, forms to say it."""

    prefixes: Texts  # grouped as they are said; {prefix} shows them without the blanks, {spaced} with them
    country: str
    national: str
    forms: Texts


class Region(_Part):
    """What differs by country: the Faker locale, phone numbers, the order of dates."""

    faker: str
    phone: Phone | None = None
    dates: DateOrder | None = None


KINDS = ("question", "request", "thing", "problem", "notice")
"""What a sentence is to the words beside it: a thing is only named, a notice tells of something that is no problem."""


class Carriers(_Part):
    """Words that a style puts around, takes out of, or puts in place of others.

    `channel_words` are, by channel, words that no sentence has that is said there: "this chat" in a letter. The
    `remarks` stand before and after what asks for nothing, a yes or a thank you, in the place of the sentences.
    `suits` are phrases that do not go with everything, by the kinds of sentences that they may stand beside.
    """

    question_words: Texts = ()
    capital_words: Texts = ()
    informal: Texts = ()
    greetings: Weights = {}
    hedges: Weights = {}
    please_after: Weights = {}
    wordy_before: Weights = {}
    wordy_after: Weights = {}
    remarks_before: Weights = {}
    remarks_after: Weights = {}
    channel_words: dict[str, Texts] = {}
    worried: Texts = ()
    sign_offs: Weights = {}
    terse_drop: Texts = ()
    polite_words: Texts = ()
    please_words: Texts = ()  # those that ask: none of them follows a statement
    suits: dict[str, Texts] = {}  # the key is one or more of `KINDS`: "question request"
    contractions: Dictionary = {}
    abbreviations: Dictionary = {}
    emoji: Weights = {"🙏": 1, "😊": 1, "👍": 1, "😭": 1, "🤔": 1, "😅": 1}

    @field_validator("suits")
    @classmethod
    def _kinds_are_known(cls, suits: dict[str, Texts]) -> dict[str, Texts]:
        for kinds in suits:
            if not kinds.split() or set(kinds.split()) - set(KINDS):
                raise ValueError(f"{kinds!r} is no list of kinds of sentences: {', '.join(KINDS)}")
        return suits


class Noise(_Part):
    """Words that edge cases put into a text: `joints` between two requests; {other} is a second value of the entity."""

    joints: Texts = (", ", ". ", "; ")
    fillers: Weights = {}
    correction: Texts = ()
    contrast: Texts = ()
    sarcasm_before: Texts = ()
    profanity: Texts = ()
    frustration_before: Texts = ()
    frustration_after: Texts = ()
    stories: Texts = ()
    small_words: Texts = ()


class Moves(_Part):
    """What users do besides asking, in one message: words of the edge cases that dialogues have in several turns.

    {value} is a slot's value, {other} another one, {name} a slot in words, {text} another's text, {topic} a noun.
    """

    changed: Texts = ()  # after the request: {value} takes the place of one that it says
    forget: Texts = ()  # between a request that is dropped and the one that is meant
    cut_in: Texts = ()  # between a request and one that comes first
    aside: Texts = ()  # between a request and a side question
    same: Texts = ()  # a slot {name} by a word that points back
    again: Texts = ()  # before a request that was made already
    withheld: Texts = ()  # a slot {name} that the user will not tell
    either: Texts = ()  # after a value: {other} for the same slot
    why: Texts = ()  # a question about a slot {name}
    back: Texts = ()  # before a request, by one who was away
    leave: Texts = ()  # after a request, by one who goes
    claim: Texts = ()  # after a request, as if it were done
    quoted: Texts = ()  # after a request: {text} in quotation marks
    person: Texts = ()  # after a request: a person is wanted
    vague: Texts = ()  # a {topic}, and not what is wanted of it


class Literals(_Part):
    """Values that examples say without a slot: kinds of words, each of which may stand for another of its kind."""

    kinds: dict[str, Texts] = {}
    clock: Texts = ()  # what follows an hour
    units: Texts = ()  # what follows an amount


FILLS = {
    "how": "do",
    "able": "do",
    "want": "do",
    "trouble": "do",
    "request": "do",
    "clipped": "do",
    "what": "thing",
    "where": "thing",
    "when": "thing",
    "how_much": "thing",
    "need": "thing",
    "show": "thing",
    "topic": "topic",
    "problem": "clause",
    "asking": "indirect",
    "question": "question",
}
"""The families, each with what fills its frames."""


class Wording(_Part):
    """How users put what they want: frames by family, and words for one another.

    A frame holds {do} (a verb phrase in the infinitive), {thing} (a noun phrase with its determiner), {topic} (one
    without), {clause} (a statement), {indirect} (an indirect question) or {question} (a direct one).
    """

    families: dict[str, Weights] = {}
    verbs: Texts = ()  # what a {do} begins with, or ends with where it is `verb_last`
    verb_last: bool = False
    before_verb: Texts = ()  # words beside the pronouns after which a frame is filled by a verb phrase, known or not
    bot_verbs: Texts = ()  # what only the bot does
    user_verbs: Texts = ()  # what only the user does
    to_user: Texts = ()  # "me" in "tell me", which only the bot does
    infinitives: Texts = ()  # ends of verbs, where verb_last, in texts that write nouns with capitals
    doings: Texts = ()  # ends of nouns made of verbs, before which a verb may be a thing: order tracking
    noun_verbs: Texts = ()  # verbs that begin names of things, too
    name_verbs: Texts = ()  # those of them that a name begins with as verbs: "report damage"
    presence: Texts = ()  # verbs of being there, that no error hinders: "i can't come" is no "error when i try to come"
    absence: Weights = {}  # what stands before a {do} of being there instead
    states: Texts = ()  # beginnings of sentences that tell, though they begin like a verb phrase; * as in troubles
    participles: Texts = ()  # ends of words that make a name no request: "top up reverted"
    synonyms: Groups = ()  # each member may stand for any other of its group
    alternations: Groups = ()  # groups of constructions with one meaning; explained in realise/alternations.py
    bounds: Texts = ()  # words that no noun phrase in an alternation has
    things: Texts = ()  # pronouns that are one, before and after a verb
    tails: Texts = ()  # words that begin what is left standing after an exchanged clause
    particles: Texts = ()  # words of a verb that follow a pronoun, "pick it up", and no pronoun follows
    joins: Texts = ()  # words after which a clause may be exchanged for another
    several: str = ""  # a pattern of how a noun phrase ends, or what it is, that names several things
    pointing: Groups = ()  # groups of determiners that stand for each other before nouns said with both
    clashes: Texts = ()  # patterns of words that go ill together, which no other words of a text bring in
    wished: Texts = ()  # beginnings of a {do} that nobody does: "i need to be seen"; ends, where it is `verb_last`
    regrets: Texts = ()  # words that a {do} loses in another frame: "i unfortunately have to cancel"
    remarks: Texts = ()  # how a text begins that asks for nothing: a yes, a no, a greeting, praise, a thank you
    first_person: Texts = ()
    subjects: Texts = ()  # pronouns that begin a clause, and no {thing} of several words
    determiners: Texts = ()  # words beside these and the articles that begin a {thing} or a {clause}
    article: str = ""  # one that any noun of a {do} may have whose own is not known: "rent the bike"
    singular: Texts = ()  # words of a frame that say of its {thing} that it is one
    cuts: Texts = ()  # small words that a last phrase begins with
    indirect: Literal["no", "as_asked", "inverted"] = "no"  # how a direct question becomes an {indirect}
    whether: str = ""
    fellows: Texts = ()  # what may stand beside a pronoun: "you guys"
    asked_as: Dictionary = {}  # how an {indirect} begins that would say too little: "what to do" for "what i do"
    wondering: Texts = ()  # other words that begin an {indirect}
    auxiliaries: Texts = ()
    modals: Texts = ()  # auxiliaries before an infinitive
    dropped: Texts = ()  # auxiliaries that an indirect question lacks
    pronouns: Texts = ()
    reporting: Texts = ()  # words that begin a description about users, not one of theirs
    of_ones_own: Dictionary = {}  # articles that begin a description of a problem, and what its user says: my for a
    outsiders: Texts = ()  # words of descriptions that tell of users, and that no user would say
    finite: Texts = ()  # verbs that make a statement of words that begin as a name: "payment does not work"
    troubles: Texts = ()  # words by which a statement tells of a problem; one that ends in * is a beginning
    vague: Texts = ()  # words of names that say nothing of what is wanted

    @field_validator("several", "clashes")
    @classmethod
    def _patterns_compile(cls, patterns: str | Texts) -> str | Texts:
        for pattern in [patterns] if isinstance(patterns, str) else patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return patterns

    @field_validator("alternations")
    @classmethod
    def _alternations_agree(cls, groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        for group in groups:
            first, *others = (sorted(re.findall(r"\{(\w*)\}", member)) for member in group)
            if len(set(first)) < len(first) or not set(first) <= {"x", "y", "do"}:
                raise ValueError(f"the alternation {group[0]!r} may hold {{x}}, {{y}} and {{do}}, each once")
            if any(held != first for held in others):
                raise ValueError(f"all members of an alternation must hold the same: see that of {group[0]!r}")
        return groups

    @field_validator("families")
    @classmethod
    def _frames_fit(cls, families: dict[str, Weights]) -> dict[str, Weights]:
        for family, frames in families.items():
            if family not in FILLS:
                raise ValueError(f"there is no family {family!r}, only {', '.join(FILLS)}")
            for frame in frames:
                if re.findall(r"\{(\w*)\}", frame) != [FILLS[family]]:
                    raise ValueError(f"the frame {frame!r} of {family} must hold {{{FILLS[family]}}}, once")
        return families


class Pack(_Part):
    """All that is known of a language."""

    language: str
    name: str
    keyboard: Texts
    numbers: Numbers
    money: Money
    dates: Dates
    times: Times
    durations: Durations
    regions: dict[str, Region] = {}
    default_region: str = ""
    style: Carriers = Field(default_factory=Carriers)
    noise: Noise = Field(default_factory=Noise)
    moves: Moves = Field(default_factory=Moves)
    literals: Literals = Field(default_factory=Literals)
    wording: Wording = Field(default_factory=Wording)
    articles: Texts = ()
    prepositions: Texts = ()
    plural: tuple[tuple[str, str], ...] = ()
    agreement: tuple[tuple[str, str, str], ...] = ()  # a word, what follows it, the word that stands there instead

    @property
    def region(self) -> Region:
        """The region that the tag asked for, or the language's own."""
        return self.regions.get(self.default_region, Region(faker="en_US"))
