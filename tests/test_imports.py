"""Scenarios made of what other tools have: each is sound, runs at once, and says what it could not take over."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import bad_spans, read_run

from synthconv.scenario.loader import read_scenario

SAMPLES = Path(__file__).parent / "samples"


def slot(name, description, *values):
    return {
        "name": name,
        "description": description,
        "is_categorical": bool(values),
        "possible_values": list(values),
    }


def intent(name, description, required, optional=(), results=(), acts=False):
    return {
        "name": name,
        "description": description,
        "is_transactional": acts,
        "required_slots": list(required),
        "optional_slots": dict.fromkeys(optional, "dontcare"),
        "result_slots": list(results),
    }


STUDIOS = {
    "service_name": "Studios_1",
    "description": "Find and book rehearsal studios",
    "slots": [
        slot("studio_name", "Name of the studio"),
        slot("city", "City where the studio is"),
        slot("visit_date", "Day of the rehearsal"),
        slot("start_time", "When the rehearsal starts"),
        slot("number_of_people", "Number of people in the band", "1", "2", "3"),
        slot("has_piano", "Whether there is a piano", "True", "False"),
        slot("room_size", "How large the room is", "small", "extra_large", "None"),
        slot("price_per_hour", "Price of an hour"),
    ],
    "intents": [
        intent(
            "FindStudio",
            "Find a studio in a given city",
            ["city"],
            ["has_piano", "room_size"],
            ["studio_name", "city", "has_piano", "price_per_hour"],
        ),
        intent(
            "BookStudio",
            "Book a studio for a rehearsal",
            ["studio_name", "visit_date", "start_time"],
            ["number_of_people"],
            ["studio_name", "visit_date", "price_per_hour"],
            acts=True,
        ),
    ],
}
LESSONS = {
    "service_name": "Lessons_1",
    "description": "Music lessons",
    "slots": [slot("teacher_name", "Name of the teacher"), slot("city", "City of the lessons")],
    "intents": [intent("FindStudio", "Find lessons in a city", ["city"], [], ["teacher_name", "city"])],
}
RASA = {
    "domain.yml": """
version: "3.1"
intents: [greet, affirm, order_pizza: {use_entities: []}, ask_hours, track]
entities: [topping, size: {roles: [wanted]}, order_id]
slots:
  topping: {type: text, mappings: [{type: from_entity, entity: topping}]}
  pizza_size: {type: categorical, values: [small, large], mappings: [{type: from_entity, entity: size, role: wanted}]}
  amount: {type: any, mappings: [{type: from_entity, entity: amount-of-money}]}
  zz_confirm: {type: bool, mappings: [{type: from_intent, intent: affirm, value: true}]}
  currency: {type: text, initial_value: $, mappings: [{type: custom}]}
forms:
  pizza_form: {required_slots: [topping, pizza_size, amount, zz_confirm]}
responses:
  utter_ask_pizza_form_topping: [{text: "What should be on it?"}]
  utter_ask_pizza_size: [{text: "How large?", buttons: [{title: Giant one, payload: '/inform{"size": "large"}'}]}]
  utter_pizza_done: [{text: "Done: {topping} for {currency}{amount} (soon)."}]
  utter_pizza_cancelled: [{text: "Your pizza is cancelled."}]
  utter_hours: [{text: "From 5 to 11 [daily]."}]
actions: [action_track]
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
    - hello (there)
- intent: affirm
  examples: |
    - yes
- intent: order_pizza
  examples: |
    - a [large]{"entity": "size", "role": "wanted"} pizza with [salami](topping) please
    - i want [tuna fish]{"entity": "topping", "value": "tuna"} on my pizza
    - get me a [small]{"entity": "size", "role": "wanted"} one (quick)
    - pizza for $12
    - can i have a pizza with [mushrooms](topping)
    - order a pizza with [onions](topping) and [ham](topping)
    - i'm hungry | need pizza
    - please bring a pizza
    - i would like to order some pizza for 15 dollars
    - could you make me a [large]{"entity": "size", "role": "wanted"} pizza
- intent: ask_hours
  examples:
    - text: when do you open (today)
    - text: are you open on sundays
    - text: what are your opening hours
    - text: until when is the kitchen open
    - text: do you close early
    - text: how late are you open tonight
- intent: track
  examples: |
    - where is order [AB-123](order_id)
    - track my order [CD-456](order_id) please
    - what happened to my delivery
    - where is the courier
    - how long until order [EF-789](order_id) is here
- synonym: ham
  examples: |
    - prosciutto
- lookup: topping
  examples: |
    - spinach
    - olives
- regex: order_id
  examples: |
    - [A-Z]{2}-\\d{3}
""",
    "data/rules.yml": """
rules:
- rule: order
  steps: [{intent: order_pizza}, {action: pizza_form}, {active_loop: pizza_form}]
- rule: hours
  steps: [{intent: ask_hours}, {action: utter_hours}]
- rule: track
  steps: [{intent: track}, {action: action_track}]
stories:
- story: all
  steps: [{checkpoint: start}, {intent: order_pizza}, {action: pizza_form}, {or: [{intent: track}]}, {action: action_track}]
""",
    "docker-compose.yml": "a: 1\n---\nb: 2\n",
}
RASA2 = {
    "flat__nlu.yml": RASA["data/nlu.yml"],
    "flat__domain.yml": """
version: "2.0"
intents: [order_pizza, ask_hours, track]
entities: [topping, size, order_id]
slots: {topping: {type: text}, size: {type: text}}
forms:
  pizza_form:
    required_slots:
      topping: [{type: from_entity, entity: topping}]
      size: [{type: from_entity, entity: size}]
templates:
  utter_ask_size: [{text: "Which size?"}]
""",
    "flat__stories.yml": """
stories:
- story: order
  steps: [{intent: order_pizza}, {action: pizza_form}, {form: {name: pizza_form}}, {form: {name: null}}]
""",
}
SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "Bike hire", "version": "1"},
    "paths": {
        "/bikes": {
            "get": {
                "operationId": "findBikes",
                "summary": "Finds bikes near a station",
                "parameters": [
                    {"name": "station", "in": "query", "required": True, "type": "string"},
                    {
                        "name": "bike_type",
                        "in": "query",
                        "type": "array",
                        "items": {"type": "string", "enum": ["city", "cargo"]},
                    },
                    {"name": "per_page", "in": "query", "type": "integer"},
                    {"$ref": "#/parameters/colour"},
                ],
                "responses": {
                    "200": {"description": "ok", "schema": {"type": "array", "items": {"$ref": "#/definitions/Bike"}}}
                },
            }
        },
        "/rentals": {
            "post": {
                "summary": "Rent a bike",
                "parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Rental"}}],
                "responses": {
                    "201": {"description": "ok"},
                    "402": {"description": "Your card (the last one) was refused"},
                },
            }
        },
    },
    "parameters": {"colour": {"name": "colour", "in": "query", "type": "string"}},
    "definitions": {
        "Bike": {"type": "object", "properties": {"bike_name": {"type": "string"}, "price": {"type": "number"}}},
        "Rental": {
            "type": "object",
            "required": ["bike_id", "hours"],
            "properties": {
                "bike_id": {"type": "string"},
                "hours": {"type": "integer", "minimum": 1, "maximum": 8},
                "helmet": {"type": "boolean"},
                "rider": {"$ref": "#/definitions/Rider"},
            },
        },
        "Rider": {
            "type": "object",
            "properties": {"email": {"type": "string", "format": "email"}, "friend": {"$ref": "#/definitions/Rider"}},
        },
    },
}


@pytest.fixture
def folder(tmp_path):
    """The inputs of all formats, in a new folder."""
    (tmp_path / "sgd.json").write_text(json.dumps([STUDIOS, LESSONS]))
    (tmp_path / "swagger.json").write_text(json.dumps(SWAGGER, indent="\t"))
    for name, files in (("rasa", RASA), ("rasa2", RASA2)):
        for file, text in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path


CALLS = {
    "sgd": ["--from-sgd", "sgd.json"],
    "sgd_service": ["--from-sgd", "sgd.json", "--service", "Studios_1"],
    "rasa": ["--from-rasa", "rasa"],
    "rasa2": ["--from-rasa", "rasa2"],
    "openapi": ["--from-openapi", str(SAMPLES / "petclinic_openapi.yaml")],
    "swagger": ["--from-openapi", "swagger.json"],
}


def made(cli, *args):
    """The scenario that a call gives on stdout, as data."""
    result = cli("init", *args)
    assert result.exit_code == 0, result.stderr
    read_scenario(result.stdout)
    return yaml.safe_load(result.stdout), result.stdout


@pytest.mark.parametrize("name", CALLS)
def test_what_is_made_runs_at_once(cli, folder, name):
    assert cli("init", *CALLS[name], "-o", "made.yaml").exit_code == 0
    text = (folder / "made.yaml").read_text("utf-8")
    assert cli("init", *CALLS[name]).stdout == text
    check = cli("check", "made.yaml")
    notes = [line for line in check.stderr.splitlines() if "note:" in line and "dialogues are checked" not in line]
    assert (check.exit_code, notes) == (0, [])
    assert cli("generate", "made.yaml", "-o", "data", "--quiet").exit_code == 0
    run = read_run(folder / "data")
    intents = yaml.safe_load(text)["intents"]
    asked = sum(round(50 * intent.get("weight", 1)) for intent in intents.values())
    assert len(run.rows) == asked + round(asked * 0.1)
    assert {row["intent"] for row in run.rows} == {*intents, "out_of_scope"}
    assert bad_spans(run.rows) == []
    assert not any("{" in row["text"] or "<" in row["text"] or "  " in row["text"] for row in run.rows)


def test_services_of_a_schema_stand_side_by_side(cli, folder):
    data, text = made(cli, *CALLS["sgd"])
    assert list(data["intents"]) == ["Studios_1_FindStudio", "BookStudio", "Lessons_1_FindStudio"]
    assert data["dialogues"]["tasks"]["BookStudio"]["next"] == ["Studios_1_FindStudio"]
    one, _ = made(cli, *CALLS["sgd_service"])
    assert list(one["intents"]) == ["FindStudio", "BookStudio"]
    assert one["scenario"] == "Studios_1"
    both, _ = made(cli, *CALLS["sgd_service"], "--service", "Lessons_1")
    assert list(both["intents"]) == list(data["intents"])
    assert "{slot} is a value" in text


def test_a_service_gives_slots_entities_and_a_task(cli, folder):
    data, text = made(cli, *CALLS["sgd_service"])
    book, find = (data["dialogues"]["tasks"][name] for name in ("BookStudio", "FindStudio"))
    assert (book["confirm"], find.get("confirm")) == (True, None)
    assert set(book["outcomes"]) == {"success", "failure"}
    assert find["outcomes"]["success"]["results"] == {
        "count": [1, 5],
        "fields": {"studio_name": "studio_name", "city": "city", "has_piano": "has_piano", "price_per_hour": "price"},
        "offers": "studio_name",
    }
    assert "{visit_date}" in book["outcomes"]["success"]["say"]
    slots = data["intents"]["BookStudio"]["slots"]
    assert [name for name, wanted in slots.items() if wanted.get("required")] == [
        "studio_name",
        "visit_date",
        "start_time",
    ]
    entities = data["entities"]
    assert entities[slots["number_of_people"]["entity"]] == {"type": "number", "min": 1, "max": 3}
    assert entities[slots["visit_date"]["entity"]]["type"] == "date"
    assert entities[slots["start_time"]["entity"]]["type"] == "time"
    size = data["intents"]["FindStudio"]["slots"]["room_size"]["entity"]
    assert entities[size]["values"] == ["small", {"value": "extra_large", "synonyms": ["extra large"]}]
    assert "# Not taken over, as nobody says it: None" in text
    assert entities["has_piano"]["values"] == ["piano", "no piano"]
    assert all(wanted["ask"].endswith("?") for wanted in slots.values())
    said = " ".join(data["intents"]["FindStudio"]["examples"])
    assert all(f"{{{name}}}" in said for name in ("city", "has_piano", "room_size"))


def test_a_project_keeps_its_examples_with_their_labels(cli, folder):
    data, text = made(cli, *CALLS["rasa"])
    pizza = data["intents"]["order_pizza"]
    assert "a {pizza_size} pizza with {topping} please" in pizza["examples"]
    assert "get me a {pizza_size} one \\(quick\\)" in pizza["examples"]
    assert {"text": "i'm hungry | need pizza"} in pizza["examples"]
    assert "pizza for {amount}" in pizza["examples"]
    assert pizza["slots"]["topping"] == {"entity": "topping", "required": True, "ask": "What should be on it?"}
    assert pizza["slots"]["pizza_size"]["ask"] == "How large?"
    assert pizza["slots"]["amount"]["entity"] == "money"
    assert data["entities"]["money"] == {"type": "money", "currency": "USD", "min": 12, "max": 31}
    topping = {
        (entry if isinstance(entry, str) else entry["value"]): entry for entry in data["entities"]["topping"]["values"]
    }
    assert topping["tuna"]["synonyms"] == ["tuna fish"]
    assert topping["ham"]["synonyms"] == ["prosciutto"]
    assert {"spinach", "olives", "salami"} <= set(topping)
    assert {"value": "large", "synonyms": ["giant one"]} in data["entities"]["size"]["values"]
    assert data["entities"]["order_id"] == {"pattern": "[A-Z]{2}-\\d{3}"}
    assert {"text": "when do you open (today)"} in data["intents"]["ask_hours"]["examples"]
    assert "# Not taken over: greet, affirm:" in text
    assert "checkpoints are not followed" in text


def test_forms_and_answers_of_a_project_are_tasks(cli, folder):
    data, text = made(cli, *CALLS["rasa"])
    tasks = data["dialogues"]["tasks"]
    assert set(tasks) == {"order_pizza", "ask_hours", "track"}
    assert tasks["order_pizza"]["confirm"] is True
    assert "zz_confirm" not in data["intents"]["order_pizza"]["slots"]
    assert tasks["order_pizza"]["outcomes"]["success"]["say"] == "Done: {topping} for {amount} \\(soon\\)."
    assert tasks["order_pizza"]["outcomes"]["pizza_cancelled"]["say"] == "Your pizza is cancelled."
    assert tasks["order_pizza"]["next"] == ["track"]
    assert tasks["ask_hours"]["outcomes"]["success"]["say"] == "From 5 to 11 \\[daily\\]."
    assert "# action_track is code: say what it tells" in text
    older, _ = made(cli, *CALLS["rasa2"])
    assert older["intents"]["order_pizza"]["slots"]["size"] == {
        "entity": "size",
        "required": True,
        "ask": "Which size?",
    }


def test_an_operation_is_an_intent_and_a_task(cli, folder):
    data, text = made(cli, *CALLS["openapi"])
    assert len(data["intents"]) == 8
    assert "order_refill_of_prescription" in data["intents"]
    slots = data["intents"]["createAppointment"]["slots"]
    assert [name for name, wanted in slots.items() if wanted.get("required")] == ["date", "time", "visit_type"]
    assert data["entities"]["visit_type"]["values"][-1] == {"value": "TOOTH_CLEANING", "synonyms": ["tooth cleaning"]}
    assert data["entities"]["appointment_id"] == {"pattern": "AP-[0-9]{5}"}
    tasks = data["dialogues"]["tasks"]
    assert set(tasks["createAppointment"]["outcomes"]) == {"success", "conflict", "invalid"}
    assert tasks["createAppointment"]["outcomes"]["conflict"]["say"] == "Sorry: that time is already taken."
    assert tasks["searchVets"]["outcomes"]["success"]["results"]["count"] == [1, 5]
    found = tasks["getAppointment"]["outcomes"]["success"]
    told = ": date {date}, time {time}, visit type {visit_type}, pet name {pet_name}."
    assert found["say"] == f"(Here it is|Here you go|I have it here|This is what I have){told}"
    assert found["results"]["count"] == [1, 1]
    assert "limit" not in data["intents"]["listAppointments"]["slots"]
    assert "# No slots, as no user speaks of them: limit" in text
    assert "# Not followed: siblings inside of itself" in text


def test_an_older_document_is_read_too(cli, folder):
    data, _ = made(cli, *CALLS["swagger"])
    assert set(data["intents"]) == {"findBikes", "rent_bike"}
    assert set(data["intents"]["findBikes"]["slots"]) == {"station", "bike_type", "colour"}
    assert set(data["intents"]["rent_bike"]["slots"]) == {"bike_id", "hours", "helmet", "rider_email"}
    hours = data["entities"][data["intents"]["rent_bike"]["slots"]["hours"]["entity"]]
    assert hours == {"type": "number", "min": 1, "max": 8}
    failed = data["dialogues"]["tasks"]["rent_bike"]["outcomes"]["not_paid"]["say"]
    assert failed == "Sorry: your card \\(the last one\\) was refused."


ODD = [
    "no",
    "1e3",
    "0x1F",
    "a: b",
    "- a",
    "#c",
    "'q",
    '"dq',
    "{x}",
    "[y]|(z)",
    "日本 語",
    "out_of_scope",
    "null",
    "@",
    "12:30",
]


@pytest.mark.parametrize("odd", ODD)
def test_any_printable_name_will_do(cli, tmp_path, odd):
    service = {
        "service_name": odd,
        "description": odd,
        "slots": [slot(odd, odd, odd, "other"), slot("city", "City")],
        "intents": [intent(odd, odd, [odd], ["city"], [odd]), intent("Find", "Find a guide to a city", ["city"])],
    }
    (tmp_path / "odd.json").write_text(json.dumps([service]))
    data, _ = made(cli, "--from-sgd", "odd.json")
    assert len(data["intents"]) == 2
    assert cli("init", "--from-sgd", "odd.json", "-o", "odd.yaml").exit_code == 0
    assert cli("generate", "odd.yaml", "-o", "data", "-q").exit_code == 0


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcde", "bcdef", strict=True)
)
CIRCLE = "openapi: 3.0.0\npaths: {/a: {post: {requestBody: {$ref: '#/x'}}}}\nx: {$ref: '#/y'}\ny: {$ref: '#/x'}\n"
FAULTS = [
    ("sgd", b"", "f:1:1: the file is empty"),
    ("sgd", b"\xff\xfe[\x00", "f:1:1: the file is UTF-16; save it as UTF-8"),
    ("sgd", b"\x7fELF\x00\x00", "f:1:1: the file is binary"),
    ("sgd", '["café"]'.encode("latin-1"), "f:1:6: byte 0xe9 is not UTF-8"),
    ("sgd", b"just a text", "expected a mapping or a list, found text"),
    ("sgd", b"[1, 2]", "f:1:1: this is no SGD schema; give a schema.json"),
    ("sgd", b"[" * 5000, "values nest deeper than 40"),
    ("sgd", b'[{"service_name": "A", "intents": "x"}]', "f:1:35 [0].intents: expected a list, found text"),
    ("sgd", b'[{"service_name": "", "intents": []}]', "[0].service_name: the name is empty"),
    ("sgd", b'[{"service_name": "A", "intents": []}]', "no service has an intent"),
    ("openapi", json.dumps([STUDIOS]).encode(), "this is no OpenAPI document"),
    ("openapi", b"openapi: 3.0.0\npaths: {}\n", "f:2:8 paths: no path has an operation"),
    ("openapi", BOMB.encode(), "aliases unfold to more than 400,000 values"),
    ("openapi", CIRCLE.encode(), "the $ref '#/x' leads in a circle"),
    ("openapi", CIRCLE.replace("'#/y'", "'#/z'").encode(), "the $ref '#/z' leads nowhere; define 'z'"),
    ("openapi", b"openapi: [3\n", "this is not YAML"),
    ("rasa", b"version: 1\n", "has no YAML file of a Rasa project"),
    ("rasa", b"nlu:\n- intent: greet\n  examples: '- hi'\n", "has no intent with an example"),
    ("rasa", b"nlu:\n- intent: a\n  examples: {b: c}\n", "f.yml:3:13 nlu[0].examples: examples are a text of lines"),
    ("rasa", b"forms: 1\nnlu: []\n", "expected a mapping under forms"),
]


@pytest.mark.parametrize(("form", "content", "message"), FAULTS, ids=[fault[2][:40] for fault in FAULTS])
def test_what_cannot_be_read_is_told_and_nothing_is_written(cli, tmp_path, form, content, message):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / ("f.yml" if form == "rasa" else "f")).write_bytes(content)
    result = cli("init", f"--from-{form}", "in" if form == "rasa" else "in/f", "-o", "out.yaml")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_slot_that_is_not_defined_is_named(cli, tmp_path):
    service = {**LESSONS, "intents": [intent("Find", "Find", ["town"])]}
    (tmp_path / "s.json").write_text(json.dumps(service))
    result = cli("init", "--from-sgd", "s.json")
    assert (result.exit_code, "the slot 'town' is not defined" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--from-sgd", "sgd.json", "--service", "Studio_1"], "did you mean 'Studios_1'?"),
        (["--from-sgd", "sgd.json", "--from-rasa", "rasa"], "name one of them"),
        (["--like", "telecom", "--from-openapi", "swagger.json"], "name one of them"),
        (["--from-rasa", "rasa", "--service", "x"], "--service picks services of an SGD schema"),
        (["--from-rasa", "sgd.json"], "sgd.json is no folder"),
        (["--from-rasa", "nowhere"], "there is no folder nowhere"),
        (["--from-sgd", "nowhere.json"], "the file cannot be read"),
    ],
)
def test_a_wrong_call_is_told(cli, folder, args, message):
    result = cli("init", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_file_is_replaced_only_with_force_and_a_device_never(cli, folder):
    (folder / "mine.yaml").write_text("mine")
    result = cli("init", *CALLS["sgd"], "-o", "mine.yaml")
    assert (result.exit_code, (folder / "mine.yaml").read_text()) == (2, "mine")
    assert "mine.yaml exists already" in result.stderr
    assert cli("init", *CALLS["sgd"], "-o", "mine.yaml", "--force").exit_code == 0
    assert (folder / "mine.yaml").read_text() == cli("init", *CALLS["sgd"]).stdout
    os.mkfifo(folder / "pipe")
    assert cli("init", "-o", "pipe", "--force").exit_code == 2
    assert (folder / "pipe").is_fifo()


def test_the_readme_shows_what_comes_out(cli, folder):
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    section = readme.split("### From what you have")[1].split("As a library:")[0]
    excerpt, rows = (block.strip("\n") for block in section.split("```text\n")[1:])
    assert cli("init", *CALLS["openapi"], "-o", "made.yaml").exit_code == 0
    assert excerpt.split("```")[0] in (folder / "made.yaml").read_text("utf-8")
    assert cli("generate", "made.yaml", "-o", "data", "--quiet").exit_code == 0
    texts = {row["text"] for row in read_run(folder / "data").rows if row["intent"] == "rescheduleAppointment"}
    assert set(rows.split("```")[0].strip().splitlines()) <= texts


def test_the_same_comes_out_of_every_process(folder):
    for name, call in CALLS.items():
        texts = {
            subprocess.run(
                [sys.executable, "-m", "synthconv", "init", *call],
                cwd=folder,
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(texts) == 1, name
