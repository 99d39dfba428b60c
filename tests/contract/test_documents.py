"""Generated documents agree with the code."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from deploy.kafka.topics import load_topics
from shared.asyncapi import asyncapi, page
from shared.asyncapi.document import Json, everything
from shared.engine.subscription import Subscription
from shared.events.contract import contracts
from shared.events.topics import COMPACTED, TOPICS
from shared.run.discovery import SERVICES, subscriptions_of
from tools.documents.__main__ import generated, outdated
from tools.documents.openapi import ROOT
from tools.documents.schemas import CONTRACTS
from tools.documents.service_page import (
    BEGIN,
    END,
    service_part,
    tables_of,
    with_part,
)


class Named:
    """A service, as far as its document goes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.subscriptions: list[Subscription] = subscriptions_of(name)


@pytest.fixture(scope="module")
def files() -> dict[Path, str]:
    return generated()


def test_everything_generated_is_committed_as_it_is(files: dict[Path, str]) -> None:
    assert sorted(str(path.relative_to(ROOT)) for path in outdated(files)) == []


def test_every_service_describes_its_paths(files: dict[Path, str]) -> None:
    for service in SERVICES:
        document = json.loads(files[ROOT / "docs" / "api" / f"{service}.openapi.json"])
        assert document["openapi"].startswith("3.")
        assert all(path.startswith("/v1/") for path in document["paths"])


def test_a_file_that_differs_or_is_missing_is_out_of_date(tmp_path: Path) -> None:
    same, other, missing = tmp_path / "same", tmp_path / "other", tmp_path / "missing"
    same.write_text("new", "utf-8")
    other.write_text("old", "utf-8")
    assert list(outdated({same: "new", other: "new", missing: "new"})) == [other, missing]


@pytest.mark.parametrize("document", [everything(), *(asyncapi(Named(name)) for name in SERVICES)])
def test_asyncapi_documents_have_the_form_of_the_standard(document: Json) -> None:
    """By FastStream's own model of AsyncAPI 3, and every reference leads somewhere."""
    # Its model asks for a path, which the standard leaves open and Kafka has not.
    servers = {name: {**server, "pathname": ""} for name, server in document["servers"].items()}
    ApplicationSchema.model_validate({**document, "servers": servers})
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(document)):
        found = document
        for part in reference.split("/"):
            found = found[part]
        assert found
    names = re.compile(r"^[\w.\-]+$")
    assert all(names.match(name) for part in document["components"].values() for name in part)


def test_every_contract_stands_in_the_document_with_headers_key_and_a_sample() -> None:
    messages = everything()["components"]["messages"]
    assert sorted(messages) == sorted(f"{entry.topic}.{entry.type}" for entry in contracts())
    for message in messages.values():
        assert message["headers"]["$ref"].endswith("Headers")
        assert message["bindings"]["kafka"]["key"]["description"]
        assert message["examples"][0]["payload"]


def test_the_document_of_all_says_who_writes_and_where_the_brokers_are() -> None:
    document = everything()
    named = [part["$ref"] for operation in document["operations"].values() for part in operation["messages"]]
    assert len(named) == len(set(named)) == len(contracts())
    assert document["operations"]["rapport.hears.crm.ingest"]["action"] == "receive"
    assert document["operations"]["rapport.says.crm.sales"]["action"] == "send"
    assert document["servers"]["kafka"]["protocol"] == "kafka"
    headers = document["components"]["schemas"]["OurHeaders"]
    assert {"ce_id", "ce_source", "ce_time", "ce_sequence", "ce_dataschema"} <= set(headers["required"])
    assert set(headers["required"]) <= set(headers["properties"])


def test_the_hash_of_a_schema_is_computed_as_the_page_says() -> None:
    (program,) = re.findall(
        r"```python\n(def hash_of.*?)```", (ROOT / "docs" / "events.md").read_text("utf-8"), re.DOTALL
    )
    said: dict[str, Any] = {"hashlib": hashlib, "json": json}
    exec(program, said)  # noqa: S102 - our own page
    for entry in contracts():
        committed = json.loads(
            (CONTRACTS / entry.topic / entry.type / f"{entry.major}.{entry.minor}.json").read_text("utf-8")
        )
        assert entry.dataschema().endswith(f":{entry.major}.{entry.minor}:{said['hash_of'](committed)}")


def test_a_service_says_what_it_owns_and_hears_what_its_handlers_name() -> None:
    document = asyncapi(Named("support"))
    operations = document["operations"]
    assert operations["support.says.crm.tickets"]["action"] == "send"
    heard = operations["support.tickets.crm.requests"]
    assert heard["bindings"]["kafka"]["groupId"]["enum"] == ["support.tickets"]
    assert [each["$ref"].rpartition("/")[2] for each in heard["messages"]] == ["crm.support.requested.v1"]
    assert "crm.sales" not in document["channels"]


def test_the_page_shows_every_message_and_escapes_what_it_shows() -> None:
    document = asyncapi(Named("support"))
    document["info"]["title"] = "<b>"
    html = page(document)
    assert "<b>" not in html
    for message in document["components"]["messages"].values():
        assert message["name"] in html


def test_topics_are_provisioned_as_they_are_described() -> None:
    provisioned = {topic.name: topic for topic in load_topics()}
    assert set(provisioned) == set(TOPICS)
    for name, topic in TOPICS.items():
        config = provisioned[name].config
        assert config["cleanup.policy"] == ("compact" if topic.cleanup == "compact" else "delete")
        assert config.get("retention.ms") == {"keep": "-1", "week": "604800000", "compact": None}[topic.cleanup]
    assert {name for name, topic in TOPICS.items() if topic.cleanup == "compact"} == COMPACTED


def test_every_contract_has_a_described_topic() -> None:
    assert {entry.topic for entry in contracts()} <= set(TOPICS)


@pytest.mark.parametrize("service", SERVICES)
def test_a_readme_names_what_the_service_hears_and_owns(service: str) -> None:
    part = service_part(service)
    for subscription in subscriptions_of(service):
        assert subscription.group in part
        assert all(f"`{topic}`" in part for topic in subscription.topics)
    assert tables_of(service)
    assert all(f"`{name}`" in part for name, _ in tables_of(service))


def test_only_the_part_between_the_markers_is_generated() -> None:
    readme = f"# Support\n\nWords.\n\n{BEGIN}\nold\n{END}\n\nMore words.\n"
    assert with_part(readme, "new\n") == f"# Support\n\nWords.\n\n{BEGIN}\nnew\n{END}\n\nMore words.\n"
    assert with_part("# New\n", "new\n") == f"# New\n\n{BEGIN}\nnew\n{END}\n"
