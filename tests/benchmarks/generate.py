"""Rows a CPU second and peak memory of the rules engine, at three sizes.

    python tests/benchmarks/generate.py [ROWS ...]        # 10000 100000 300000 where none is given

Each size runs in a process of its own. `core` is plan + realise + align alone; `whole` is `generate`, files and all,
start-up and imports left out. The scenario has twelve intents, each with slots, so that every size can be filled.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from synthconv import generate
from synthconv.plan.domain import domain_of
from synthconv.plan.outlines import Planner
from synthconv.plan.rows import plan_rows
from synthconv.realise.align import align
from synthconv.realise.rules import rules_realiser
from synthconv.scenario.loader import Scenario, read_scenario

FORMS = [
    "[please] {verb} {{amount}} (to|for) {{payee}}",
    "(can you|could you|i want to|i need to) {verb} {{amount}} {{day}}",
    "{verb} {{payee}} for order {{order}}",
    "{noun} {{order}} (is wrong|is missing|looks odd|never arrived)",
    "(what happened to|where is|any news on) my {noun} [of {{amount}}] {{day}}",
    "did the {noun} to {{payee}} go through",
    "{{amount}} {noun} from my {{account}} [{{day}}]",
    "(how do i|how can i) {verb} {{payee}} from my {{account}}",
]
INTENTS = {
    "pay": "payment", "lend": "loan", "wire": "wire", "refund": "refund", "donate": "donation", "repay": "repayment",
    "split": "split", "collect": "collection", "charge": "charge", "request": "request", "cancel": "cancellation",
    "schedule": "standing order",
}  # fmt: skip


def scenario(rows: int) -> Scenario:
    """A scenario that asks for about `rows` rows."""
    slots = "{amount: money, payee: person, account: account, day: day, order: order}"
    intents = ""
    for verb, noun in INTENTS.items():
        examples = "".join(f'      - "{form.format(verb=verb, noun=noun)}"\n' for form in FORMS)
        intents += f"  {verb}:\n    examples:\n{examples}    slots: {slots}\n"
    return read_scenario(f"""
scenario: benchmark
language: en-US
intents:
{intents}
entities:
  money: {{type: money, currency: USD, min: 5, max: 9000}}
  person: {{faker: name}}
  account: {{values: [checking account, savings account, joint account, {{value: holiday account, synonyms: [holiday fund]}}]}}
  day: {{type: date, from_days: -60, to_days: 90}}
  order: {{pattern: "[A-Z]{{2}}-\\\\d{{6}}"}}
personas:
  hurried: {{style: {{verbosity: terse, casing: lower, punctuation: none, typos: 0.05}}}}
  careful: {{style: {{formality: high, politeness: high, casing: sentence, punctuation: full}}}}
  plain: {{}}
edge_cases: {{typo_heavy: 0.05, self_correction: 0.05, multi_intent: 0.05}}
generate: {{utterances_per_intent: {rows // len(INTENTS)}, seed: 7}}
""")


def measure(rows: int) -> dict[str, float]:
    """Figures for one size."""
    wanted = scenario(rows)
    domain = domain_of(wanted)
    planner, realise, planned = Planner(domain), rules_realiser(domain), list(islice(plan_rows(domain), 50_000))
    started = time.process_time()
    for row in planned:
        list(align(realise(planner.outline(row, 0))))
    core = len(planned) / (time.process_time() - started)
    del planned
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        counts = generate(wanted, Path(folder) / "out")["counts"]
        whole = counts["kept"] / (time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": counts["kept"],
        "asked": counts["asked"],
        "attempts": counts["attempts"],
        "core": round(core),
        "whole": round(whole),
        "peak_mb": round(peak),
    }


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:] if size != "--one"] or [10_000, 100_000, 300_000]
    for size in sizes:
        if "--one" in sys.argv:
            print(json.dumps(measure(size)))
        else:
            subprocess.run([sys.executable, __file__, "--one", str(size)], check=True)
