"""Posts facts with the CloudEvents SDK for Python: `python post.py URL binary|structured|batch < facts`.

Prints the status of each fact, in their order.
"""

import json
import sys
from datetime import datetime

import httpx
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

BATCH = {"content-type": "application/cloudevents-batch+json"}


def post(url: str, mode: str) -> None:
    events = []
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
        events.append(CloudEvent(attributes, fact["data"]))
    if mode == "batch":
        # The SDK has no batch; a batch is a list of what it writes in structured mode.
        body = b"[" + b",".join(JSONFormat().write(event) for event in events) + b"]"
        answers = [httpx.post(url, content=body, headers=BATCH)]
    else:
        write = http.to_binary_event if mode == "binary" else http.to_structured_event
        messages = [write(event) for event in events]
        answers = [httpx.post(url, content=message.body, headers=message.headers) for message in messages]
    for answer in answers:
        for result in answer.json()["results"]:
            print(result["status"], flush=True)


post(*sys.argv[1:])
