"""A real model on a real server: it is small and writes poor text, which is what hardens the proof of labels."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import bad_spans, read_run
from real_server import weights
from test_dialogues import BANK

from synthconv import generate, open_session
from synthconv.records import REASONS
from synthconv.resources import shipped
from synthconv.scenario.loader import read_scenario

pytestmark = [
    pytest.mark.real_llm,
    pytest.mark.skipif(weights() is None, reason="the head of tests/real_server.py says how to install the model"),
]


@pytest.fixture(scope="module")
def real_server():
    """The base URL of a real server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, Path(__file__).with_name("real_server.py"), "--port", str(port), "--parallel", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        yield process.stdout.readline().strip()
        process.kill()


def test_a_shipped_scenario_is_worded_by_a_real_model(real_server, tmp_path):
    text = (shipped("scenarios") / "telecom.yaml").read_text("utf-8")
    scenario = read_scenario(
        re.sub(
            r"(\ndialogues:\n  count:) \d+",
            r"\1 0",
            text.replace("utterances_per_intent: 50", "utterances_per_intent: 2"),
        )
        + "llm: {retries: 0, attempts: 1, items_per_call: 2, models: [{name: smollm2, max_output_tokens: 160, temperature: 0.7}]}\n"
    )
    options = {"base_urls": [real_server], "journal": tmp_path / "journal.sqlite", "concurrency": 2, "timeout": 300}
    with open_session(scenario, **options) as session:
        generate(scenario, tmp_path / "out", session)
    found = read_run(tmp_path / "out")
    counts, usage = found.manifest["counts"], found.manifest["usage"]["smollm2"]
    worded = [row for row in found.rows if row["provenance"]["model"] == "smollm2"]
    print(f"asked {counts['asked']}, kept {counts['kept']}, refused {counts['reasons']}, usage {usage}")
    print(*(f"{row['intent']}: {row['text']}" for row in worded[:10]), sep="\n")
    assert worded or set(counts["reasons"]) - {
        "bad_answer",
        "in_scope",
    }  # whether its words can serve is the model's luck
    assert bad_spans(found.rows) == []
    assert usage["prompt_tokens"] > usage["completion_tokens"] > 0
    assert counts["kept"] + counts["rejected"] == counts["attempts"]
    assert {row["reason"] for row in found.rejected} <= set(REASONS)
    with open_session(scenario, **options, replay_only=True) as session:
        generate(scenario, tmp_path / "again", session)
    assert read_run(tmp_path / "again").rows == found.rows


def test_dialogues_of_a_real_model_are_proven_or_named(real_server, tmp_path):
    scenario = read_scenario(
        BANK.replace("count: 200", "count: 2").replace("utterances_per_intent: 5", "utterances_per_intent: 1")
        + "llm: {retries: 0, attempts: 1, items_per_call: 2, models: [{name: smollm2, max_output_tokens: 60, temperature: 0.7}]}\n"
    )
    options = {"base_urls": [real_server], "journal": tmp_path / "journal.sqlite", "concurrency": 2, "timeout": 300}
    with open_session(scenario, **options) as session:
        generate(scenario, tmp_path / "out", session)
    lines = (tmp_path / "out" / "dialogues.jsonl").read_text("utf-8").splitlines()
    rows, found = [json.loads(line) for line in lines], read_run(tmp_path / "out")
    counts = found.manifest["counts"]["dialogues"]
    print(f"asked {counts['asked']}, kept {counts['kept']}, refused {counts['reasons']}")
    print(*(f"{row['reason']}: {row['detail']}" for row in found.rejected if "task" in row), sep="\n")
    assert all(bad_spans(row["turns"]) == [] for row in rows)
    assert len(rows) == counts["kept"] == counts["attempts"] - counts["rejected"]
    assert set(counts["reasons"]) <= set(REASONS)
    assert counts["kept"] == 2 or found.manifest["shortage"]
    with open_session(scenario, **options, replay_only=True) as session:
        generate(scenario, tmp_path / "again", session)
    for file in ("dialogues.jsonl", "rejected.jsonl", "manifest.json"):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "out" / file).read_bytes()
