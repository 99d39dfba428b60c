"""Texts of messages: sandboxed templates whose names are checked when they are loaded."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

SAMPLE: Mapping[str, Any] = {
    "name": "Ada Holm",
    "first_name": "Ada",
    "products": ["Rose bouquet", "Vase"],
    "product": "Rose bouquet",
    "sale_id": "shop-20391",
    "bought_on": "2026-03-01",
    "unsubscribe_url": "https://example.com/unsubscribe/1",
    "survey_url": "https://example.com/surveys/answers/1",
}
"""What a template may use, each with an example. `name`, `first_name`, `product` and the URLs may be empty."""

_MAX_TEXT = 100_000
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)


class Text(BaseModel):
    """Subject and body, both templates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Annotated[str, Field(min_length=1, max_length=500)]
    body: Annotated[str, Field(min_length=1, max_length=50_000)]

    @field_validator("subject", "body")
    @classmethod
    def _renders(cls, source: str, info: ValidationInfo) -> str:
        """Refuses what would fail for a customer: with everything known, and with nothing.

        With the context `{"stored": True}` the text was accepted when it was published, and is taken as it is.
        """
        if info.context and info.context.get("stored"):
            return source
        empty = dict.fromkeys(("name", "first_name", "product", "unsubscribe_url", "survey_url"), "")
        bare = {**SAMPLE, **empty, "products": []}
        try:
            unknown = meta.find_undeclared_variables(_environment.parse(source)) - SAMPLE.keys()
            if unknown:
                raise ValueError(f"knows no {', '.join(sorted(unknown))}; it may use {', '.join(sorted(SAMPLE))}")
            for values in (SAMPLE, bare):
                compiled(source).render(values)
        except TemplateError as error:
            raise ValueError(f"is no template that can be rendered: {error}") from None
        return source

    def render(self, values: Mapping[str, Any]) -> tuple[str, str]:
        subject = " ".join(compiled(self.subject).render(values).split())
        return subject, compiled(self.body).render(values)[:_MAX_TEXT]


@lru_cache(maxsize=1_000)
def compiled(source: str) -> Template:
    """The template, compiled once a process; its text is its identity, so old versions render as they did."""
    return _environment.from_string(source)
