-- name: add_totals
-- Sorted by the caller; each row adds. The first of a party and currency begins with what is missing of the party, under
-- the lock that whoever changes that takes too.
with told as materialized (
    select *
    from unnest(
        $1::uuid[], $2::text[], $3::integer[], $4::numeric[], $5::integer[], $6::numeric[], $7::timestamptz[],
        $8::timestamptz[]
    ) as told (party_id, currency, sales, paid, refunds, refunded, first_sale_at, last_sale_at)
), fresh as (
    insert into completeness (party_id, has_bought)
    select distinct told.party_id, true
    from told
    where not exists (select from total where total.party_id = told.party_id and total.currency = told.currency)
    order by told.party_id
    on conflict (party_id) do update set has_bought = true
    returning party_id, case when gone then 0 else 100 - score end as lacking
)
insert into total (party_id, currency, sales, paid, refunds, refunded, first_sale_at, last_sale_at, lacking)
select
    told.party_id, told.currency, told.sales, told.paid, told.refunds, told.refunded, told.first_sale_at, told.last_sale_at,
    coalesce(fresh.lacking, 0)
from told
left join fresh on fresh.party_id = told.party_id
order by told.party_id, told.currency
on conflict (party_id, currency) do update set
    sales = total.sales + excluded.sales, paid = total.paid + excluded.paid,
    refunds = total.refunds + excluded.refunds, refunded = total.refunded + excluded.refunded,
    first_sale_at = least(total.first_sale_at, excluded.first_sale_at),
    last_sale_at = greatest(total.last_sale_at, excluded.last_sale_at)

-- name: save_messages
-- Sorted by the caller, and later in the log than what stands.
insert into message (
    party_id, message_id, campaign, step, channel, state, reason, due_at, changed_at, trigger_event_id
)
select *
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::timestamptz[], $10::text[]
)
on conflict (party_id, message_id) do update set
    state = excluded.state, reason = excluded.reason, due_at = excluded.due_at, changed_at = excluded.changed_at

-- name: save_tickets
-- Sorted by the caller, and later in the log than what stands; null leaves what the opening told.
insert into ticket (party_id, ticket_id, number, channel, sku, sale_id, status, opened_at, changed_at)
select *
from unnest(
    $1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::timestamptz[]
)
on conflict (party_id, ticket_id) do update set
    number = coalesce(excluded.number, ticket.number), channel = coalesce(excluded.channel, ticket.channel),
    sku = coalesce(excluded.sku, ticket.sku), sale_id = coalesce(excluded.sale_id, ticket.sale_id),
    opened_at = coalesce(excluded.opened_at, ticket.opened_at), status = excluded.status,
    changed_at = excluded.changed_at

-- name: open_line_month
-- Opens the table of a month of lines; whether it is new.
select open_line_month($1::date)

-- name: find_months_in_use
-- The months of recorded_at that hold lines, and whether some lie outside of them; both null if there are none.
select
    min(month) at time zone 'UTC' as first,
    (max(month) + interval '6 months') at time zone 'UTC' as until,
    bool_or(month is null) as outside
from (
    select case when relname ~ '^line_\d{4}_\d{2}$' then to_date(right(relname, 7), 'YYYY_MM')::timestamp end as month
    from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where inhparent = 'timeline_v1.line'::regclass and pg_relation_size(inhrelid) > 0
) as used

-- name: load_lines
-- Lines of a party and those merged into it before a place, newest first; $7 null for every type. Of each party its own
-- index is read.
select
    lines.occurred_at, lines.recorded_at, lines.event_id,
    json_build_object(
        'event_id', lines.event_id,
        'type', lines.type,
        'source', lines.source,
        'occurred_at', lines.occurred_at,
        'recorded_at', lines.recorded_at,
        'summary', lines.summary
    )::text as body
from unnest($1::uuid[]) as member (id)
cross join lateral (
    select event_id, type, source, occurred_at, recorded_at, summary
    from line
    where
        party_id = member.id and recorded_at >= $2 and recorded_at < $3
        and (occurred_at, recorded_at, event_id) < ($4, $5, $6)
        and ($7::text[] is null or type = any ($7))
    order by occurred_at desc, recorded_at desc, event_id desc
    limit $8
) as lines
order by lines.occurred_at desc, lines.recorded_at desc, lines.event_id desc
limit $8

-- name: find_event
-- Where the log holds an event that is a line; no row where it is none, or its line does not say.
select type, partition, record_offset from line
where event_id = $1 and recorded_at >= $2 and recorded_at < $3 and record_offset is not null
order by recorded_at
limit 1
