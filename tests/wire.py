"""Bytes that other senders may put on a topic and that aiokafka's own producer refuses to write."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as PythonBuilder

CODECS = {None: 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
"""As a producer calls them, and as a batch does."""


class AnyName(str):
    """The name of a header as it is read: bytes beyond UTF-8 as `surrogateescape` makes them."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        del errors
        return super().encode(encoding, "surrogateescape")


@contextmanager
def any_names() -> Iterator[None]:
    """Producers of this process take AnyName for names meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (message_accumulator, producer):
            patch.setattr(module, "DefaultRecordBatchBuilder", PythonBuilder)
        yield
