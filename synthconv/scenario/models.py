"""The scenario as its author writes it: the keys, their types and their meaning. `synthconv schema` prints this.

Strict at the edge: an unknown key is an error. What one key alone can tell is checked here; what takes two keys
(is this slot defined?) is checked in `references`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from synthconv.scenario.catalogue import Where, catalogue
from synthconv.scenario.keys import Loose, Name, Number, Part, Share, Text, Weight, no_bool, short_form
from synthconv.scenario.task_models import BotModel, DialoguesModel


class ExampleModel(Part):
    """An example utterance: a pattern with {slot}, (a|b) and [x], or a text taken to the letter."""

    pattern: Text | None = Field(None, description="A pattern: {slot}, (a|b) choice, [x] optional part, \\ escapes")
    text: Text | None = Field(None, description="Taken to the letter, brackets and all")
    language: str | None = Field(None, description="BCP 47 tag, where the scenario has several languages")

    @model_validator(mode="after")
    def _one_form(self) -> ExampleModel:
        if (self.pattern is None) == (self.text is None):
            raise PydanticCustomError("example", "an example is a text or a pattern", {"cure": "keep one of the two"})
        if not (self.pattern or self.text or "").strip():
            raise PydanticCustomError("example", "an example must have words", {"cure": "write some, or remove it"})
        if len(self.pattern or self.text or "") > 2000:
            raise PydanticCustomError("example", "an example has at most 2,000 characters", {"cure": "shorten it"})
        return self


class SlotModel(Part):
    """A slot of an intent: the entity whose values fill it, and how the bot asks for it."""

    entity: Name = Field(description="Name under `entities`")
    required: bool = Field(False, description="The task cannot be done without it")
    ask: Text | None = Field(None, description="The bot's question for it")
    description: Text | None = Field(None, description="What the value means in this intent, for models")


class IntentModel(Part):
    """What a user may want: described, shown by examples."""

    description: Text | None = Field(None, description="One sentence: what the user wants")
    examples: list[Annotated[ExampleModel, short_form("pattern")]] = Field([], description="Utterances; may be empty")
    slots: dict[Name, Annotated[SlotModel, short_form("entity")]] = Field({}, description="Slots its examples may use")
    answer: Text | None = Field(None, description="What the bot says to it where it comes up beside a task")
    confusable_with: list[Name] = Field([], description="Intents that are easily mistaken for this one")
    weight: Weight = Field(1.0, description="Rows of this intent = utterances_per_intent x weight")


class ValueModel(Part):
    """One canonical value of an entity and the other words for it."""

    value: Text
    synonyms: list[Text] = []


EntityType = Literal["number", "money", "date", "time", "duration", "phone", "email", "id"]


class EntityModel(Part):
    """A kind of value: a list, a pattern, a Faker provider, or a built-in type; exactly one of them."""

    values: list[Annotated[ValueModel, short_form("value")]] | None = Field(
        None, description="Values, with synonyms", min_length=1
    )
    pattern: Text | None = Field(None, description="A regular expression to sample: [A-Z]{2}-\\d{6}")
    faker: Name | None = Field(None, description="A Faker provider without arguments: name, city, street_address")
    type: EntityType | None = Field(None, description="A built-in type with many surfaces for one value")
    min: Annotated[float | str, BeforeValidator(no_bool)] | None = Field(
        None, description="number, money: smallest; time: earliest HH:MM"
    )
    max: Annotated[float | str, BeforeValidator(no_bool)] | None = Field(
        None, description="number, money: largest; time: latest HH:MM"
    )
    step: float | None = Field(None, gt=0, description="number: distance between values")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        None, description="money: ISO 4217 code"
    )
    from_days: int | None = Field(
        None, ge=-36500, le=36500, description="date: first day, counted from the reference date"
    )
    to_days: int | None = Field(
        None, ge=-36500, le=36500, description="date: last day, counted from the reference date"
    )
    step_minutes: int | None = Field(None, ge=1, le=10_080, description="time, duration: distance between values")
    min_minutes: int | None = Field(None, ge=1, description="duration: shortest")
    max_minutes: int | None = Field(None, le=525_600, description="duration: longest")

    @model_validator(mode="after")
    def _one_source(self) -> EntityModel:
        given = [name for name in ("values", "pattern", "faker", "type") if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "entity",
                "an entity has exactly one of values, pattern, faker, type; found {found}",
                {"found": ", ".join(given) or "none", "cure": "keep one" if given else "add one"},
            )
        allowed = OPTIONS.get(self.type or "", ())
        extra = [key for key in self.model_fields_set if key not in (*allowed, *given)]
        if extra:
            where = f"type {self.type}" if self.type else given[0]
            cure = f"it takes {', '.join(allowed)}" if allowed else "remove it"
            context = {"keys": ", ".join(sorted(extra)), "where": where, "cure": cure}
            raise PydanticCustomError("entity", "{keys} means nothing for {where}", context)
        return self

    @property
    def listed(self) -> tuple[str, ...]:
        """All surfaces of the values of a list: each value and its synonyms; none for other kinds."""
        return tuple(words for entry in self.values or () for words in (entry.value, *entry.synonyms))


OPTIONS: dict[str, tuple[str, ...]] = {
    "number": ("min", "max", "step"),
    "money": ("min", "max", "currency"),
    "date": ("from_days", "to_days"),
    "time": ("min", "max", "step_minutes"),
    "duration": ("min_minutes", "max_minutes", "step_minutes"),
}
"""The keys that each built-in type takes beside `type`."""


class StyleModel(Part):
    """How a persona writes; a dial that is left out varies from row to row."""

    verbosity: Literal["terse", "normal", "wordy"] | None = None
    formality: Literal["low", "normal", "high"] | None = None
    politeness: Literal["low", "normal", "high"] | None = None
    emotion: Literal["calm", "worried", "annoyed"] | None = None
    channel: Literal["chat", "email", "voice", "search"] | None = Field(
        None, description="Where it is written; it sets the dials that are left out"
    )
    casing: Literal["as_written", "lower", "upper", "sentence"] | None = None
    punctuation: Literal["as_written", "none", "full", "heavy"] | None = None
    abbreviations: Share | None = Field(None, description="Share of words with a short form that are written so")
    emoji: Share | None = Field(None, description="Share of messages with an emoji")
    typos: Annotated[float, Field(ge=0, le=0.5)] | None = Field(None, description="Share of words that are misspelt")


class PersonaModel(Part):
    """A kind of user: who writes, how, and how often."""

    description: Text | None = None
    style: StyleModel = StyleModel()
    weight: Weight = 1.0


class GenerateModel(Part):
    """How much to generate, from which seed."""

    utterances_per_intent: int = Field(50, ge=1, le=1_000_000)
    include_examples: bool = Field(False, description="The authored examples are rows too, and count")
    seed: int = Field(7, ge=0, le=2**63 - 1)
    reference_date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] | None = Field(
        None, description="The day on which 'tomorrow' is said, YYYY-MM-DD; drawn from the seed where it is left out"
    )


class ServedModel(Part):
    """A language model: its name on its server, and what may be asked of it."""

    name: Name = Field(description="What the server calls it")
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$")] | None = Field(
        None, description="Its OpenAI-compatible server, as in http://127.0.0.1:8000/v1"
    )
    api_key_env: Name | None = Field(None, description="The environment variable that holds the key; OPENAI_API_KEY")
    weight: Weight = Field(1.0, description="Its share of the calls")
    requests_per_minute: Annotated[float, Number, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[float, Number, Field(gt=0)] | None = None
    temperature: Annotated[float, Number, Field(ge=0, le=2)] | None = None
    max_output_tokens: int | None = Field(
        None, ge=1, le=1_000_000, description="Limit of an answer, instead of one by its items (reasoning takes more)"
    )


class LlmModel(Part):
    """Which models word the rows, and how they are asked; without models, the rules do."""

    models: list[Annotated[ServedModel, short_form("name")]] = []
    items_per_call: int = Field(
        10, ge=1, le=50, description="Utterances, or turns of a dialogue, that one call asks for"
    )
    examples_per_call: int = Field(5, ge=0, le=20, description="Examples of the intent that one call shows")
    retries: int = Field(
        2,
        ge=0,
        le=10,
        description="How often a bad item is asked for again with the reason, alone or with other bad turns",
    )
    attempts: int = Field(5, ge=1, le=100, description="How often a row is planned anew before its cell is given up")
    temperature: Annotated[float, Number, Field(ge=0, le=2)] = 1.0


class FiltersModel(Part):
    """What is refused."""

    duplicates: Annotated[float, Field(ge=0.5, le=1)] = Field(
        0.95, description="rapidfuzz ratio of normalised texts in an intent"
    )
    label_check: Literal["lexical", "semantic", "off"] = "lexical"


class SplitsModel(Part):
    """Shares of the rows; they add up to 1."""

    train: Share = 0.8
    dev: Share = 0.1
    test: Share = 0.1

    @model_validator(mode="after")
    def _whole(self) -> SplitsModel:
        total = self.train + self.dev + self.test
        if abs(total - 1) > 1e-6:
            context = {"total": round(total, 6), "cure": "change them until they do"}
            raise PydanticCustomError("splits", "the splits add up to {total}, not to 1", context)
        return self


class EdgeSharesModel(Part):
    """Shares of an edge case that is in utterances and in dialogues, where they are not the same."""

    utterances: Share = Field(0.0, description="Share of the rows of each intent")
    dialogues: Share = Field(0.0, description="Share of the dialogues")


EdgeShare = Annotated[
    Annotated[Share, Tag("share")] | Annotated[EdgeSharesModel, Tag("shares")],
    Discriminator(lambda given: "shares" if isinstance(given, (dict, EdgeSharesModel)) else "share"),
]
"""One share, of utterances and of dialogues alike, or one for each."""


class ScenarioModel(Part):
    """A scenario file."""

    scenario: Name = Field(description="Name of the scenario")
    description: Text | None = Field(None, description="One sentence: what the bot is for")
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = Field(
        None, description="BCP 47 tag; its region sets the locale"
    )
    languages: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]] | None = Field(
        None, min_length=1
    )
    intents: dict[Name, IntentModel] = Field(min_length=1, description="Name -> intent")
    entities: dict[Name, EntityModel] = {}
    personas: dict[Name, PersonaModel] = {}
    edge_cases: dict[Name, EdgeShare] = Field({}, description="Name from the catalogue -> share of the rows")
    bot: BotModel = BotModel()
    dialogues: DialoguesModel | None = None
    generate: GenerateModel = GenerateModel()
    llm: LlmModel = LlmModel()
    filters: FiltersModel = FiltersModel()
    splits: SplitsModel = SplitsModel()
    examples_are: Literal["authored", "real"] = Field(
        "authored", description="Real users' words must not leave the house: the card says which"
    )
    augment: list[Any] = []
    privacy: Loose = {}
    gates: Loose = {}

    @model_validator(mode="after")
    def _one_language(self) -> ScenarioModel:
        if self.language and self.languages:
            raise PydanticCustomError("language", "give language or languages, not both", {"cure": "remove one"})
        return self

    def shares(self, where: Where) -> dict[str, float]:
        """The edge cases that rows of a kind are asked to have, with their shares of them."""
        cases, key = catalogue().edge_cases, "dialogues" if where == "dialogue" else "utterances"
        found = {
            name: getattr(share, key) if isinstance(share, EdgeSharesModel) else share
            for name, share in self.edge_cases.items()
            if name in cases and cases[name].has(where)
        }
        return {name: share for name, share in found.items() if share}

    @property
    def tags(self) -> tuple[str, ...]:
        """The languages of the rows; English where none is named."""
        return tuple(self.languages or [self.language or "en"])
