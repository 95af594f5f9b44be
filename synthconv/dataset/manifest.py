"""The manifest: all that the bytes of a run depend on, and all that was counted; nothing that differs by run."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synthconv import __version__
from synthconv.dataset.card import dataset_card
from synthconv.dataset.ledger import Ledger
from synthconv.dataset.rundir import MANIFEST, RunDirectory
from synthconv.lang import packs, speech
from synthconv.llm.session import Session
from synthconv.plan import outside
from synthconv.plan.domain import Domain
from synthconv.records import FORMAT_VERSION
from synthconv.scenario import catalogue

LIBRARIES = ("faker", "rapidfuzz")
"""Libraries whose version the texts or the refusals depend on."""


def manifest(domain: Domain, ledger: Ledger, session: Session | None = None) -> dict[str, Any]:
    """The manifest of a run; `usage` is that of all answers that its rows rest on, paid for now or before."""
    scenario = domain.scenario
    return {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "synthconv", "version": __version__, **{name: version(name) for name in LIBRARIES}},
        "scenario": {"name": scenario.name, "sha256": scenario.sha256, "examples_are": scenario.model.examples_are},
        "packs": {path.stem: _hash(path) for path in sorted(packs.pack_files().values())},
        "speech": {path.stem: _hash(path) for path in sorted(speech.DATA.glob("*.yaml"))},
        "outside_texts": {path.stem: _hash(path) for path in sorted(outside.DATA.glob("*.yaml"))},
        "catalogue": {"version": catalogue.catalogue().version, "sha256": _hash(catalogue.FILE)},
        "seed": scenario.seed,
        "reference_date": domain.reference_date.isoformat(),
        "filters": {
            "duplicates": scenario.model.filters.duplicates,
            "label_check": scenario.model.filters.label_check,
        },
        "counts": ledger.counts(),
        "shortage": ledger.shortage,
        "overlap": ledger.overlap,
        "llm": session.facts() if session else None,
        "usage": session.meter.facts(session.meter.used) if session else {},
    }


def write_summary(run: RunDirectory, domain: Domain, ledger: Ledger, session: Session | None) -> dict[str, Any]:
    """Write what is said about the rows of a run: the manifest, which it gives, the dataset card and the timings."""
    facts = manifest(domain, ledger, session)
    run.write(MANIFEST, facts)
    run.write("README.md", dataset_card(domain.scenario, facts))
    run.write("timings.json", ledger.timings(session.meter if session else None))
    return facts


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
