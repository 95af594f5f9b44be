"""A user's turns in words: the acts of each as people type them, short where they answer, in the form of his first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from synthconv.lang.tokens import normalised
from synthconv.plan.frames import frames_of
from synthconv.plan.names import words_of
from synthconv.realise.rules import joined
from synthconv.realise.story import Pieces, Told, shows_itself
from synthconv.realise.wording import wording_of
from synthconv.records import DialogueAct, SlotValue, TurnPlan
from synthconv.seeds import weighted

SHORT, NAMES_ASKED = 3, 0.06
"""Words of an answer beside another, its value included; how often an answer to a question names the slot."""
ALONE = 0.75
"""How often a value that shows what it is changes without the slot's name."""
ROLES = 0.7
"""How often a value beside another says what it is for by its preposition alone: "from my savings"."""
MORE = {"answer_lead": 0.25, "answer_tail": 0.35, "affirm_tail": 0.55, "next_lead": 0.45}
"""How often a user who is not terse says a word before an answer, after it, after a yes, and before his next wish."""
PAUSE = 4
"""Words after which a full stop may stand between two clauses."""
FEW = 5
"""Words of an answer or a yes that more is said beside."""
ENDS = ("thank_you", "goodbye")
MARKS = re.compile(r"[.,!?]+")
LEADS = {
    "cancel": "change_of_mind",
    "interrupt": "interrupt",
    "interrupt_aside": "interrupt",
    "side_question": "digress",
}
"""Acts that lead in the utterance after them, and the deck that they are said with."""
PLAIN = {
    "affirm": "affirm",
    "affirm_intent": "affirm_intent",
    "negate_intent": "negate_intent",
    "thank_you": "thank_you",
    "goodbye": "goodbye",
    "request_alts": "request_alts",
    "refuse_value": "refuse_value",
    "no_preference": "dont_know",
    "request_human": "ask_human",
    "claim_done": "false_claim",
    "return": "come_back",
}
"""Acts that a deck says by itself."""


def user_turn(told: Told, turn: TurnPlan) -> Pieces:
    """The words of a user's turn."""
    if any(act.act == "silence" for act in turn.acts):
        return []
    sentences = [pieces for pieces in _sentences(told, turn) if pieces]
    if not sentences:
        return []
    values = {id(sentence) for sentence in sentences if any(isinstance(piece, SlotValue) for piece in sentence)}
    out = sentences[0]
    for before, sentence in pairwise(sentences):
        joint = _joint(told, out) if {id(before), id(sentence)} <= values else _pause(told, out, before)
        out = [*out, joint, *(_capital(told, sentence) if joint == ". " else sentence)]
    opened = any(plan.skeleton for plan in turn.intents)
    joined_up = list(joined(out, told.pack, told.utterances.days))
    return joined_up if opened else _formed(told, joined_up)


def _sentences(told: Told, turn: TurnPlan) -> list[Pieces]:
    """The parts of a turn, each a clause of its own."""
    names = {act.act for act in turn.acts}
    openings = [plan for plan in turn.intents if plan.skeleton]
    said = [value for plan in turn.intents if not plan.skeleton for value in plan.slots]
    out = _choice(told, turn, said)
    chosen = next((act for act in turn.acts if act.act == "select"), None)
    if chosen:
        said = [value for value in said if (value.slot, value.value) != (chosen.slot, chosen.value)]
    lead = next((LEADS[act.act] for act in turn.acts if act.act in LEADS), None)
    if openings and "inject" not in names:
        words = told.utterances.pieces(openings, told.outline, told.random)
        before = told.typed(told.speech.user[lead]) if lead and told.number else ""
        before = before or (_more(told, "next_lead") if told.number and not out else "")
        out.append([f"{before} ", *_lowered(told, words, openings[0].intent)] if before else words)
    out += _values(told, turn, said)
    if "inject" in names:
        quoted = told.utterances.pieces(openings, told.outline, told.random)
        out.append(['"', *quoted, '"'])
    if turn.edge_case == "premature_goodbye":
        return [*out, [told.typed(told.speech.user["leave_early"])]]
    if "vague" in names:
        out.append([_vague(told, turn)])
    out += _questions(told, turn)
    return _plain(told, turn, out)


def _plain(told: Told, turn: TurnPlan, out: list[Pieces]) -> list[Pieces]:
    """The acts that need no value, those that answer before and those that end after the rest."""
    names = [act.act for act in turn.acts]
    thanks = told.speech.thanks
    asked = told.heard_acts("req_more", "hand_off", "nothing")
    if "negate" in names and not any(act.act == "inform" for act in turn.acts):
        text = told.typed(told.speech.user["done" if asked else "negate"], lambda text: _ends(told, text, names))
        out.insert(0, [text])
    thankful = partial(_ends, told, names=names)
    waived = next((act.slot for act in turn.acts if act.act == "no_preference" and act.slot), "")
    seeks = bool(waived) and told.seeks(waived, _intent_of(turn))
    for name in names:
        if name in PLAIN and name not in ENDS:
            own = partial(told.speech.answers_that, seeks=seeks) if waived and name == "no_preference" else thankful
            text = told.typed(told.speech.user[PLAIN[name]], own)
            more = _more(told, "affirm_tail") if name == "affirm" and len(text.split()) < FEW - 1 and not out else ""
            out.insert(0, [f"{text}, {more}" if more else text])
    clauses = {clause for sentence in out for piece in sentence if isinstance(piece, str) for clause in _clauses(piece)}
    said = any(map(thanks, clauses))
    bye = ""
    if "goodbye" in names:

        def parts(text: str) -> bool:
            again = (said and thanks(text)) or not clauses.isdisjoint(_clauses(text))
            return _ends(told, text, names) and not again and not (told.speech.denies(text) and (out or not asked))

        bye = told.typed(told.speech.user["goodbye"], parts)
    if "thank_you" in names and not said and not thanks(bye):
        out.append([told.typed(told.speech.user["thank_you"])])
    return [*out, [bye]] if bye else out


def _clauses(text: str) -> list[str]:
    """The clauses of a text, without its marks."""
    return [normalised(clause) for clause in MARKS.split(text) if clause.strip()]


def _ends(told: Told, text: str, names: Sequence[str]) -> bool:
    """Whether a text says thanks only where the turn's acts do."""
    return "thank_you" in names or not told.speech.thanks(text)


def _more(told: Told, deck: str, fits: Callable[[str], bool] = bool) -> str:
    """Words that a user who is not terse says beside others, at times."""
    wordy = {"terse": 0.0, "wordy": 1.6}.get(told.outline.style.verbosity, 1.0)
    if deck not in told.speech.user or told.random.random() >= MORE[deck] * wordy:
        return ""
    return told.draw(told.speech.user[deck], fits)


def _values(told: Told, turn: TurnPlan, said: Sequence[SlotValue]) -> list[Pieces]:
    """The values of a turn: answers first, then what is told unasked."""
    acts = [act for act in turn.acts if act.act in ("inform", "inform_invalid")]
    spoken = [(act, value) for act in acts if (value := _words_for(act, said))]
    if any(act.act == "undecided" for act in turn.acts):
        text = told.typed(told.speech.user["two_values"])
        return [told.filled(text, {"value": said[0], "other": said[1]})]
    if not spoken:
        silent = turn.edge_case == "anaphora" and any(act.act == "inform" for act in turn.acts)
        return [[told.typed(told.speech.user["same"])]] if silent else []
    many = len(spoken) > 1
    return [_value(told, turn, act, value, many=many) for act, value in spoken]


def _words_for(act: DialogueAct, said: Sequence[SlotValue]) -> SlotValue | None:
    wanted = act.value if act.act == "inform" else None
    return next((value for value in said if value.slot == act.slot and value.value == wanted), None)


def _value(told: Told, turn: TurnPlan, act: DialogueAct, value: SlotValue, *, many: bool) -> Pieces:
    """One value in the words that its place asks for: an answer, a change, one told unasked."""
    speech, name, seeks = told.speech, told.name(act.slot), told.seeks(value.slot, _intent_of(turn))
    asked = {act.slot for act in told.heard_acts("request", "clarify")}
    changed = told.state.get(act.slot or "", value.value) != value.value
    denied = any(one.act == "negate" for one in turn.acts)
    own = told.own(value.slot, _intent_of(turn))
    said: Pieces = [f"{own} ", value] if own else [value]
    small = value.surface.split()[0].lower()
    inside = small in told.pack.noise.small_words and small not in told.pack.articles
    fits: Callable[[str], bool] = lambda text: (_apart(text) or not inside) and speech.answers_that(text, seeks)  # noqa: E731
    if changed and act.slot not in asked:
        plain = shows_itself(told, value) and not many and (denied or not asked)
        few = denied and not many and len(told.heard_acts("confirm")) < 3
        alone = told.random.random() < (ALONE if plain else 0.5 if few else 0)
        deck = "change" if alone else "change_named"
        if not told.heard_acts("confirm", "clarify"):  # nothing was read back that could be right or wrong
            deck = {"change": "rethink", "change_named": "rethink_named"}[deck]
        deck = deck if deck in speech.user else "change_named"
        return told.filled(told.typed(speech.user[deck], fits), {"value": said, "name": name})
    if act.slot in asked and _was_wrong(told, act.slot):
        return told.filled(told.typed(speech.user["wrong_again"], fits), {"value": value})
    named = act.slot not in asked or (many and told.random.random() < 0.15) or told.random.random() < NAMES_ASKED
    role = told.role(value.slot, _intent_of(turn))
    if role and (named or many) and not inside and told.random.random() < ROLES:
        return [f"{role} ", value]
    if named and not (many and shows_itself(told, value) and told.random.random() < 0.75):
        return told.filled(told.typed(speech.user["named"], fits), {"value": said, "name": name})
    kind = told.kind(value) if seeks or told.kind(value) != "choice" else "any"
    text = told.typed(speech.answers[kind], lambda text: fits(text) and not (many and _long(text)))
    bare = text == "{value}" and told.random.random() < 0.6
    pieces = told.filled(text, {"value": value if bare else said})
    return pieces if many else _fuller(told, text, pieces, fits)


def _intent_of(turn: TurnPlan) -> str:
    """The intent that the values of a turn belong to."""
    return next((plan.intent for plan in reversed(turn.intents) if not plan.skeleton), "")


def _long(text: str) -> bool:
    return len(text.split()) > SHORT


def _fuller(told: Told, text: str, pieces: Pieces, fits: Callable[[str], bool]) -> Pieces:
    """An answer with a word before it or after it, as people add who do not count their words."""
    lead = _more(told, "answer_lead", fits) if text == "{value}" else ""
    tail = _more(told, "answer_tail", fits) if len(text.split()) < FEW and text[-1:] not in ".?" else ""
    return [*([f"{lead} "] if lead else []), *pieces, *([f", {tail}"] if tail else [])]


def _apart(text: str) -> bool:
    """Whether the value of a text stands apart from the words before it, so that it may begin with a preposition."""
    return text.partition("{value}")[0].rstrip()[-1:] in ("", ",", ":", ".", "-")


def _was_wrong(told: Told, slot: str | None) -> bool:
    """Whether the user's last try at a slot had a wrong form."""
    earlier = told.outline.turns[told.number - 2].acts if told.number > 1 else ()
    return any(act.act == "inform_invalid" and act.slot == slot for act in earlier)


def _choice(told: Told, turn: TurnPlan, said: Sequence[SlotValue]) -> list[Pieces]:
    """The offer that is taken: by its name, by its place in the list, or the only one there is."""
    act = next((act for act in turn.acts if act.act == "select"), None)
    if act is None:
        return []
    user = told.speech.user
    if value := next((value for value in said if (value.slot, value.value) == (act.slot, act.value)), None):
        return [told.filled(told.typed(user["select_item"]), {"item": value})]
    listed = [offer.value for offer in offers(told) if offer.slot == act.slot]
    if len(listed) > 1 and act.value in listed and listed.index(act.value) < len(told.speech.ordinals):
        nth = told.speech.ordinals[listed.index(act.value)]
        return [told.filled(told.typed(user["select_nth"]), {"nth": nth})]
    return [[told.typed(user["select"])]]


def offers(told: Told) -> list[DialogueAct]:
    """The latest offers of the bot."""
    for turn in reversed(told.outline.turns[: told.number]):
        if found := [act for act in turn.acts if act.act == "offer" and turn.speaker == "bot"]:
            return found
    return []


def _questions(told: Told, turn: TurnPlan) -> list[Pieces]:
    """Questions for facts, and why a value is asked for."""
    out = list[Pieces]()
    for act in turn.acts:
        if act.act in ("request", "request_reason"):
            deck = told.speech.user["request" if act.act == "request" else "ask_why"]
            out.append(told.filled(told.typed(deck), {"name": told.name(act.slot)}))
    return out


def _vague(told: Told, turn: TurnPlan) -> str:
    """Words that fit two tasks: a thing that both are about, or the first of them."""
    frames = frames_of(told.tag).by_family.get("topic", [])
    first, second = (told.tasks[act.value or ""].intent for act in turn.acts if act.act == "vague")
    slots = told.scenario.intents[first].slots
    both = {slot.entity for slot in told.scenario.intents[second].slots.values()}
    shared = [name for name, slot in slots.items() if slot.entity in both and slot.required]
    word = words_of(told.random.choice(shared)) if shared else words_of(first).split()[-1]
    if not frames:
        return word
    return weighted(told.random, {frame: frame.weight for frame in frames}).around(word)


def _joint(told: Told, before: Pieces) -> str:
    """What stands between two clauses; a question or a sentence that has ended needs no more than a blank."""
    last = before[-1]
    if isinstance(last, str) and last.rstrip()[-1:] in (".", "?", "!", ","):
        return " "
    return told.random.choices(told.speech.joints.texts, cum_weights=told.speech.joints.sums)[0]


def _pause(told: Told, out: Pieces, before: Pieces) -> str:
    """What stands between two clauses that are no values: a comma, or a full stop after a longer one."""
    last = before[-1]
    if isinstance(last, str) and last.rstrip()[-1:] in (".", "?", "!", ","):
        return " "
    words = sum(len((piece if isinstance(piece, str) else piece.surface).split()) for piece in out)
    return ". " if words >= PAUSE and told.random.random() < 0.5 else ", "


def _capital(told: Told, pieces: Pieces) -> Pieces:
    """A clause that begins a sentence, with a capital where the user writes them."""
    first = pieces[0] if pieces else ""
    capital = isinstance(first, str) and told.turns and told.turns[0].text.text[:1].isupper()
    return [first[:1].upper() + first[1:], *pieces[1:]] if capital and isinstance(first, str) else pieces


def _lowered(told: Told, words: Pieces, intent: str) -> Pieces:
    """An utterance after a lead-in: in lower case where it begins if it may."""
    first, *rest = [piece for piece in words if piece] or [""]
    if not isinstance(first, str) or first.split(" ")[0] in told.pack.style.capital_words:
        return words
    return [wording_of(told.domain, told.tag).uncapped(first, intent), *rest]


def _formed(told: Told, pieces: Pieces) -> Pieces:
    """A later turn in the form of the first: with a capital and a mark, as it is, or all in lower case."""
    form = _form(told)
    out = [form(piece) if isinstance(piece, str) else piece for piece in pieces]
    if form is _as_is and out and isinstance(out[0], str):
        out[0] = out[0][:1].upper() + out[0][1:]
    return out


def _form(told: Told) -> Callable[[str], str]:
    first = told.turns[0].text if told.turns else None
    free = first and not (first.spans and first.spans[0].start == 0)
    if first is None or not free or not first.text:
        return _same
    words = "".join(first.text[a:b] for a, b in _gaps(first.text, [(span.start, span.end) for span in first.spans]))
    return _as_is if first.text[:1].isupper() else str.lower if words.islower() else _same


def _gaps(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _as_is(words: str) -> str:
    return words


def _same(words: str) -> str:
    return words
