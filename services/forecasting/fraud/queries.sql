-- name: add_facts
-- Of erased parties without HMACs. A refund has those of its sale, where that is known: one look into the index for each
-- refund and none for a sale, never a pass over all that is known.
insert into fraud_fact (
    event_id, kind, party_id, at, origin, sale_id, currency, amount, device, card, address, coupon,
    verdict
)
select
    told.event_id, told.kind, told.party_id, told.at, told.origin, told.sale_id, told.currency, told.amount,
    case when not coalesce(party.erased, false) then coalesce(told.device, sale.device) end,
    case when not coalesce(party.erased, false) then coalesce(told.card, sale.card) end,
    case when not coalesce(party.erased, false) then coalesce(told.address, sale.address) end,
    told.coupon,
    verdict.verdict
from unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::numeric[],
    $9::text[], $10::text[], $11::text[], $12::text[]
) as told (
    event_id, kind, party_id, at, origin, sale_id, currency, amount, device, card, address, coupon
)
left join fraud_party as party on party.party_id = told.party_id
left join lateral (
    select known.device, known.card, known.address
    from fraud_fact as known
    where told.kind = 'refund' and known.kind = 'sale' and known.origin = told.origin and known.sale_id = told.sale_id
    order by known.at, known.event_id
    limit 1
) as sale on true
left join fraud_verdict as verdict on verdict.event_id = told.event_id;

-- name: load_signals
-- Of each of the facts $1, what is known of its party, device, card and address before it, at most 200 facts of each: a
-- number that no rule asks for costs no more than one that it does. Of an address only those count that have nothing sent
-- elsewhere: the customers of a parcel shop or an office have homes, the many names of one customer do not.
select
    fact.event_id,
    own.sales_1h, own.sales_24h, own.sales_90d, own.sales_earlier = 0 as new_party, own.refunds_90d, own.sales,
    own.usual, own.genuine, own.frauds,
    fact.device is not null and own.devices > 0 and own.same_device = 0 as new_device,
    fact.card is not null and own.cards > 0 and own.same_card = 0 as new_card,
    fact.address is not null and own.addresses > 0 and own.same_address = 0 as new_address,
    fact.amount::float8 as amount,
    coalesce(party.changed_at > fact.at - interval '7 days' and party.changed_at <= fact.at, false) as changed,
    device.sales_1h as device_1h, device.sales_24h as device_24h, device.parties as device_parties, device.cards as device_cards,
    device.cards_24h as device_cards_24h,
    card.sales_1h as card_1h, card.sales_24h as card_24h, card.parties as card_parties,
    address.sales_24h as address_24h, address.parties as address_parties,
    greatest(device.coupons, card.coupons, address.coupons) as coupons,
    greatest(device.refunds, card.refunds, address.refunds) as refunds,
    greatest(device.frauds, card.frauds, address.frauds) as linked_frauds
from unnest($1::uuid[]) as asked (event_id)
join fraud_fact as fact on fact.event_id = asked.event_id
left join fraud_party as party on party.party_id = fact.party_id
cross join lateral (
    select
        count(*) filter (where kind = 'sale' and at > fact.at - interval '1 hour') as sales_1h,
        count(*) filter (where kind = 'sale' and at > fact.at - interval '24 hours') as sales_24h,
        count(*) filter (where kind = 'sale' and at > fact.at - interval '90 days') as sales_90d,
        count(*) filter (where kind = 'sale' and at <= fact.at - interval '24 hours') as sales_earlier,
        count(*) filter (where kind = 'refund' and at > fact.at - interval '90 days') as refunds_90d,
        count(*) filter (where kind = 'sale' and event_id <> fact.event_id) as sales,
        avg(amount) filter (where kind = 'sale' and event_id <> fact.event_id and currency = fact.currency)::float8 as usual,
        count(device) filter (where event_id <> fact.event_id) as devices,
        count(card) filter (where event_id <> fact.event_id) as cards,
        count(address) filter (where event_id <> fact.event_id) as addresses,
        count(*) filter (where device = fact.device and event_id <> fact.event_id) as same_device,
        count(*) filter (where card = fact.card and event_id <> fact.event_id) as same_card,
        count(*) filter (where address = fact.address and event_id <> fact.event_id) as same_address,
        count(*) filter (where verdict = 'genuine' and device = fact.device) as genuine,
        count(*) filter (where verdict = 'fraud') as frauds
    from (
        select * from fraud_fact
        where party_id = fact.party_id and at <= fact.at and at > fact.at - interval '365 days'
        order by at desc
        limit 200
    ) as known
) as own
cross join lateral (
    select
        count(*) filter (where kind = 'sale' and at > fact.at - interval '1 hour') as sales_1h,
        count(*) filter (where kind = 'sale' and at > fact.at - interval '24 hours') as sales_24h,
        count(distinct party_id) as parties,
        count(distinct card) as cards,
        count(distinct card) filter (where at > fact.at - interval '24 hours') as cards_24h,
        count(distinct party_id) filter (where coupon = fact.coupon) as coupons,
        count(*) filter (where kind = 'refund' and party_id <> fact.party_id) as refunds,
        count(*) filter (where verdict = 'fraud') as frauds
    from (
        select * from fraud_fact
        where device = fact.device and at <= fact.at and at > fact.at - interval '30 days'
        order by at desc
        limit 200
    ) as known
) as device
cross join lateral (
    select
        count(*) filter (where kind = 'sale' and at > fact.at - interval '1 hour') as sales_1h,
        count(*) filter (where kind = 'sale' and at > fact.at - interval '24 hours') as sales_24h,
        count(distinct party_id) as parties,
        count(distinct party_id) filter (where coupon = fact.coupon) as coupons,
        count(*) filter (where kind = 'refund' and party_id <> fact.party_id) as refunds,
        count(*) filter (where verdict = 'fraud') as frauds
    from (
        select * from fraud_fact
        where card = fact.card and at <= fact.at and at > fact.at - interval '30 days'
        order by at desc
        limit 200
    ) as known
) as card
cross join lateral (
    select
        count(*) filter (where kind = 'sale' and at > fact.at - interval '24 hours') as sales_24h,
        count(distinct party_id) as parties,
        count(distinct party_id) filter (where coupon = fact.coupon) as coupons,
        count(*) filter (where kind = 'refund' and party_id <> fact.party_id) as refunds,
        count(*) filter (where verdict = 'fraud') as frauds
    from (
        select * from fraud_fact
        where address = fact.address and at <= fact.at and at > fact.at - interval '30 days'
        order by at desc
        limit 200
    ) as known
    where known.verdict = 'fraud' or not exists (
        select from fraud_fact as other
        where other.party_id = known.party_id and other.address <> fact.address
            and other.at <= fact.at and other.at > fact.at - interval '365 days'
    )
) as address;

-- name: sample_facts
-- Of the facts from $1 up to $2 as many as $3, drawn by their ids, so that the same facts give the same ones; those that
-- people called fraud beside them, at most a tenth as many.
(
    select event_id, false as fraud from fraud_fact
    where at >= $1 and at < $2 and verdict is distinct from 'fraud'
    order by md5(event_id::text)
    limit $3
)
union all
(
    select event_id, true as fraud from fraud_fact
    where at >= $1 and at < $2 and verdict = 'fraud'
    order by md5(event_id::text)
    limit $3 / 10
);

-- name: find_forest_cut
-- A batch of sales asks for this; the forest itself is read once.
select max(cut) from fraud_forest;

-- name: load_forest
-- Never changed once it stands.
select forest from fraud_forest where cut = $1;

-- name: add_forest
-- Of two instances the first one's stands.
insert into fraud_forest (cut, forest, recorded_at) values ($1, $2, $3) on conflict (cut) do nothing;

-- name: add_assessments
-- As they were told; a verdict may have come back before them.
insert into fraud (
    assessment_id, event_id, kind, party_id, origin, sale_id, points, band, reasons, rules, forest, shadow,
    occurred_at, recorded_at, verdict, judged_by, judged_at, version
)
select told.*, verdict.verdict, verdict.judged_by, verdict.judged_at, coalesce(verdict.version, 1)
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::smallint[], $8::text[], $9::jsonb[], $10::text[],
    $11::text[], $12::jsonb[], $13::timestamptz[], $14::timestamptz[]
) as told (
    assessment_id, event_id, kind, party_id, origin, sale_id, points, band, reasons, rules, forest, shadow,
    occurred_at, recorded_at
)
left join fraud_verdict as verdict on verdict.assessment_id = told.assessment_id;

-- name: save_changes
-- The latest change of each party, whatever comes first.
insert into fraud_party as had (party_id, changed_at)
select * from unnest($1::uuid[], $2::timestamptz[])
on conflict (party_id) do update set changed_at = greatest(had.changed_at, excluded.changed_at);

-- name: mark_erased
-- Before their facts are emptied: those that come later are kept without HMACs.
insert into fraud_party (party_id, erased) select party_id, true from unnest($1::uuid[]) as gone (party_id)
on conflict (party_id) do update set erased = true;

-- name: forget_links
-- What erased parties ordered on, paid with and had sent where; how many facts had any of it.
update fraud_fact set device = null, card = null, address = null
where party_id = any($1::uuid[]) and not (device is null and card is null and address is null)
returning party_id;

-- name: list_open
-- Nobody has judged them; those of most points first, after the position ($3, $4).
select
    assessment_id, event_id, kind, party_id, origin, sale_id, points, band, reasons, rules, forest, shadow,
    occurred_at, recorded_at, verdict, judged_by, judged_at, version
from fraud
where verdict is null
    and ($1::text is null or band = $1) and ($2::uuid is null or party_id = $2)
    and points <= $3 and (points < $3 or assessment_id > $4)
order by points desc, assessment_id
limit $5;

-- name: list_judged
-- Judged ones, in the same order.
select
    assessment_id, event_id, kind, party_id, origin, sale_id, points, band, reasons, rules, forest, shadow,
    occurred_at, recorded_at, verdict, judged_by, judged_at, version
from fraud
where verdict is not null
    and ($1::text is null or band = $1) and ($2::uuid is null or party_id = $2)
    and points <= $3 and (points < $3 or assessment_id > $4)
order by points desc, assessment_id
limit $5;

-- name: lock_assessment
-- Two verdicts on one take turns.
select
    assessment_id, event_id, kind, party_id, origin, sale_id, points, band, reasons, rules, forest, shadow,
    occurred_at, recorded_at, verdict, judged_by, judged_at, version
from fraud
where assessment_id = $1
for update;

-- name: save_verdict
-- The highest version holds: after a restore they come again.
insert into fraud_verdict as had (assessment_id, event_id, verdict, judged_by, judged_at, version)
values ($1, $2, $3, $4, $5, $6)
on conflict (assessment_id) do update set
    verdict = excluded.verdict, judged_by = excluded.judged_by, judged_at = excluded.judged_at, version = excluded.version
where had.version < excluded.version
returning assessment_id;

-- name: judge_assessment
-- Shown with it.
update fraud set verdict = $2, judged_by = $3, judged_at = $4, version = $5 where assessment_id = $1;

-- name: judge_fact
-- What is learnt from a verdict at once: others that share its device, card or address have it among their reasons.
update fraud_fact set verdict = $2 where event_id = $1;
