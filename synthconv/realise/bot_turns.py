"""A bot's turns in words: the author's own texts where there are some, else the language's, in the bot's tone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from synthconv.plan.policy import READ_BACK, variants
from synthconv.realise.rules import joined
from synthconv.realise.story import Pieces, Told, listed, shows_itself, spliced
from synthconv.records import DialogueAct, IntentPlan, SlotValue, TurnPlan
from synthconv.scenario.patterns import Node, Slot, expand, parse

ACKS = {"friendly": 0.55, "neutral": 0.35, "formal": 0.25}
"""How often a bot acknowledges an answer before it asks on, by its tone."""
BARE = 0.6
"""How often a bot reads a few values back without naming the slots even of those that do not show what they are."""
YES_NO = 2
"""An entity of more values than these has values that show what they are."""
ROLES = 0.7
"""How often what is read back is told by prepositions, where the examples have them: "for 4, at 7 pm"."""
IN_BRACKETS, MOST_TOLD = 0.25, 2
"""How often the facts of an offer stand in brackets, and how many of them are told in a sentence."""
PLAIN = {
    "req_more": "req_more",
    "goodbye": "goodbye",
    "hand_off": "hand_off",
    "refuse": "refuse",
    "side_answer": "side_answer",
    "insist": "no_value",
    "switch": "switched",
    "notify_cancelled": "cancelled",
    "deny_claim": "not_done",
    "welcome_back": "welcome_back",
    "empathise": "empathy",
    "remind": "remind",
    "close": "close",
    "no_alternatives": "nothing_else",
    "notify_success": "success",
    "notify_failure": "failure",
}
"""Acts that a deck says by itself."""
NAMED = {"explain": "explain", "reject_value": "wrong_format"}
"""Acts that a deck says with the name of a slot."""


def bot_turn(told: Told, turn: TurnPlan) -> Pieces:
    """The words of a bot's turn: a sentence for each act, or one for several of a kind."""
    sentences = list[Pieces]()
    name = told.scenario.bot.name
    if name and told.number == 1:
        sentences.append(told.filled(said(told, "introduce"), {"name": name}))
    elif (deck := _understood(told, turn.acts[0])) and told.random.random() < ACKS[told.scenario.bot.tone]:
        sentences.append([said(told, deck if deck in told.speech.bot else "ack")])
    if turn.acts[0].act == "request" and turn.slots:  # a value is said back before the question
        text = said(told, "ack_value") if "ack_value" in told.speech.bot else "{value}."
        sentences[1 if told.number == 1 else 0 :] = [told.filled(text, {"value": turn.slots[0]})]
    acts, at, resume = list(turn.acts), 0, False
    while at < len(acts):
        same = [act for act in acts[at:] if act.act == acts[at].act]
        together = same if acts[at].act in GROUPS else same[:1]
        sentence = _sentence(told, turn, together)
        if resume and sentence:
            sentence, resume = spliced(said(told, "resume"), "question", sentence), False
        resume = resume or acts[at].act == "resume" or _resumes(told, acts, at)
        sentences += [sentence] if sentence else []
        at += len(together)
    pieces = [piece for i, sentence in enumerate(sentences) for piece in ([" ", *sentence] if i else sentence)]
    return list(joined(_capitals(pieces), told.pack, told.utterances.days))


def _capitals(pieces: Pieces) -> Iterator[str | SlotValue]:
    """`pieces`, a value that begins a sentence with a capital if it begins with a word."""
    end = "."
    for piece in pieces:
        words = piece if isinstance(piece, str) else piece.surface
        if isinstance(piece, SlotValue) and end in ".?!" and words.split()[0].isalpha():
            piece = replace(piece, surface=words[:1].upper() + words[1:])
        end = words.rstrip()[-1:] or end
        yield piece


def said(told: Told, act: str) -> str:
    """A text for an act that fits the bot's tone and that the dialogue has not had."""
    deck = told.speech.bot[act]
    text = told.draw(deck)
    for _ in range(6 if told.formal else 0):
        if "!" not in text and "'" not in text:
            break
        text = told.draw(deck)
    return text


def _understood(told: Told, act: DialogueAct) -> str:
    """The deck of a word that what was just said is understood, before an act; "" where none fits."""
    if act.act == "request":
        opened = told.heard_acts("inform_intent")
        return "ack_task" if opened else "ack" * bool(told.heard_acts("inform", "no_preference"))
    return "ack_choice" if act.act in ("req_more", "offer_intent") and told.heard_acts("select") else ""


def _resumes(told: Told, acts: list[DialogueAct], at: int) -> bool:
    """Whether the next act is the question that a side matter put off."""
    aside = acts[at].act == "side_answer" and at + 1 < len(acts) and acts[at + 1].act in ("request", "confirm")
    return aside and told.random.random() < 0.6 and told.number > 1


def _sentence(told: Told, turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    act = acts[0]
    if act.act in GROUPS:
        return GROUPS[act.act](told, turn, acts)
    if act.act in ("notify_success", "notify_failure") and (words := _script(told, turn, act.value or "")):
        return words
    if act.act == "side_answer" and act.value and (answer := told.scenario.intents[act.value].answer):
        return ["".join(map(str, expand(_asked(answer), told.random)))]
    if act.act in NAMED:
        return told.filled(said(told, NAMED[act.act]), {"name": told.name(act.slot)})
    if act.act == "offer_intent":
        return told.filled(said(told, "offer_intent"), {"do": told.do(act.value)})
    if act.act == "inform_count":
        return told.filled(said(told, "inform_count"), {"count": act.value or ""})
    return [said(told, PLAIN[act.act])] if act.act in PLAIN else []


def _script(told: Told, turn: TurnPlan, of: str = "") -> Pieces | None:
    """The author's text (of that outcome) with the values in it; None if there is none, or it was said before."""
    plan = next((plan for plan in turn.intents if plan.skeleton), None)
    if plan is None or (plan.skeleton != of if of else plan.skeleton == READ_BACK) or told.scripted == told.number:
        return None
    told.scripted = told.number
    task = told.tasks[plan.intent]
    say = (task.read_back if plan.skeleton == READ_BACK else task.outcomes[plan.skeleton].say) or ""
    words = _expanded(variants(say)[tuple(value.slot for value in plan.slots)], plan, told)
    text = "".join(piece if isinstance(piece, str) else piece.surface for piece in words)
    if text in told.used and not plan.slots:
        return None
    told.used.add(text)
    return words


def _expanded(node: Node, plan: IntentPlan, told: Told) -> Pieces:
    values = {value.slot: value for value in plan.slots}
    return [values[piece.name] if isinstance(piece, Slot) else piece for piece in expand(node, told.random) if piece]


def _requests(told: Told, turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    """One question a slot; one that was asked before is put in other words."""
    if any(act.act == "reject_value" for act in turn.acts):
        return []
    out = list[Pieces]()
    for act in acts:
        question, again = _question(told, act.slot or ""), told.heard and told.heard.again is not None
        words: Pieces = [question]
        if again:
            words = spliced(said(told, "request_again"), "question", words)
        out.append(words)
    return [piece for i, words in enumerate(out) for piece in ([" ", *words] if i else words)]


def _question(told: Told, slot: str) -> str:
    """The author's question for a slot, the first time; else one of the language's."""
    task = next((name for name in told.tasks if slot in told.scenario.intents[told.tasks[name].intent].slots), "")
    task = _task_of(told) or task
    model = told.scenario.intents[told.tasks[task].intent].slots.get(slot) if task else None
    for _ in range(3 if model and model.ask else 0):
        assert model
        text = "".join(map(str, expand(_asked(model.ask or ""), told.random)))
        if text not in told.used:
            told.used.add(text)
            return text
    text = said(told, "request").replace("{name}", told.name(slot))
    return text[:1].upper() + text[1:]


def _task_of(told: Told) -> str:
    """The task that is spoken of, by the acts so far."""
    for turn in reversed(told.outline.turns[: told.number + 1]):
        for act in reversed(turn.acts):
            if act.act in ("resume", "inform_intent", "affirm_intent") and (task := act.value) in told.tasks and task:
                return task
    return ""


@lru_cache(maxsize=10_000)
def _asked(ask: str) -> Node:
    return parse(ask, "und").tree


def _confirms(told: Told, turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    values = [_of(turn, act) for act in acts]
    if phrase := _script(told, turn, READ_BACK):
        deck = "confirm_do" if "confirm_do" in told.speech.bot else "confirm"
        return spliced(said(told, deck), "do" if deck == "confirm_do" else "list", phrase)
    text = said(told, "confirm")
    colon = " " if ":" in text else ": "
    entities = [value.entity for value in values]
    bare = len(values) < 4 and told.random.random() < BARE
    plain = {
        value.slot
        for value in values
        if entities.count(value.entity) == 1 and (bare or shows_itself(told, value) or _names_itself(told, value))
    }
    intent = told.tasks[task].intent if (task := _task_of(told)) else ""
    roles = {value.slot: told.role(value.slot, intent) for value in values} if told.random.random() < ROLES else {}
    parts: list[Pieces] = [
        [value] if value.slot in plain else [f"{told.name(value.slot)}{colon}", value]
        for value in values
        if not roles.get(value.slot)
    ]
    inner = listed(told, parts)
    for value in values:
        if role := roles.get(value.slot):
            inner += [f"{' ' if inner else ''}{_to_user(told, role)} ", value]
    return spliced(text, "list", inner)


def _names_itself(told: Told, value: SlotValue) -> bool:
    """Whether a value is one of several that are named: "pleated skirt", and not "yes"."""
    entity = told.scenario.entities.get(value.entity)
    return entity is not None and len(entity.values or ()) > YES_NO


def _to_user(told: Told, role: str) -> str:
    """Words before a value as the bot says them: "from your" for "from my"."""
    return " ".join(told.speech.yours.get(word, word) for word in role.split())


def _informs(told: Told, turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    """The facts that the author's text did not tell."""
    scripted = {value.slot for plan in turn.intents if plan.skeleton for value in plan.slots}
    out = list[Pieces]()
    for act in acts:
        if act.slot not in scripted:
            out.append(told.filled(said(told, "inform"), {"name": told.name(act.slot), "value": _of(turn, act)}))
    return [piece for i, words in enumerate(out) for piece in ([" ", *words] if i else words)]


def _offers(told: Told, turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    """The author's text, and what it does not tell of the offer: one with a fact or two, or a list."""
    words, values = _script(told, turn) or [], [_of(turn, act) for act in acts]
    values = [value for value in values if value not in words]
    if not values:
        return words
    if words:
        words = [*words, " "]
    if len({act.slot for act in acts}) < len(acts):
        return words + spliced(said(told, "offer_list"), "list", listed(told, [[value] for value in values]))
    more = bool(told.heard_acts("request_alts"))
    text, facts = said(told, "offer_more" if more else "offer"), values[1:]
    if told.random.random() < IN_BRACKETS or "fact" not in told.speech.bot or len(facts) > MOST_TOLD:
        inner = listed(told, [[f"{told.name(value.slot)}: ", value] for value in facts], last=False)
        return words + spliced(text, "item", [values[0], *([" (", *inner, ")"] if inner else [])])
    return [*words, *spliced(text, "item", [values[0]]), *([" ", *_facts(told, facts)] if facts else [])]


def _facts(told: Told, values: Sequence[SlotValue]) -> Pieces:
    """A sentence about one fact of an offer, or about two."""
    names: dict[str, str | SlotValue | Pieces] = {"name": told.name(values[0].slot), "value": values[0]}
    if len(values) > 1:
        names |= {"name2": told.name(values[1].slot), "value2": values[1]}
    text = said(told, "fact_too" if len(values) > 1 else "fact")
    if text.startswith("{name}"):
        text = text.replace("{name}", told.name(values[0].slot)[:1].upper() + told.name(values[0].slot)[1:], 1)
    return told.filled(text, names)


def _clarifies(told: Told, turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    first, second = (_of(turn, act) for act in acts[:2])
    return told.filled(said(told, "which_of"), {"value": first, "other": second})


def _which_task(told: Told, _turn: TurnPlan, acts: list[DialogueAct]) -> Pieces:
    first, second = (f'"{told.do(act.value)}"' for act in acts[:2])
    return told.filled(said(told, "which_of"), {"value": first, "other": second})


def _of(turn: TurnPlan, act: DialogueAct) -> SlotValue:
    return next(value for value in turn.slots if (value.slot, value.value) == (act.slot, act.value))


GROUPS: dict[str, Callable[[Told, TurnPlan, list[DialogueAct]], Pieces]] = {
    "request": _requests,
    "confirm": _confirms,
    "inform": _informs,
    "offer": _offers,
    "clarify": _clarifies,
    "clarify_intent": _which_task,
}
"""Acts of which several in a turn are said in one sentence, or side by side."""
