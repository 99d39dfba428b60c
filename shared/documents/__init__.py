"""Documents that are generated from the contracts: AsyncAPI for services; pages and schemas by `__main__`."""

from shared.documents.asyncapi import asyncapi
from shared.documents.page import page

__all__ = ["asyncapi", "page"]
