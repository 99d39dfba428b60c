"""Saved views: kept, changed, removed and listed."""

from uuid import UUID

from services.support.settings import Context
from services.support.views import store
from services.support.views.schemas import SavedView, ViewDefinition, ViewVersion
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Stale
from shared.http.versions import Versions
from shared.ids import new_id


async def add_view(tx: Transaction, new: ViewDefinition, owner: str) -> ViewVersion:
    """Raises Invalid for queues and categories that there are none of."""
    _require_known(tx, new)
    view_id = new_id()
    await store.add_view(tx, view_id, new, owner, tx.now)
    return ViewVersion(id=view_id, version=1)


async def change_view(tx: Transaction, view_id: UUID, new: ViewDefinition, versions: Versions) -> ViewVersion:
    """Raises NotFound, Stale and Invalid."""
    _require_known(tx, new)
    version = await _lock(tx, view_id, versions)
    await store.save_view(tx, view_id, new, tx.now)
    return ViewVersion(id=view_id, version=version + 1)


async def remove_view(tx: Transaction, view_id: UUID, versions: Versions) -> ViewVersion:
    """Raises NotFound and Stale."""
    version = await _lock(tx, view_id, versions)
    await store.forget_view(tx, view_id)
    return ViewVersion(id=view_id, version=version)


async def read_view(tx: Transaction, view_id: UUID) -> SavedView:
    """Raises NotFound."""
    found = await store.find_view(tx, view_id)
    if found is None:
        raise NotFound("no view has this id")
    return found


async def list_views(tx: Transaction, after: UUID, reader: str | None, limit: int) -> list[SavedView]:
    """Those that an agent sees, or all."""
    return await store.list_views(tx, after, reader, limit)


def _require_known(tx: Transaction, new: ViewDefinition) -> None:
    context: Context = tx.context
    known = {queue.name for queue in context.queues}
    asked = {*new.filters.queues, *filter(None, (new.queue,))}
    if unknown := asked - known:
        raise Invalid(f"no queue is called {min(unknown)}", field="body.queue")
    if strange := set(new.filters.categories) - set(context.categories):
        raise Invalid(f"no category is called {min(strange)}", field="body.filters.categories")


async def _lock(tx: Transaction, view_id: UUID, versions: Versions) -> int:
    version = await store.lock_version(tx, view_id)
    if version is None:
        raise NotFound("no view has this id")
    if versions is not None and version not in versions:
        raise Stale("the view has changed; read it again", field="If-Match", state={"version": version})
    return version
