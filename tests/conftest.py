"""A small scenario, runs of it, and the command as a user calls it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from typer.testing import CliRunner

from synthconv import generate
from synthconv.cli.main import app
from synthconv.scenario.loader import Scenario, read_scenario

settings.register_profile("everyday", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "everyday")

SMALL = """
scenario: small_bank
description: Chat of a small bank.
language: en-US
intents:
  transfer_money:
    description: Move money to a payee.
    examples:
      - send {amount} to {payee}
      - "[please] (move|transfer) {amount} from {source} to {payee}"
      - can you (send|transfer) {amount} {day}
      - i (want|need) to pay {payee}
      - "{amount} to {payee} [from {source}] {day}"
      - (set up|start|make) a transfer
    slots:
      amount: {entity: money, required: true, ask: How much?}
      payee: {entity: person, required: true}
      source: account
      day: day
  check_balance:
    description: Ask how much is on an account.
    examples:
      - (what's|what is|show me|tell me) the balance of {account}
      - how much (money|cash) is (left|there) on {account}
      - (balance|funds) (check|please|of {account})
      - is there (enough|any money|anything) on {account} for order {reference}
      - do i have {amount} (left|available) (on|in) {account}
      - {text: "what's my balance (really)?"}
    slots:
      account: account
      amount: money
      reference: reference
entities:
  money: {type: money, currency: USD, min: 5, max: 5000}
  account: {values: [checking, {value: savings, synonyms: [savings account, rainy day money]}, joint, holiday]}
  person: {faker: name}
  day: {type: date, from_days: 0, to_days: 30}
  reference: {pattern: "[A-Z]{2}-\\\\d{6}"}
personas:
  hurried: {style: {verbosity: terse, formality: low, politeness: low, typos: 0.1, casing: lower, punctuation: none}, weight: 2}
  formal: {style: {formality: high, politeness: high, casing: sentence, punctuation: full}}
edge_cases: {out_of_scope: 0.1, typo_heavy: 0.05, multi_intent: 0.05}
generate: {utterances_per_intent: 40, seed: 7}
"""


@dataclass
class Run:
    """What a run left: its rows, its refusals, its manifest."""

    folder: Path
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    manifest: dict[str, Any]


def read_run(folder: Path) -> Run:
    rows, rejected = (
        [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        for name in ("intents.jsonl", "rejected.jsonl")
    )
    return Run(folder, rows, rejected, json.loads((folder / "manifest.json").read_text("utf-8")))


@pytest.fixture
def small() -> Scenario:
    return read_scenario(SMALL)


@pytest.fixture
def run(tmp_path):
    """Generates from a YAML text or a scenario, and reads what was written."""

    def generated(scenario: str | Scenario, name: str = "out") -> Run:
        generate(read_scenario(scenario) if isinstance(scenario, str) else scenario, tmp_path / name)
        return read_run(tmp_path / name)

    return generated


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Calls `synthconv` in a new folder: cli("check", "bank.yaml") -> result with exit_code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])


def bad_spans(rows: list[dict[str, Any]]) -> list[Any]:
    """Spans that are empty, outside of the text, blank at an end, or overlapping."""
    bad = []
    for row in rows:
        at = 0
        for span in sorted(row["entities"], key=lambda span: span["start"]):
            surface = row["text"][span["start"] : span["end"]]
            if not (at <= span["start"] < span["end"] <= len(row["text"])) or surface != surface.strip():
                bad.append((row["text"], span))
            at = span["end"]
    return bad
