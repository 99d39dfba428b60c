"""What articles mean, as a process keeps it in memory: found by how near a question is to any of their parts.

All of it is held and scored at once: 10,000 articles of eight parts are some 125 MB and some milliseconds a question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.support.classifier import Vectors
from services.support.semantic import SIZE, unpacked
from services.support.text_features import Floats


@dataclass(frozen=True, slots=True)
class Meant:
    """A version of a text of an article: `parts` are the sentence vectors of its title and paragraphs, packed."""

    article_id: UUID
    language: str
    version: int
    parts: bytes


@dataclass(frozen=True, slots=True)
class Near:
    """The same, beside a question: how near the title and each paragraph are, as cosines."""

    article_id: UUID
    language: str
    version: int
    parts: tuple[float, ...]

    @property
    def nearest(self) -> float:
        return max(self.parts)


@dataclass(frozen=True, slots=True)
class _Index:
    """`rows` are the vectors of all texts one after the other, those of text i from `starts[i]` on. Texts of one
    article follow each other, those of article j from `articles[j]` on.
    """

    texts: list[tuple[UUID, str, int]]
    rows: Floats
    starts: NDArray[np.intp]
    articles: NDArray[np.intp]


@dataclass(slots=True)
class Meanings:
    """`questions` and `passages` make sentence vectors; None where the extra is not asked for, and nothing is found.

    What is learned is swapped in whole, so that any thread may ask meanwhile.
    """

    questions: Vectors | None = None
    passages: Vectors | None = None
    _known: dict[tuple[UUID, str], tuple[int, Floats]] = field(default_factory=dict)
    _index: _Index | None = None

    @property
    def size(self) -> int:
        """How many parts of texts are known."""
        return sum(len(rows) for _, rows in self._known.values())

    def learn(self, texts: Sequence[Meant]) -> None:
        """Each takes the place of what was known of its article and language."""
        self._known |= {
            (each.article_id, each.language): (each.version, unpacked(each.parts).reshape(-1, SIZE)) for each in texts
        }
        self._index = _index_of(self._known) if self._known else None

    def forget(self) -> None:
        """Nothing is known any more."""
        self._known, self._index = {}, None

    def near(self, text: str, at_least: float, most: int) -> list[Near]:
        """All texts of the articles of which one is as near, up to so many articles, the nearest first. It takes a
        moment: have a thread do it.
        """
        index = self._index
        if index is None or self.questions is None:
            return []
        scores = index.rows @ self.questions([text])[0]
        best = np.maximum.reduceat(np.maximum.reduceat(scores, index.starts), index.articles)
        (enough,) = np.nonzero(best >= at_least)
        nearest = enough[np.argsort(-best[enough], kind="stable")][:most]
        ends = np.append(index.articles[1:], len(index.texts))
        return [
            _near(index, scores, text) for article in nearest for text in range(index.articles[article], ends[article])
        ]


def _index_of(known: dict[tuple[UUID, str], tuple[int, Floats]]) -> _Index:
    ordered = sorted(known)
    lengths = [len(known[key][1]) for key in ordered]
    articles = [len(list(texts)) for _, texts in groupby(ordered, key=lambda key: key[0])]
    return _Index(
        [(*key, known[key][0]) for key in ordered],
        np.concatenate([known[key][1] for key in ordered]),
        _starts(lengths),
        _starts(articles),
    )


def _starts(lengths: Sequence[int]) -> NDArray[np.intp]:
    """Where each begins of so many that follow each other."""
    return np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp)


def _near(index: _Index, scores: Floats, text: int) -> Near:
    begin = index.starts[text]
    end = index.starts[text + 1] if text + 1 < len(index.texts) else len(scores)
    return Near(*index.texts[text], tuple(scores[begin:end].tolist()))
