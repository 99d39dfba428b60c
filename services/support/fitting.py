"""Fits a model in a process of its own: examples come in as JSON, the model and new sentence vectors go out as JSON.

Its service ends it by killing it; nothing of it is kept.
"""

import os
import sys

import numpy as np
from pydantic import BaseModel, ConfigDict

from services.support.classifier import Example
from services.support.training import fit

_NICENESS = 5


class Known(BaseModel):
    """An example, and its sentence vector where one was made before."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    text: str
    category: str
    vector: bytes | None = None


class Order(BaseModel):
    """What a model is fitted to; `semantic`, with sentence vectors, which are made for those that have none."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    examples: list[Known]
    semantic: bool = False


class Fitted(BaseModel):
    """A model, and the vector of each example that came without one, in their order."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    model: bytes
    vectors: list[bytes] = []


def carry_out(order: Order) -> Fitted:
    """Raises ConfigurationError where sentence vectors are asked for and their package is not there."""
    examples = [Example(each.text, each.category) for each in order.examples]
    if not order.semantic:
        return Fitted(model=fit(examples).dump())
    from services.support.semantic import Sentences, packed, unpacked

    new = packed(Sentences().of([each.text for each in order.examples if each.vector is None]))
    following = iter(new)
    vectors = np.stack([unpacked(next(following) if each.vector is None else each.vector) for each in order.examples])
    return Fitted(model=fit(examples, vectors).dump(), vectors=new)


def main() -> None:
    os.nice(_NICENESS)
    order = Order.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(carry_out(order).model_dump_json().encode())


if __name__ == "__main__":
    main()
