"""Kafka Connect with stock connectors and converters: a file of facts in, a file of sales out."""

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import EmbeddedStack
from tests.e2e.client import Client, eventually
from tests.interop.clients import HERE, NotHereError, build, need

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.interop, pytest.mark.timeout(600)]
PRICE = {"minor": 12995, "currency": "DKK"}


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration and the classpath."""
    folder = tmp_path_factory.mktemp("connect")
    shutil.copytree(HERE / "connect", folder, dirs_exist_ok=True)
    try:
        need("java", "mvn")
        build(folder, "mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath")
    except NotHereError as error:
        pytest.skip(f"Kafka Connect was not run: {error}")
    return folder


def event(number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"connect-{number}",
        "source": "/shop/connect",
        "type": "crm.sale.completed.v1",
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "party": {"identities": [{"type": "external", "system": "connect", "value": f"customer-{number}"}]},
            "sale_id": f"connect-{number}",
            "channel": "web",
            "total": PRICE,
            "lines": [{"sku": "Å-17", "quantity": 1, "unit_price": PRICE}],
        },
    }


async def test_facts_of_a_file_come_in_and_sales_go_out_to_one(
    stack: EmbeddedStack, outside: Client, connect: Path
) -> None:
    facts = [event(number) for number in range(5)]
    (connect / "facts.jsonl").write_text(
        "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in facts), "utf-8"
    )
    worker = (connect / "worker.properties").read_text("utf-8")
    (connect / "worker.properties").write_text(f"{worker}bootstrap.servers={stack.bootstrap}\n", "utf-8")
    files = ("worker.properties", "source.properties", "sink.properties")
    program = ("java", "-cp", (connect / "classpath").read_text("utf-8").strip())
    process = await asyncio.create_subprocess_exec(
        *program, "org.apache.kafka.connect.cli.ConnectStandalone", *files, cwd=connect
    )
    try:
        for fact in facts:
            headers, data = await outside.find(
                "crm.sales", "sale.completed", within=90, sale_id=fact["data"]["sale_id"]
            )
            assert (headers["ce_causationid"], data["origin"]) == (fact["id"], "/shop/connect")

        async def told() -> bool:
            return {each["data"]["sale_id"] for each in facts} <= {sale["sale_id"] for sale in _lines(connect)}

        await eventually(told, "the sales in the file", within=60)
        assert all(sale["lines"][0]["sku"] == "Å-17" for sale in _lines(connect) if sale["origin"] == "/shop/connect")
    finally:
        process.terminate()
        await process.wait()


def _lines(folder: Path) -> list[dict[str, Any]]:
    file = folder / "sales.jsonl"
    whole = file.read_text("utf-8").rpartition("\n")[0] if file.exists() else ""
    return [json.loads(line) for line in whole.splitlines()]
