"""The LLM engine alone against a bare loop, in paired runs: rendered requests in, journal filled.

    python tests/benchmarks/engine.py --url http://127.0.0.1:8099/v1 --calls 2000 --concurrency 64 --pairs 5

The server is any OpenAI-compatible one; a fixed latency makes the figures comparable. The bare loop is AsyncOpenAI with
its aiohttp transport and a semaphore, and keeps the answers in memory. Each run is a process of its own; imports and the
start of the process are left out of wall and CPU time, and are in the peak memory.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synthconv.llm.wire import Request

SYSTEM = "Write what users of a bot would type. Every value is said word for word, once. " * 12
ITEMS = [{"id": i, "intent": "transfer_money", "acts": ["inform(amount)"], "style": "short"} for i in range(1, 11)]


def requests(count):
    for number in range(count):
        items = [{**item, "slots": {"amount": f"${number + item['id']}"}} for item in ITEMS]
        block = json.dumps({"items": items})
        yield Request("mock", SYSTEM, f"Request {number}: 10 messages.\n```json\n{block}\n```", 1600, 1.0)


async def bare(url, count, concurrency):
    import openai

    slots, kept = asyncio.Semaphore(concurrency), []
    limits = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with openai.AsyncOpenAI(
        api_key="none", base_url=url, max_retries=0, http_client=openai.DefaultAioHttpClient(limits=limits)
    ) as client:

        async def one(request):
            async with slots:
                answer = await client.chat.completions.create(**request.body())
                kept.append(answer.choices[0].message.content)

        await asyncio.gather(*(one(request) for request in requests(count)))
    return len(kept)


def engine(url, count, concurrency):
    from synthconv.llm.engine import Engine
    from synthconv.llm.journal import Journal
    from synthconv.llm.models import Model
    from synthconv.llm.prices import Meter, load_prices

    def conversation(request):
        (answer,) = yield [request]
        return len(answer.content)

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        run = Engine([Model("mock", url)], journal, Meter(load_prices()), concurrency=concurrency)
        return len(run.hold(conversation(request) for request in requests(count)))


def measured(kind, url, count, concurrency):
    import openai  # noqa: F401  # imports are not what is measured

    if kind == "engine":
        import synthconv.llm.engine  # noqa: F401
    wall, cpu = time.perf_counter(), time.process_time()
    done = asyncio.run(bare(url, count, concurrency)) if kind == "bare" else engine(url, count, concurrency)
    assert done == count
    return {
        "wall": time.perf_counter() - wall,
        "cpu_ms": (time.process_time() - cpu) / count * 1000,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--one", choices=["bare", "engine"], help="one run in this process, as JSON")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(args.one, args.url, args.calls, args.concurrency)))
        return
    runs = {"bare": [], "engine": []}
    for pair in range(args.pairs):
        for kind in ("bare", "engine") if pair % 2 else ("engine", "bare"):
            options = ["--url", args.url, "--calls", str(args.calls), "--concurrency", str(args.concurrency)]
            done = subprocess.run([sys.executable, __file__, "--one", kind, *options], capture_output=True, check=True)
            runs[kind].append(json.loads(done.stdout))
            print(kind, {name: round(value, 3) for name, value in runs[kind][-1].items()})
    walls = [ours["wall"] / theirs["wall"] for ours, theirs in zip(runs["engine"], runs["bare"], strict=True)]
    extra = [ours["cpu_ms"] - theirs["cpu_ms"] for ours, theirs in zip(runs["engine"], runs["bare"], strict=True)]
    peak = max(run["peak_mb"] for run in runs["engine"])
    print(f"wall {statistics.median(walls):.3f} x, CPU {statistics.median(extra):+.3f} ms a call, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
