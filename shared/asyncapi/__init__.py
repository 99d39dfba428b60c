"""What a service hears and says on Kafka, as AsyncAPI 3: the document, and a page of it for people."""

from shared.asyncapi.document import asyncapi
from shared.asyncapi.page import page

__all__ = ["asyncapi", "page"]
