"""Texts of messages: sandboxed templates whose names are checked when they are loaded."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.marketing.catalogue.content.bounds import complaints_about
from services.marketing.catalogue.content.formats import Amount, date_filter, money_filter
from services.marketing.catalogue.content.html import made_of
from services.marketing.catalogue.content.links import tracked_filter, video_filter

SAMPLE: Mapping[str, Any] = {
    "name": "Ada Holm",
    "first_name": "Ada",
    "products": ["Rose bouquet", "Vase"],
    "product": "Rose bouquet",
    "sale_id": "shop-20391",
    "bought_on": "2026-03-01",
    "total": Amount(12_995, "DKK"),
    "tier": "silver",
    "unsubscribe_url": "https://example.com/unsubscribe/1",
    "survey_url": "https://example.com/surveys/answers/1",
    "preferences_url": "https://example.com/preferences/1",
    "opened_url": "https://example.com/links/1/opened.gif",
    "locale": "en",
}
"""What a template may use, each with an example. `name`, `first_name`, `product`, `total`, `tier` (but of a change of
tier) and the URLs may be empty.
"""
_URLS = ("unsubscribe_url", "survey_url", "preferences_url", "opened_url")
_MAY_BE_EMPTY = ("name", "first_name", "product", "tier", *_URLS)
_MAX_TEXT = 100_000
_MAX_HTML = 400_000


def _environment(*, autoescape: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=autoescape, keep_trailing_newline=True)
    made.filters |= {"date": date_filter, "money": money_filter, "tracked": tracked_filter, "video": video_filter}
    return made


_texts, _html = _environment(autoescape=False), _environment(autoescape=True)


class Rendered(NamedTuple):
    """A text as its reader gets it; `html` None: it has none."""

    subject: str
    body: str
    html: str | None


class Text(BaseModel):
    """Subject and body, both templates, and the body once more in MJML for readers of HTML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Annotated[str, Field(min_length=1, max_length=500)]
    body: Annotated[str, Field(min_length=1, max_length=50_000)]
    html: Annotated[str | None, Field(min_length=1, max_length=50_000, exclude_if=lambda html: html is None)] = None

    @field_validator("subject", "body")
    @classmethod
    def _renders(cls, source: str, info: ValidationInfo) -> str:
        """With the context `{"stored": True}` the text was accepted when it was published, and is taken as it is."""
        return _checked(source, info, compiled)

    @field_validator("html")
    @classmethod
    def _renders_html(cls, source: str | None, info: ValidationInfo) -> str | None:
        return source if source is None else _checked(source, info, compiled_html)

    def render(self, values: Mapping[str, Any]) -> Rendered:
        subject = " ".join(compiled(self.subject).render(values).split())
        body = compiled(self.body).render(values)[:_MAX_TEXT]
        html = None if self.html is None else compiled_html(self.html).render(values)[:_MAX_HTML]
        return Rendered(subject, body, html)

    def uses(self, name: str) -> bool:
        """Whether a value is asked for anywhere in it."""
        return name in names_of(self.body) or (self.html is not None and name in names_of(self.html))


def _checked(source: str, info: ValidationInfo, compile_: Callable[[str], Template]) -> str:
    """Refuses what would fail for a customer, with everything known and with nothing, and what has no bounds."""
    if info.context and info.context.get("stored"):
        return source
    bare = {**SAMPLE, **dict.fromkeys(_MAY_BE_EMPTY, ""), "products": [], "total": Amount(0, "")}
    try:
        # First of all: whatever compiles a template also computes its constants.
        wrong = next(complaints_about(_texts.parse(source)), None)
        if wrong:
            raise ValueError(f"is no template that can be rendered: it {wrong}")
        unknown = names_of(source) - SAMPLE.keys()
        if unknown:
            raise ValueError(f"knows no {', '.join(sorted(unknown))}; it may use {', '.join(sorted(SAMPLE))}")
        for values in (SAMPLE, bare):
            compile_(source).render(values)
    except TemplateError as error:
        raise ValueError(f"is no template that can be rendered: {error}") from None
    except (SyntaxError, RecursionError, OverflowError):
        raise ValueError("is no template that can be rendered: it nests too deeply") from None
    except (TypeError, AttributeError, LookupError, ArithmeticError):
        raise ValueError(
            "is no template that can be rendered: a filter or operator is given what it cannot take"
        ) from None
    return source


@lru_cache(maxsize=1_000)
def names_of(source: str) -> frozenset[str]:
    return frozenset(meta.find_undeclared_variables(_texts.parse(source)))


@lru_cache(maxsize=1_000)
def labels_in(source: str, filter_: str) -> frozenset[str]:
    """What the links that a filter makes are called; their labels are written out, as all templates are checked for."""
    found = (each for each in _texts.parse(source).find_all(nodes.Filter) if each.name == filter_)
    given = ([*each.args, *(named.value for named in each.kwargs)] for each in found)
    return frozenset(str(label.as_const()) for labels in given for label in labels)


@lru_cache(maxsize=1_000)
def compiled(source: str) -> Template:
    """The template, compiled once a process; its text is its identity, so old versions render as they did."""
    return _compiled(_texts, source)


@lru_cache(maxsize=1_000)
def compiled_html(source: str) -> Template:
    return _compiled(_html, made_of(source))


def _compiled(environment: ImmutableSandboxedEnvironment, source: str) -> Template:
    template = environment.from_string(source)
    # Jinja gives a template a ChainMap, which every rendering copies one name after the other.
    template.globals = dict(template.globals)
    return template
