"""A Rasa project: intents with their examples, entities, and forms as tasks, as one scenario."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from synthconv.errors import UsageError
from synthconv.scenario.imports.build import finish
from synthconv.scenario.imports.draft import Draft, escaped, named, shown
from synthconv.scenario.imports.english import words_of
from synthconv.scenario.imports.examples import examples_of
from synthconv.scenario.imports.fields import Field, Slot, guessed, slot_name
from synthconv.scenario.imports.rasa_files import Project, listed, read_project, steps_of
from synthconv.scenario.imports.rasa_labels import label, money
from synthconv.scenario.imports.rasa_nlu import Mention, Nlu, collect, entity_of, nlu_of, pattern_of
from synthconv.scenario.imports.requests import Operation, request_of

HEAD = (
    "Made by `synthconv init --from-rasa` out of {file}: it runs as it is, and gets better by what you change:",
    "- examples: Rasa's own, its labels as {slot}; write (a|b) and [x] where words may change",
    "- entities: the values that the examples label; more of them make better data",
    "- outcomes: what the bot says when a form is done, guessed from the responses' names",
)
ACTS = re.compile(
    r"^(greet(ing)?s?|hello|hi|goodbye|bye|thanks?|thank_?you|affirm|deny|confirm|yes|no|inform|stop|nlu_fallback|out_of_scope_?|session_start|restart|back)$"
)
"""Intents that are moves of a dialogue or Rasa's own, and no requests."""
CONFIRMS = re.compile(r"confirm|continue|proceed|submit|sure|correct")
DONE = re.compile(r"complet|done|success|schedul|submit|booked|found|confirmed|finish|thank|values|all set")
FAILED = re.compile(r"cancel|insufficient|fail|error|unknown|unable|unavailable|denied|invalid|nothing|sorry")
ROWS, WAYS = 50, 3
"""Rows of an intent, and how many of them one text without values is good for."""
FILLED = 3
"""Examples that are made for a slot of a form that no example says."""


@dataclass
class Form:
    """A form: its slots with their entities, the intents that begin it, and whether it asks for a yes in the end."""

    name: str
    slots: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    intents: list[str] = field(default_factory=list)
    confirm: bool = False


def from_rasa(folder: Path) -> Draft:
    """The scenario of a project. Raises UsageError for what is no Rasa project, or one without an example."""
    project = read_project(folder)
    nlu = nlu_of(project)
    name = shown(folder.resolve().name) or "rasa"
    draft = Draft({"scenario": name, "language": _language(project), "intents": {}}, {})
    draft.remarks[()] = [line.replace("{file}", name) for line in HEAD]
    forms = [_form(form, spec, project) for form, spec in project.forms.items()]
    _begin(forms, project)
    labelled = label(nlu, project, _wanted(forms))
    collect(nlu)
    for entity in labelled:
        draft.remark(("entities", entity), "Found in the examples as Duckling would find it")
    kept = [intent for intent, examples in nlu.examples.items() if examples and not ACTS.match(intent.lower())]
    kept += [form.intents[0] for form in forms if form.slots and form.intents[0] not in kept]
    if not kept:
        raise UsageError(
            f"{folder} has no intent with an example", "add the folder's NLU files (nlu: with intent and examples)"
        )
    for intent in dict.fromkeys(kept):
        _add_intent(draft, intent, nlu, project, [form for form in forms if intent in form.intents])
    _add_entities(draft, nlu, project)
    left_out = [
        intent
        for intent in dict.fromkeys([*project.intents, *nlu.examples])
        if intent and intent not in draft.data["intents"]
    ]
    if left_out:
        draft.remark(
            ("intents",),
            f"Not taken over: {', '.join(left_out)}: moves of a dialogue, Rasa's own, or without an example",
        )
    if project.checkpoints:
        draft.remark(("dialogues",), "Rasa's checkpoints are not followed: `next` holds what one story tells in a row")
    if nlu.groups:
        draft.remark(("entities",), "Rasa's groups are not taken over")
    finish(draft, _tasks(draft, project, forms))
    return draft


def _language(project: Project) -> str:
    tag = project.language or "en"
    return tag if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) else "en"


def _form(name: str, spec: Any, project: Project) -> Form:
    """A form of the domain: `required_slots` is a list in Rasa 3, a mapping with mappings in Rasa 2."""
    form, spec = Form(shown(name)), spec if isinstance(spec, dict) else {}
    wanted = spec.get("required_slots", {key: value for key, value in spec.items() if key != "ignored_intents"})
    named_slots = wanted if isinstance(wanted, dict) else dict.fromkeys(str(slot) for slot in listed(wanted))
    if not named_slots:  # the oldest forms have them in code
        asked = {answer.removeprefix("utter_ask_") for answer in project.responses}
        named_slots = {slot: None for slot in project.slots if {slot, f"{name}_{slot}"} & asked}
    for slot, own in named_slots.items():
        defined = project.slots.get(slot)
        known = defined if isinstance(defined, dict) else {}
        mappings = [one for one in listed(own or known.get("mappings")) if isinstance(one, dict)]
        entities = [shown(one["entity"]) for one in mappings if one.get("type") == "from_entity" and one.get("entity")]
        by_intent = any(one.get("type") == "from_intent" for one in mappings)
        if not entities and by_intent and (CONFIRMS.search(slot.lower()) or known.get("type") != "bool"):
            form.confirm = True
            continue
        if not entities and by_intent:
            form.flags.add(shown(slot))
        form.slots[shown(slot)] = entities[0] if entities else shown(slot)
    return form


def _wanted(forms: Sequence[Form]) -> dict[str, set[str]]:
    """The entities that an intent's forms want."""
    out: dict[str, set[str]] = {}
    for form in forms:
        for intent in form.intents:
            out.setdefault(intent, set()).update(form.slots.values())
    return out


def _begin(forms: Sequence[Form], project: Project) -> None:
    """Find the intents that begin each form; one that none begins is named after it."""
    by_name = {form.name: form for form in forms}
    for steps in (*project.rules, *project.stories):
        asked = list[str]()
        for kind, name in steps_of(steps):
            if kind == "intent":
                asked.append(name)
            elif name in by_name:
                found = by_name[name].intents
                found += [intent for intent in asked if intent not in found and not ACTS.match(intent.lower())]
                asked = []
            elif kind == "action":
                asked = []
    for form in forms:
        if not form.intents:
            bare = re.sub(r"_?form$", "", form.name) or form.name
            form.intents = [named(bare)]


def _add_intent(draft: Draft, name: str, nlu: Nlu, project: Project, forms: Sequence[Form]) -> None:
    """An intent with its examples, and the slots that they and its forms have."""
    wanted = {slot: entity for form in forms for slot, entity in form.slots.items()}
    slots: dict[str, dict[str, Any]] = {}

    def slot(mention: Mention) -> str:
        found = _slot_of(mention, wanted, project)
        slots.setdefault(slot_name(found), {"entity": named(mention.kind or mention.entity)})
        return slot_name(found)

    patterns = [pattern_of(parts, slot) for parts in nlu.examples.get(name, ())]
    examples = list({str(one).casefold(): one for one in patterns if one}.values())
    about = " ".join(words_of(f"{draft.data['scenario']} {name}"))
    guesses = [_guess(found, entity, forms, about) for found, entity in wanted.items()]
    for guess, entity in zip(guesses, wanted.values(), strict=True):
        key = slot_name(guess.field.name)
        ask = _ask(key, forms, project) or guess.ask
        slots[key] = {"entity": named(nlu.kinds.get((name, entity), entity)), "required": True, "ask": ask}
    if not examples:
        operation = Operation(name)
        examples = list(examples_of(request_of(operation), guesses))
        draft.remark(("intents", name), "No example is labelled with it: these are made from its name")
    examples += _filling(draft, name, examples, [guess for guess in guesses if not _is_said(guess, examples)])
    rare = _weight(draft, name, examples)
    draft.data["intents"][name] = {"examples": examples, **({"slots": slots} if slots else {}), **rare}


def _weight(draft: Draft, intent: str, examples: Sequence[str | dict[str, str]]) -> dict[str, float]:
    """A weight below one for an intent whose few texts cannot be said in as many ways as rows are asked for."""
    texts = len(examples) if all(isinstance(one, dict) or "{" not in one for one in examples) else ROWS
    if texts * WAYS >= ROWS:
        return {}
    draft.remark(
        ("intents", intent), f"{texts} examples are few: fewer rows are made of it; add examples, remove the weight"
    )
    return {"weight": round(texts * WAYS / ROWS, 2)}


def _guess(slot: str, entity: str, forms: Sequence[Form], about: str) -> Slot:
    flag = any(slot in form.flags for form in forms)
    guess = guessed(Field(slot, kind="boolean" if flag else "string", required=True), about)
    return guess if guess.after or guess.before else guessed(Field(entity, kind="string", required=True), about)


def _slot_of(mention: Mention, wanted: dict[str, str], project: Project) -> str:
    """The slot that Rasa fills with a labelled stretch: that of a mapping with the role, else role and entity."""
    fits = [slot for slot in wanted if wanted[slot] == mention.entity]
    for slot in [*fits, *project.slots]:
        defined = project.slots.get(slot)
        for mapping in listed(defined.get("mappings")) if isinstance(defined, dict) else ():
            if (
                isinstance(mapping, dict)
                and mapping.get("entity") == mention.entity
                and mapping.get("role", "") == mention.role
            ):
                return slot
    if fits and not mention.role:
        return fits[0]
    return f"{mention.role}_{mention.entity}" if mention.role else mention.entity


def _ask(slot: str, forms: Sequence[Form], project: Project) -> str:
    for name in (*(f"utter_ask_{form.name}_{slot}" for form in forms), f"utter_ask_{slot}"):
        if name in project.responses:
            return project.responses[name]
    return ""


def _is_said(slot: Slot, examples: Sequence[str | dict[str, str]]) -> bool:
    return any(isinstance(one, str) and slot.said("{}") in one for one in examples)


def _filling(draft: Draft, intent: str, examples: Sequence[str | dict[str, str]], missing: Sequence[Slot]) -> list[str]:
    """Examples that say the slots which Rasa takes from answers only: short ones with the value after them."""
    plain = [escaped(one["text"]) if isinstance(one, dict) else one for one in examples]
    short = sorted(
        dict.fromkeys(text.rstrip(" .?!") for text in plain), key=lambda text: (len(text.split()) < 3, len(text))
    )
    out = list[str]()
    for slot in missing:
        phrases = slot.after if slot.after and "type" in slot.definition else (", {}",)
        for i, text in enumerate(short[:FILLED]):
            phrase = slot.said(phrases[i % len(phrases)])
            out.append(f"{text}{phrase}" if phrase.startswith(",") else f"{text} {phrase}")
    if out:
        names = ", ".join(slot.field.name for slot in missing)
        draft.remark(("intents", intent), f"No example says {names}: the last ones are made, better write your own")
    return out


def _add_entities(draft: Draft, nlu: Nlu, project: Project) -> None:
    """The entities that some slot of an intent has."""
    draft.data["entities"] = entities = {}
    for intent in draft.data["intents"].values():
        for slot, wanted in intent.get("slots", {}).items():
            name = wanted["entity"]
            if name in entities:
                continue
            if name in nlu.kinds.values() and name not in nlu.surfaces:
                entities[name] = money(nlu)
                continue
            defined = project.slots.get(slot)
            given = listed(defined.get("values")) if isinstance(defined, dict) else []
            texts = [shown(one) for one in given if isinstance(one, (str, int, float))]
            kind = defined.get("type") if isinstance(defined, dict) else ""
            if kind == "bool" and name not in nlu.surfaces:
                guess = guessed(Field(slot, kind="boolean"), "")
                entities[name], remark = guess.definition, guess.remark
            else:
                entities[name], remark = entity_of(name, nlu, texts, draft.data["scenario"])
            if remark:
                draft.remark(("entities", name), remark)
    if not entities:
        del draft.data["entities"]


def _tasks(draft: Draft, project: Project, forms: Sequence[Form]) -> dict[str, Any]:
    """A task for every form and intent that begins it, and for every intent that is answered at once."""
    tasks: dict[str, Any] = {}
    for form in forms:
        for intent in form.intents:
            if intent in draft.data["intents"] and intent not in tasks and form.slots:
                slots = list(draft.data["intents"][intent].get("slots", {}))
                confirm = {"confirm": True} if form.confirm else {}
                tasks[intent] = {"intent": intent, **confirm, "outcomes": _outcomes(form, intent, slots, project)}
    for intent, action in _answers(project):
        if intent in draft.data["intents"] and intent not in tasks:
            slots = list(draft.data["intents"][intent].get("slots", {}))
            say = _say(project.responses.get(action, ""), slots, project)
            if not say:
                draft.remark(("dialogues", "tasks", intent), f"{action} is code: say what it tells")
            tasks[intent] = {"intent": intent, "outcomes": {"success": {"say": say or "Done."}}}
    for name, others in _following(tasks, project).items():
        tasks[name]["next"] = others
    return tasks


def _answers(project: Project) -> Iterator[tuple[str, str]]:
    """Intents with the action that answers them at once."""
    for steps in (*project.rules, *project.stories):
        found = [step for step in steps_of(steps) if step[0] != "loop"]
        for (kind, name), (then, action) in pairwise(found):
            if (
                (kind, then) == ("intent", "action")
                and action not in project.forms
                and action.startswith(("utter_", "action_"))
            ):
                yield name, action


def _outcomes(form: Form, intent: str, slots: Sequence[str], project: Project) -> dict[str, Any]:
    """What is said when a form is done: the responses that share words with it, by what their names tell."""
    about = {word for word in words_of(f"{form.name} {intent}") if word not in ("form", "to", "a", "the")}
    outcomes: dict[str, Any] = {}
    near = [(name, len(about & set(words_of(name)))) for name in project.responses if not name.startswith("utter_ask")]
    for name, _ in sorted((one for one in near if one[1]), key=lambda one: -one[1]):
        said, text = _say(project.responses[name], slots, project), project.responses[name].lower()
        kind = (
            ""
            if not said
            else "failure"
            if FAILED.search(f"{name} {text}")
            else "success"
            if DONE.search(f"{name} {text}")
            else ""
        )
        if kind == "success" and "success" not in outcomes:
            outcomes["success"] = {"weight": 8, "say": said}
        elif kind == "failure" and sum(key != "success" for key in outcomes) < 2:
            outcomes[name.removeprefix("utter_")] = {"weight": 1, "say": said}
    outcomes.setdefault("success", {"weight": 8, "say": "Done."})
    if len(outcomes) == 1:
        outcomes["failure"] = {"weight": 1, "say": "Sorry, that did not work."}
    return {"success": outcomes.pop("success"), **outcomes}


def _say(text: str, slots: Sequence[str], project: Project) -> str:
    """A response as a pattern; "" where it says what only code knows. A slot's initial value stands for it."""

    def part(match: re.Match[str]) -> str:
        name = match.group(1)
        if slot_name(name) in slots:
            return f"{{{slot_name(name)}}}"
        defined = project.slots.get(name)
        start = defined.get("initial_value") if isinstance(defined, dict) else None
        return escaped(shown(start)) if isinstance(start, (str, int, float)) and start != "" else "\0"

    pieces = re.split(r"(\{[^{}]*\})", text)
    out = "".join(re.sub(r"\{([^{}]*)\}", part, one) if one.startswith("{") else escaped(one) for one in pieces)
    return "" if "\0" in out else re.sub(r"[$€£](?=\{)", "", out)  # an amount has its own sign


def _following(tasks: dict[str, Any], project: Project) -> dict[str, list[str]]:
    """The tasks that a story tells one after the other."""
    found: dict[str, list[str]] = {}
    for steps in project.stories:
        told = [name for kind, name in steps_of(steps) if kind == "intent" and name in tasks]
        for first, then in pairwise(told):
            others = found.setdefault(first, [])
            if then != first and then not in others:
                others.append(then)
    return {name: others for name, others in found.items() if others}
