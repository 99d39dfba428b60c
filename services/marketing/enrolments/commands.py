"""Enrols sales, and decides messages when they are due."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.campaign import Campaign, asks_for_products, skus_of
from services.marketing.catalogue.domain.definition import SALE, Definition
from services.marketing.copies import commands as copies
from services.marketing.enrolments import store
from services.marketing.enrolments.decisions.caps import Room, longest, room_of
from services.marketing.enrolments.decisions.decision import Facts, Skip
from services.marketing.enrolments.domain.dry_run import run_dry
from services.marketing.enrolments.domain.due import Decided, Limits, Planned, decide_cleared, decide_messages
from services.marketing.enrolments.domain.enrolment import Enrolled, enrol
from services.marketing.enrolments.domain.message import Ending, Enrolment, Message
from services.marketing.enrolments.domain.sale import Sale, revision_of, sale_of
from services.marketing.enrolments.schemas import DryRun
from services.marketing.settings import Context
from services.marketing.suppressions import commands as suppressions
from shared.engine.event import Event
from shared.engine.months import opening_months
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import Invalid, Transient
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown
from shared.events.sales import SaleAmended, SaleCancelled, SaleCompleted
from shared.http.forms import Language, language_of

TIMER = "messages"
open_months = opening_months(store.SQL["open_message_month"])


async def enrol_sales(
    tx: Transaction, events: Sequence[Event[SaleCompleted]], campaigns: Sequence[Campaign]
) -> Enrolled:
    """`campaigns` as the catalogue has them. Raises Transient as long as none was ever in force: then nobody can say
    what follows a sale.
    """
    if not campaigns:
        raise Transient("no campaign is published yet: the definitions are still being read")
    sales = [sale_of(event) for event in events]
    added = await store.add_sales(tx, sales)
    await store.add_repeated_sales(tx, [sale for sale in sales if sale.trigger_event_id not in added])
    products = {}
    taking = [campaign for campaign in campaigns if campaign.takes_sales]
    if asks_for_products(campaign.definition.when for campaign in taking):
        products = await copies.load_categories(tx, skus_of(sale.skus for sale in sales))
    enrolled = enrol([event for event in events if event.id in added], taking, products)

    await store.add_enrolments(tx, enrolled.enrolments)
    await store.add_messages(tx, enrolled.messages)
    await tx.set_timers(TIMER, sorted(enrolled.timers))
    tx.emit(enrolled.emissions)
    return enrolled


async def add_entries(tx: Transaction, entries: Sequence[Sale]) -> None:
    """Triggers that are no sales, for the messages that come of them."""
    await store.add_entries(tx, entries)


async def add_enrolments(tx: Transaction, enrolments: Sequence[Enrolment]) -> None:
    await store.add_enrolments(tx, enrolments)


async def plan_messages(tx: Transaction, planned: Sequence[tuple[Message, int]]) -> None:
    """Each with its party's partition; they are decided when they are due, unless they have ended already."""
    await store.add_messages(tx, [message for message, _ in planned])
    waiting = [each for each in planned if each[0].ending is None]
    due = [(message.id, partition, message.due_at) for message, partition in waiting if message.due_at is not None]
    await tx.set_timers(TIMER, sorted(due))


async def load_bought(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, Sequence[tuple[datetime, int, str]]]:
    """The sales of these parties that stand: when, and how much."""
    return await store.load_bought(tx, parties)


async def find_sales(
    tx: Transaction, asked: Collection[tuple[UUID, str]]
) -> Mapping[tuple[UUID, str], tuple[str, Sequence[str]]]:
    """Channel and products of the sales that these parties have under these ids."""
    return await store.find_sales(tx, asked)


async def dry_run(tx: Transaction, definition: Definition, most: int) -> DryRun:
    """What it would have done with the newest sales. Raises Invalid where it asks for more than a sale's `when`."""
    if definition.trigger.event != SALE or definition.trigger.where or definition.filter:
        raise Invalid("a dry run goes over sales, and asks their `when` alone", field="text")
    sales = await store.load_newest_sales(tx, most)
    products = await copies.load_categories(tx, skus_of(sale.skus for sale in sales))
    campaigns = [each for each in await catalogue.load_campaigns(tx) if each.takes_sales]
    context: Context = tx.context
    return run_dry(Campaign(definition, 0), campaigns, sales, products, context.time_zone)


async def revise_sales(tx: Transaction, events: Sequence[Event[SaleAmended | SaleCancelled]]) -> None:
    """Nothing is enrolled anew; messages that are not decided yet go by the sale as it stands then."""
    await store.revise_sales(tx, [revision_of(event) for event in events])


async def decide_due(tx: Transaction, due: Sequence[Due]) -> Decided:
    """Clears, skips or holds each message of these timers. The caller hands on what was cleared."""
    planned = await _load_planned(tx, due)
    asking = [known.sale.skus for known in planned.values() if known.campaign.contents_ask_for_products]
    products = await copies.load_categories(tx, skus_of(asking))
    context: Context = tx.context
    restored = await store.find_restored(tx, planned)
    limits = Limits(context.quiet, await _load_room(tx, due, planned))
    decided = decide_messages(due, planned, products, None if context.stream else tx.now, restored, limits)
    await store.count_cleared(tx, limits.room.new)

    await store.add_messages(tx, decided.planned)
    await store.end_messages(tx, [(m.id, m.triggered_at, m.ending) for m in decided.ended if m.ending])
    await tx.set_timers(TIMER, sorted(decided.timers))
    tx.emit(decided.emissions)
    return decided


async def _load_room(tx: Transaction, due: Sequence[Due], planned: Mapping[UUID, Planned]) -> Room:
    """Reads as many rows of a party as the longest window has days; nothing where no cap is set."""
    context: Context = tx.context
    if not context.caps or not planned:
        return Room()
    last = max(timer.now for timer in due).date()
    since = last - timedelta(days=longest(context.caps) + 1)
    parties = {known.message.party_id for known in planned.values()}
    return room_of(context.caps, await store.load_cleared(tx, parties, since, last))


async def decide_again(tx: Transaction, cleared: Sequence[tuple[Message, Sale, Campaign]]) -> dict[UUID, Skip]:
    """Of messages that have waited since they were cleared, those against which something has come to stand."""
    if not cleared:
        return {}
    with_tickets = any(campaign.definition.skip.ticket_open for _, _, campaign in cleared)
    facts = await load_facts(tx, [sale for _, sale, _ in cleared], with_tickets=with_tickets)
    decided = {
        message.id: decide_cleared(message, sale, campaign, facts[sale.trigger_event_id], tx.now)
        for message, sale, campaign in cleared
    }
    return {id_: skip for id_, skip in decided.items() if isinstance(skip, Skip)}


async def _load_planned(tx: Transaction, due: Sequence[Due]) -> dict[UUID, Planned]:
    found = await store.load_due_messages(tx, due, await catalogue.find_longest_wait(tx))
    if not found:
        return {}
    versions = {_version(each.message) for each in found}
    campaigns = await catalogue.load_campaign_versions(tx, versions)
    with_tickets = any(campaign.definition.skip.ticket_open for campaign in campaigns.values())
    facts = await load_facts(tx, [each.sale for each in found], with_tickets=with_tickets)
    return {
        each.message.id: Planned(
            each.message,
            each.sale,
            campaigns[_version(each.message)],
            facts[each.sale.trigger_event_id],
            each.repeat,
            each.failed,
        )
        for each in found
    }


def _version(message: Message) -> tuple[str, int]:
    assert message.campaign is not None
    assert message.campaign_version is not None
    return message.campaign, message.campaign_version


async def load_facts(tx: Transaction, sales: Sequence[Sale], *, with_tickets: bool) -> dict[str, Facts]:
    """All that is known by now, by the sale's trigger; which of it counts is decided for a moment."""
    parties = {sale.party_id for sale in sales}
    known = await copies.load_copies(
        tx, parties, {(sale.origin, sale.sale_id) for sale in sales}, with_tickets=with_tickets
    )
    suppressed = await suppressions.load_suppressions(tx, parties, known.families)
    addresses = {
        sale.trigger_event_id: address
        for sale in sales
        if (party := known.parties.get(sale.party_id)) and party.some_stopped
        if (address := party.address_for(sale.email_id))
    }
    stopped = await suppressions.find_stopped(tx, set(addresses.values())) if addresses else {}
    context: Context = tx.context
    return {
        sale.trigger_event_id: Facts(
            sale.trigger_event_id,
            sale.party_version,
            sale.minor,
            sale.currency,
            sale.email_id,
            known.parties.get(sale.party_id),
            known.consents.get(sale.party_id, ()),
            [each.statement() for each in suppressed.get(sale.party_id, ())],
            known.refunds.get((sale.origin, sale.sale_id), ()),
            known.tickets.get(sale.party_id, ()),
            known.restraints.get(sale.party_id, ()),
            stopped.get(addresses.get(sale.trigger_event_id, "")),
            sale.cancelled_by,
            sale.cancelled_at,
            context.handles,
        )
        for sale in sales
    }


async def take_back(tx: Transaction, ended: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown]]) -> None:
    """After a restore: how messages had ended, for when they are due again."""
    endings = {}
    for event in ended:
        data = event.data
        if data.message_id is None:
            continue  # it stands for a sale without a campaign, which ends the same when it is read again
        match data:
            case MessageSent():
                endings[data.message_id] = Ending("sent", data.recorded_at, consent_event_id=data.consent_event_id)
            case MessageUnknown():
                endings[data.message_id] = Ending("unknown", data.recorded_at)
            case MessageSkipped():
                decided_by = tuple(map(str, data.deciding_event_ids))
                endings[data.message_id] = Ending("skipped", data.recorded_at, data.reason, decided_by)
    await store.add_former_endings(tx, endings)


async def mark_restored(tx: Transaction) -> None:
    """What was due by now may have been sent already."""
    await store.mark_restored(tx, tx.now)


async def load_former_endings(tx: Transaction, messages: Collection[UUID]) -> Mapping[UUID, Ending]:
    """How those of the messages had ended of which crm.campaigns said so before a restore."""
    restored = await store.find_restored(tx, messages)
    return restored.endings if restored is not None else {}


async def load_messages(tx: Transaction, messages: Mapping[UUID, datetime]) -> dict[UUID, tuple[Message, Sale]]:
    return await store.load_messages(tx, messages)


async def find_message(tx: Transaction, id_: UUID) -> tuple[Message, Sale] | None:
    """With its sale; None where there is no message of this id."""
    at = await store.find_message_time(tx, id_)
    return None if at is None else (await store.load_messages(tx, {id_: at})).get(id_)


async def find_language(tx: Transaction, message_id: UUID) -> Language:
    """What the reader of a message is shown by its links."""
    found = await find_message(tx, message_id)
    party = (await copies.load_parties(tx, [found[0].party_id])).get(found[0].party_id) if found else None
    return language_of(party.locale if party else None)


async def end_messages(tx: Transaction, endings: Sequence[tuple[UUID, datetime, Ending]]) -> set[UUID]:
    return await store.end_messages(tx, endings)


async def find_letters(tx: Transaction, parties: Collection[UUID]) -> tuple[list[UUID], list[UUID]]:
    return await store.find_letters(tx, parties)
