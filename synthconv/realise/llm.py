"""The LLM realiser: words for many outlines at once, by conversations with models.

What a model answers is proven item by item: a good item is kept whatever became of its siblings, a bad one is asked for
again alone, with the reason. Everything here is pure; who holds the conversations (the engine, or the journal alone) is
the session's business. A conversation plans its outlines when it is begun and finishes its items when they are proven,
so that this work is done while other calls are on their way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from synthconv.errors import SynthconvError
from synthconv.llm.session import Session
from synthconv.llm.wire import Conversation
from synthconv.plan.domain import Domain
from synthconv.plan.rows import Row
from synthconv.plan.schedule import DialogueRow
from synthconv.realise.llm_dialogues import DialogueWriter
from synthconv.realise.llm_utterances import UtteranceWriter
from synthconv.realise.sheets import Openings
from synthconv.realise.writer import Done
from synthconv.records import OUT_OF_SCOPE, Outline, Rejection
from synthconv.scenario.catalogue import catalogue, form_of
from synthconv.stages import Item, Stage

AnyRow = Row | DialogueRow
Realise = Callable[[Iterable[Outline], Openings], list[list[Item]]]
PILOT, PILOT_ITEMS = 8, 20
"""Conversations that come before all others: if no text in them is good, of so many utterances or of as many dialogues
as there are conversations, none will be."""


def asks_models(row: AnyRow) -> bool:
    """Whether models word the row: not the author's own examples, nor what is by rules, nor outside of all intents.

    Those come from the catalogue, whose labels are sure: a model would have to know all intents to stay outside them,
    and will not write some of them at all.
    """
    if isinstance(row, DialogueRow):
        return True
    return row.example is None and row.intent != OUT_OF_SCOPE and not _by_rules(row)


def models_may_reword(row: AnyRow) -> bool:
    """Whether models may reword a row of the rules, once those have no new words for it: not an encoded text."""
    if isinstance(row, DialogueRow):
        return False
    return row.example is None and not _by_rules(row) and not catalogue().edge_cases[row.cell.edge_case or ""].verbatim


def _by_rules(row: Row) -> bool:
    return row.cell.edge_case is not None and form_of(row.cell.edge_case).by_rules


def llm_realiser(domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> Realise:
    """A function that words outlines, all of utterances or all of dialogues, and takes them through pure stages.

    It gives what became of each, in their order.
    """
    writers = _writers(domain, session, stages)

    def realise(outlines: Iterable[Outline], avoid: Openings) -> list[list[Item]]:
        done, first = Done(), list[Done]()
        writer, outlines = _writer_for(outlines, writers)
        conversations = writer.conversations(outlines, avoid, done)
        if session.pilot and not writer.proven:
            first = session.hold(islice(conversations, PILOT))
            items = chain.from_iterable(chain.from_iterable(results.values() for results in first))
            _check_pilot([item for item in items if isinstance(item, Rejection)], writer.proven)
        for results in chain(first, session.hold(conversations)):
            done |= results
        return list(done.values())

    return realise


def _check_pilot(refused: Sequence[Rejection], proven: int) -> None:
    """Raise SynthconvError if the first calls gave nothing that could be used: the others need not be paid for."""
    talks = any(item.outline and item.outline.story for item in refused)
    if proven or len(refused) < (PILOT if talks else PILOT_ITEMS):
        return
    reasons = Counter(item.reason for item in refused)
    told = ", ".join(f"{reason} {times}" for reason, times in reasons.most_common())
    last = " ".join((refused[-1].text or refused[-1].detail).split())[:120]
    raise SynthconvError(
        f"none of the first {len(refused)} rows could be used ({told}); the last answer was {last!r}",
        "use another model, or look at the prompts; `synthconv journal export` shows what was sent and said",
    )


def conversations(domain: Domain, session: Session, outlines: Iterable[Outline]) -> Iterator[Conversation[Done]]:
    """The conversations of a first round for `outlines`, for whoever wants to know what would be sent."""
    writer, outlines = _writer_for(outlines, _writers(domain, session))
    return writer.conversations(outlines, {}, Done())


Writers = tuple[UtteranceWriter, DialogueWriter]


def _writers(domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> Writers:
    return UtteranceWriter(domain, session, stages), DialogueWriter(domain, session, stages)


def _writer_for(
    outlines: Iterable[Outline], writers: Writers
) -> tuple[UtteranceWriter | DialogueWriter, Iterator[Outline]]:
    """The writer of what the first outline is, and all outlines."""
    source = iter(outlines)
    head = list(islice(source, 1))
    return writers[bool(head and head[0].story)], chain(head, source)
