"""Reads parties by new rules, learns the weights that they are compared with, and has all compared by new ones."""

import asyncio

import structlog

from services.contacts.matching import commands, store
from services.contacts.matching.domain.traits import RULES
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
        await read_all(service)
        await learn_next(service)
        await compare_all(service)
        await asyncio.sleep(_LOOK_S)


async def read_all(service: Service) -> None:
    """Until all parties were read by the rules of this version, or another instance does that."""
    while True:
        async with service.transaction() as tx:
            read = await commands.read_next(tx, _AT_ONCE)
        if not read:
            return
        log.info("parties_read_anew", parties=read)


async def learn_next(service: Service, fewest: int = _FEWEST) -> int | None:
    """The version that was learnt; None where there are too few parties for one, or for another one while the rules are
    the same, or where some are still to be read by new rules.
    """
    async with service.read() as tx:
        version, base = await store.find_newest(tx)
        newest = await store.load_model(tx)
        count = await store.count_records(tx)
        is_outdated = newest is not None and newest.rules != RULES
        if count < (fewest if is_outdated else max(fewest, _GROWTH * base)):
            return None
        records = await store.sample_records(tx, _SAMPLE)
    if any(each.rules != RULES for each in records):
        # They are being read anew, by this instance or another.
        return None
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
