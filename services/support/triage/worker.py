"""Trains models of triage, tries each out in shadow, and puts it in force once it is as good as the one before."""

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from services.support.categories import hash_of, seeds_of
from services.support.classifier import Model
from services.support.fitting import Fitted, Known, Order
from services.support.semantic import VECTORS
from services.support.settings import Context, SupportSettings
from services.support.tickets import commands as tickets
from services.support.triage import store
from services.support.triage.store import Learnt, Version
from shared.engine.transaction import Transaction
from shared.errors import Transient

log = structlog.get_logger()
MADE_BY = f"{VECTORS}, of new words"
"""What made a vector, and of what: those that were made of whole texts, with what they quote, are made anew."""
_AT_ONCE = 200
_HOPELESS = 4
"""A shadow that is worse on so many times the cases that it needs is given up."""


class Source(Protocol):
    """What the worker needs of its service."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...


class Fit(Protocol):
    async def __call__(self, order: Order) -> Fitted: ...


async def fit_apart(order: Order) -> Fitted:
    """A model of these examples, made in a process of its own, which ends with whoever waits for it.

    Raises Transient where the process fails.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.support.fitting", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        content, _ = await process.communicate(order.model_dump_json().encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Transient(f"the training of a model ended with status {process.returncode}")
    return Fitted.model_validate_json(content)


class Learning:
    """A worker of the service. Several instances may run it: a version is added once, whoever comes first."""

    def __init__(self, settings: SupportSettings, context: Context, fit: Fit = fit_apart) -> None:
        self._settings = settings
        self._context = context
        self._fit = fit
        self._seeds = hash_of(context.categories)
        self._features = f"words and sentences ({VECTORS})" if settings.semantic else "words"

    async def run(self, source: Source) -> None:
        """Until cancelled; errors end it, and the engine starts it again."""
        while True:
            await self.step(source)
            await asyncio.sleep(self._settings.poll_s)

    async def step(self, source: Source) -> None:
        """Load what is in force, and train or judge what is due."""
        async with source.read() as tx:
            known = await store.find_versions(tx)
            enough = self._settings.retrain_after
            is_due = bool(known) and await store.count_new_examples(tx, known[0].learned, enough) >= enough
        live, shadow = _in_state(known, "live"), _in_state(known, "shadow")
        if live is None or live.seeds != self._seeds or live.features != self._features:
            await self._train(source, known, "live")
        elif shadow is not None:
            await self._judge(source, live, shadow)
        elif is_due:
            await self._train(source, known, "shadow")
        await self._load(source)

    async def _train(self, source: Source, known: list[Version], state: str) -> None:
        """Add the next version. Another instance that was quicker makes this one's work lost, and nothing else."""
        version = known[0].version + 1 if known else 1
        async with source.read() as tx:
            examples, learned = await store.count_examples(tx)
            learnt = await store.load_examples(tx, self._context.categories.keys(), self._settings.learnt_from, MADE_BY)
        fitted = await self._fit(await asyncio.to_thread(self._order, learnt))
        await self._keep_vectors(source, learnt, fitted)
        async with source.transaction() as tx:
            await store.lock_models(tx)
            newest = await store.find_versions(tx)
            if newest and newest[0].version >= version:
                return
            await store.retire_models(tx, ["live", "shadow"] if state == "live" else ["shadow"])
            model = Version(
                version=version,
                state=state,
                seeds=self._seeds,
                examples=examples,
                learned=learned,
                features=self._features,
                trained_at=tx.now,
            )
            await store.add_model(tx, model, fitted.model)
        log.info("triage_model_trained", version=version, state=state, examples=len(learnt))

    def _order(self, learnt: list[Learnt]) -> Order:
        seeds = [Known(text=each.text, category=each.category) for each in seeds_of(self._context.categories)]
        known = [Known(text=each.read(), category=each.category, vector=each.vector) for each in learnt]
        return Order(examples=seeds + known, semantic=self._settings.semantic)

    async def _keep_vectors(self, source: Source, learnt: list[Learnt], fitted: Fitted) -> None:
        """Those that were made now, so that the next training does without; the first ones are of the seeds."""
        made = [each.ticket_id for each in learnt if each.vector is None]
        new = fitted.vectors[len(fitted.vectors) - len(made) :] if fitted.vectors else []
        for begin in range(0, len(new), _AT_ONCE):
            part = slice(begin, begin + _AT_ONCE)
            async with source.transaction() as tx:
                await tickets.lock_parties_of(tx, made[part])
                await store.save_vectors(tx, list(zip(made[part], new[part], strict=True)), MADE_BY)

    async def _judge(self, source: Source, live: Version, shadow: Version) -> None:
        async with source.transaction() as tx:
            await store.lock_models(tx)
            judged = await store.judge_shadow(tx, live, shadow)
            if judged.cases < self._settings.shadow_cases:
                return
            better = judged.shadow >= judged.live
            if not better and judged.cases < self._settings.shadow_cases * _HOPELESS:
                return
            await store.retire_models(tx, ["live"] if better else ["shadow"])
            if better:
                await store.put_in_force(tx, shadow.version)
        log.info("triage_model_judged", version=shadow.version, live=better, cases=judged.cases)

    async def _load(self, source: Source) -> None:
        """Have the models of this process be those that the table names."""
        models = self._context.models
        async with source.read() as tx:
            known = await store.find_versions(tx)
            live, shadow = _in_state(known, "live"), _in_state(known, "shadow")
            if live is not None and (models.live is None or models.live[0] != live.version):
                models.live = live.version, await self._read(tx, live.version)
            if shadow is None:
                models.shadow = None
            elif models.shadow is None or models.shadow[0] != shadow.version:
                models.shadow = shadow.version, await self._read(tx, shadow.version)

    @staticmethod
    async def _read(tx: Transaction, version: int) -> Model:
        return await asyncio.to_thread(Model.load, await store.load_model(tx, version))


def _in_state(models: list[Version], state: str) -> Version | None:
    return next((model for model in models if model.state == state), None)
