"""Reads events with the CloudEvents SDK for Python: `python receive.py BROKERS TOPIC COUNT` prints one a line."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer
from cloudevents.core.bindings import kafka


async def receive(brokers: str, topic: str, count: int) -> None:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=brokers, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await consumer.start()
    last: dict[int, int] = {}  # the number of each partition that was taken last
    try:
        while count:
            record = await consumer.getone()
            message = kafka.KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)
            event = kafka.from_kafka_event(message)
            sequence = int(event.get_extension("sequence"))
            if sequence <= last.get(record.partition, 0):
                continue  # sent a second time
            last[record.partition] = sequence
            count -= 1
            line = {
                "partition": record.partition,
                "key": record.key.decode(),
                "id": event.get_id(),
                "type": event.get_type(),
                "sequence": sequence,
                "data": event.get_data(),
            }
            print(json.dumps(line), flush=True)
    finally:
        await consumer.stop()


asyncio.run(receive(sys.argv[1], sys.argv[2], int(sys.argv[3])))
