"""Learns the weights that parties are compared with, and has all of them compared by new ones."""

import asyncio

import structlog

from services.contacts.matching import commands, store
from services.contacts.matching.domain.whole import learn_model
from shared.engine.service import Service

log = structlog.get_logger()
_FEWEST = 1_000
_GROWTH = 1.5
"""Weights are learnt anew at so many times the parties, so that what it costs stays a share of what came."""
_SAMPLE = 20_000
_AT_ONCE = 100
_LOOK_S = 60.0


async def keep_weights(service: Service) -> None:
    """A worker. Whatever is killed in it begins again where it was."""
    while True:
        await learn_next(service)
        await compare_all(service)
        await asyncio.sleep(_LOOK_S)


async def learn_next(service: Service, fewest: int = _FEWEST) -> int | None:
    """The version that was learnt; None where there are too few parties for one, or for another one."""
    async with service.read() as tx:
        version, base = await store.find_newest(tx)
        count = await store.count_records(tx)
        if count < max(fewest, _GROWTH * base):
            return None
        records = await store.sample_records(tx, _SAMPLE)
    model = await asyncio.to_thread(learn_model, records, version + 1, count)
    async with service.transaction() as tx:
        is_first = await store.add_model(tx, model, count, tx.now)
    log.info("weights_learnt", version=model.version, parties=count, records=len(records), first=is_first)
    return model.version if is_first else None


async def compare_all(service: Service) -> None:
    """Until all parties were compared with the newest weights, or another instance does that."""
    compared: int | None = 0
    while compared is not None:
        async with service.transaction() as tx:
            compared = await commands.compare_next(tx, _AT_ONCE)
        if compared is not None:
            log.info("parties_compared", parties=compared)
