"""The tasks of dialogues as their author writes them: outcomes, the records that come back, the voice of the bot."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from synthconv.scenario.keys import Name, Part, Share, Text, Weight

MOST_RECORDS = 20
"""Records that an outcome returns at most."""


def _as_range(value: Any) -> Any:
    return [value, value] if isinstance(value, int) and not isinstance(value, bool) else value


class ResultsModel(Part):
    """What the back end returns: records of fields, drawn from entities or given, so that their fields belong together.

    The bot tells of them in `say`; of several records with `offers`, it offers one after the other.
    """

    count: Annotated[list[int], BeforeValidator(_as_range)] = Field(
        [1, 1], min_length=2, max_length=2, description="How many records: [fewest, most], or one number"
    )
    fields: dict[Name, Name] = Field({}, description="Field -> entity of its values")
    records: list[dict[Name, Text]] = Field(
        [], description="Given records, each with the same fields; none is drawn then"
    )
    offers: Name | None = Field(None, description="The field that names a record, where the user is to choose one")

    @model_validator(mode="after")
    def _whole(self) -> ResultsModel:
        low, high = self.count
        if not 1 <= low <= high <= MOST_RECORDS:
            context = {
                "low": low,
                "high": high,
                "cure": f"write two numbers from 1 to {MOST_RECORDS}, the smaller first",
            }
            raise PydanticCustomError("results", "the count {low} to {high} is no range", context)
        if not self.fields and not self.records:
            raise PydanticCustomError("results", "results have no fields", {"cure": "give fields or records"})
        if len({frozenset(record) for record in self.records}) > 1:
            cure = "give every record the same fields"
            raise PydanticCustomError("results", "the records have different fields", {"cure": cure})
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All fields of a record, those of given records first."""
        return tuple(dict.fromkeys([*(self.records[0] if self.records else ()), *self.fields]))

    def entity(self, field: str) -> str:
        """The entity of a field's values; a given field is an entity of its own name."""
        return self.fields.get(field, field)


class OutcomeModel(Part):
    """What the back end may answer to a task, how the bot says it, and what it asks for again."""

    weight: Weight = Field(1.0, description="How often, beside the task's other outcomes")
    say: Text | None = Field(None, description="A pattern with {slot} and {field}: how the bot tells it")
    reask: list[Name] | None = Field(
        None, description="Slots that the bot asks for again, to try once more; []: no other value can help"
    )
    results: ResultsModel | None = Field(None, description="The records that come back")
    fails: bool | None = Field(
        None, description="The task was not done; without it, outcomes with reask, and later ones without results"
    )


class TaskModel(Part):
    """A job that a dialogue gets done: the slots of its intent are asked for, confirmed, and acted on."""

    intent: Name = Field(description="Name under `intents`; its slots are the task's")
    confirm: bool = Field(False, description="The bot reads the values back before it acts")
    read_back: Text | None = Field(
        None, description="A verb phrase with {slot}, for 'So you'd like to ...?'; without it a list of the values"
    )
    outcomes: dict[Name, OutcomeModel] = Field({}, description="Name -> what the back end may answer")
    next: list[Name] = Field([], description="Tasks that a user may go on to")
    do: Text | None = Field(None, description="The task as a verb phrase, for 'Would you like to ...?'")

    def fails(self, outcome: str) -> bool:
        """Whether an outcome means that the task was not done."""
        found, other = self.outcomes.get(outcome), outcome != next(iter(self.outcomes), outcome)
        if found is None:
            return other
        if found.fails is not None:
            return found.fails
        return bool(found.reask) or (other and found.results is None)


class DialoguesModel(Part):
    """Multi-turn dialogues: how many, for which tasks, with which user behaviours at which rates."""

    count: int = Field(0, ge=0, le=1_000_000, description="How many, spread evenly over the tasks")
    tasks: dict[Name, TaskModel] = Field({}, description="Name -> task")
    behaviours: dict[Name, Share] | None = Field(
        None, description="Behaviour -> share of the dialogues; like people's where it is left out"
    )
    max_turns: int = Field(40, ge=4, le=400, description="Turns of a dialogue at most, of both speakers")
    bot_turns: Literal["template", "llm"] = Field(
        "template", description="Whether models word the bot's turns too, where they word the user's"
    )


class BotModel(Part):
    """The bot's voice."""

    name: Text | None = Field(None, description="The name by which it introduces itself")
    tone: Literal["friendly", "neutral", "formal"] = "neutral"
