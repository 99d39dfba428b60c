"""Sends facts with the CloudEvents SDK for Python: `python send.py BROKERS binary|structured < facts`."""

import asyncio
import json
import sys
from datetime import datetime

from aiokafka import AIOKafkaProducer
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent


async def send(brokers: str, mode: str) -> None:
    # aiokafka's own partitioner is murmur2, as the Java client's.
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for line in sys.stdin:
            fact = json.loads(line)
            attributes = {
                "id": fact["id"],
                "source": fact["source"],
                "type": fact["type"],
                "time": datetime.fromisoformat(fact["time"]),
                "datacontenttype": "application/json",
                "partitionkey": fact["key"],
            }
            event = CloudEvent(attributes, fact["data"])
            message = kafka.to_binary_event(event) if mode == "binary" else kafka.to_structured_event(event)
            await producer.send_and_wait(
                "crm.ingest", message.value, key=fact["key"].encode(), headers=list(message.headers.items())
            )
    finally:
        await producer.stop()


asyncio.run(send(*sys.argv[1:]))
