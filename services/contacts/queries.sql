-- name: find_homes
-- One row a claim, in the order of the arguments; nulls where it is unknown. If every claim is known, their parties are
-- locked, in order, and come along; if not, identities have to be written first (order of locks), so no party is locked.
with claim as materialized (
    select * from unnest($1::text[], $2::text[], $3::text[]) with ordinality as claim (type, system, value, place)
), found as materialized (
    select claim.place, identity.id as identity_id, identity.party_id
    from claim
    left join identity
        on identity.value = claim.value and identity.type = claim.type and identity.system = claim.system
), locked as materialized (
    select * from party
    where id = any (array(select distinct party_id from found))
        and (select bool_and(identity_id is not null) from found)
    order by id
    for no key update
)
select
    found.identity_id, found.party_id, locked.id, locked.partition, locked.version, locked.kind, locked.name,
    locked.address::text as address, locked.roles, locked.birth_date, locked.locale, locked.time_zone, locked.owner,
    locked.merged_into, locked.said_at::text as said_at, locked.discovery_at, locked.discovery_by, locked.purchase_at,
    locked.purchase_by, locked.post_purchase_at, locked.post_purchase_by, locked.registered_at
from found
left join locked on locked.id = found.party_id
order by found.place

-- name: lock_parties
-- Sorted, so that two instances that lock the same parties cannot deadlock.
select
    id, partition, version, kind, name, address::text as address, roles, birth_date, locale, time_zone, owner,
    merged_into, said_at::text as said_at, discovery_at, discovery_by, purchase_at, purchase_by, post_purchase_at,
    post_purchase_by, registered_at
from party
where id = any ($1::uuid[])
order by id
for no key update

-- name: add_identities
-- Sorted by the caller; waits for another transaction that adds the same, and then leaves that one its home.
insert into identity (id, type, system, value, party_id)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[])
on conflict (value, type, system) do nothing
returning id

-- name: forget_identities
-- Only for rows of this same transaction, which nobody else has seen.
delete from identity where id = any ($1::uuid[])

-- name: load_identities
-- Everything by which the parties are known.
select party_id, id, type, system, value from identity where party_id = any ($1::uuid[])

-- name: save_parties
-- New ones and locked ones, whole rows. Roles are words, joined by commas.
insert into party (
    id, partition, version, kind, name, address, roles, birth_date, locale, time_zone, owner, merged_into, said_at,
    discovery_at, discovery_by, purchase_at, purchase_by, post_purchase_at, post_purchase_by, registered_at
)
select
    id, partition, version, kind, name, address, string_to_array(roles, ','), birth_date, locale, time_zone, owner,
    merged_into, said_at, discovery_at, discovery_by, purchase_at, purchase_by, post_purchase_at, post_purchase_by,
    registered_at
from unnest(
    $1::uuid[], $2::smallint[], $3::integer[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::uuid[], $13::jsonb[], $14::timestamptz[], $15::text[], $16::timestamptz[],
    $17::text[], $18::timestamptz[], $19::text[], $20::timestamptz[]
) as row (
    id, partition, version, kind, name, address, roles, birth_date, locale, time_zone, owner, merged_into, said_at,
    discovery_at, discovery_by, purchase_at, purchase_by, post_purchase_at, post_purchase_by, registered_at
)
on conflict (id) do update set
    version = excluded.version, kind = excluded.kind, name = excluded.name, address = excluded.address,
    roles = excluded.roles, birth_date = excluded.birth_date, locale = excluded.locale,
    time_zone = excluded.time_zone, owner = excluded.owner, merged_into = excluded.merged_into,
    said_at = excluded.said_at, discovery_at = excluded.discovery_at, discovery_by = excluded.discovery_by,
    purchase_at = excluded.purchase_at, purchase_by = excluded.purchase_by,
    post_purchase_at = excluded.post_purchase_at, post_purchase_by = excluded.post_purchase_by

-- name: add_sales
-- Sorted by the caller; a sale that is known stays as it is.
insert into sale (origin, sale_id, party_id, content, event_id)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::uuid[])
on conflict (origin, sale_id) do nothing

-- name: load_sales
-- What is known under these names.
select sale.origin, sale.sale_id, sale.party_id, sale.content, sale.event_id
from unnest($1::text[], $2::text[]) as named (origin, sale_id)
join sale on sale.origin = named.origin and sale.sale_id = named.sale_id

-- name: add_duplicates
-- Returns the pairs that were not known.
insert into duplicate (low_id, high_id, reason, suspected_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
on conflict (low_id, high_id) do nothing
returning low_id, high_id

-- name: load_cares
-- Cares that wait for an earlier first sale.
select party_id, occurred_at, event_id from care where party_id = any ($1::uuid[])

-- name: add_cares
-- The same again is possible only within one redrive.
insert into care (party_id, occurred_at, event_id)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[])
on conflict do nothing

-- name: add_texts
-- One row a published event that says `has_text` or `has_evidence`.
insert into fact_text (event_id, party_id, kind, body, recorded_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])

-- name: add_totals
-- Sorted by the caller; each row adds.
insert into total (party_id, currency, sales, paid, refunds, refunded, first_sale_at, last_sale_at)
select *
from unnest(
    $1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::integer[], $6::bigint[], $7::timestamptz[],
    $8::timestamptz[]
)
on conflict (party_id, currency) do update set
    sales = total.sales + excluded.sales, paid = total.paid + excluded.paid,
    refunds = total.refunds + excluded.refunds, refunded = total.refunded + excluded.refunded,
    first_sale_at = least(total.first_sale_at, excluded.first_sale_at),
    last_sale_at = greatest(total.last_sale_at, excluded.last_sale_at)

-- name: save_consents
-- Sorted by the caller; an older one changes nothing.
insert into consent (
    party_id, purpose, topic, channel, occurred_at, recorded_at, event_id, given, basis, text_version
)
select *
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::boolean[],
    $9::text[], $10::text[]
)
on conflict (party_id, purpose, topic, channel) do update set
    occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at, event_id = excluded.event_id,
    given = excluded.given, basis = excluded.basis, text_version = excluded.text_version
where (excluded.occurred_at, excluded.recorded_at, excluded.event_id)
    > (consent.occurred_at, consent.recorded_at, consent.event_id)

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

-- name: view_party
-- The 360 view as JSON text, in one round trip. $2 and $3 bound `recorded_at` to the months in use: as parameters they
-- keep the other partitions out of the plan's start.
select
    party.version,
    json_build_object(
        'id', party.id,
        'version', party.version,
        'kind', coalesce(party.kind, 'person'),
        'name', party.name,
        'address', party.address,
        'birth_date', party.birth_date,
        'locale', party.locale,
        'time_zone', party.time_zone,
        'owner', party.owner,
        'merged_into', party.merged_into,
        'registered_at', party.registered_at,
        'roles', party.roles,
        'identities', coalesce(
            (
                select json_agg(
                    json_build_object('id', id, 'type', type, 'system', nullif(system, ''), 'value', value)
                    order by type, system, value
                )
                from identity
                where party_id = $1
            ),
            '[]'
        ),
        'lifecycle', json_build_object(
            'current', case
                when party.post_purchase_at is not null then 'post_purchase'
                when party.purchase_at is not null then 'purchase'
                when party.discovery_at is not null then 'discovery'
            end,
            'entries', (
                select coalesce(
                    json_agg(
                        json_build_object('stage', stage, 'entered_at', entered_at, 'cause_event_id', cause)
                        order by entered_at, place
                    ),
                    '[]'
                )
                from (
                    values
                    (1, 'discovery', party.discovery_at, party.discovery_by),
                    (2, 'purchase', party.purchase_at, party.purchase_by),
                    (3, 'post_purchase', party.post_purchase_at, party.post_purchase_by)
                ) as stages (place, stage, entered_at, cause)
                where entered_at is not null
            )
        ),
        'totals', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'currency', currency,
                        'sales', sales,
                        'refunds', refunds,
                        'paid', json_build_object('minor', paid, 'currency', currency),
                        'refunded', json_build_object('minor', refunded, 'currency', currency),
                        'net', json_build_object('minor', paid - refunded, 'currency', currency),
                        'first_sale_at', first_sale_at,
                        'last_sale_at', last_sale_at
                    )
                    order by currency
                )
                from total
                where party_id = $1
            ),
            '[]'
        ),
        'consents', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'purpose', purpose,
                        'topic', nullif(topic, ''),
                        'channel', channel,
                        'given', given,
                        'occurred_at', occurred_at,
                        'basis', basis,
                        'text_version', text_version,
                        'event_id', event_id
                    )
                    order by purpose, topic, channel
                )
                from consent
                where party_id = $1
            ),
            '[]'
        ),
        'open_tickets', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'ticket_id', ticket_id,
                        'number', number,
                        'status', status,
                        'channel', channel,
                        'sku', sku,
                        'sale_id', sale_id,
                        'opened_at', opened_at,
                        'changed_at', changed_at
                    )
                    order by opened_at desc, ticket_id
                )
                from ticket
                where party_id = $1 and status not in ('resolved', 'closed')
            ),
            '[]'
        ),
        'messages', coalesce(
            (
                select json_agg(last)
                from (
                    select
                        message_id, campaign, step, channel, state, reason, due_at, changed_at, trigger_event_id
                    from message
                    where party_id = $1
                    order by due_at desc, message_id desc
                    limit 10
                ) as last
            ),
            '[]'
        ),
        'timeline', coalesce(
            (
                select json_agg(last)
                from (
                    select event_id, type, source, occurred_at, recorded_at, summary
                    from line
                    where party_id = $1 and recorded_at >= $2 and recorded_at < $3
                    order by line.occurred_at desc, line.recorded_at desc, line.event_id desc
                    limit 10
                ) as last
            ),
            '[]'
        )
    )::text as body
from party
where party.id = $1

-- name: open_line_month
select open_line_month($1::date)

-- name: months_in_use
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

-- name: read_lines
-- Lines before a place, newest first; $7 null for every type.
select
    occurred_at, recorded_at, event_id,
    json_build_object(
        'event_id', event_id,
        'type', type,
        'source', source,
        'occurred_at', occurred_at,
        'recorded_at', recorded_at,
        'summary', summary
    )::text as body
from line
where
    party_id = $1 and recorded_at >= $2 and recorded_at < $3
    and (occurred_at, recorded_at, event_id) < ($4, $5, $6)
    and ($7::text[] is null or type = any ($7))
order by occurred_at desc, recorded_at desc, event_id desc
limit $8

-- name: list_parties
-- Newest first, before an id.
select id, body from party_card where id < $1 order by id desc limit $2

-- name: find_by_identity
-- Whose identities have exactly these normalised values, of any type and system.
select body
from party_card
where id = any (array(select party_id from identity where value = any ($1::text[])))
order by id desc
limit $2

-- name: find_by_name
-- Names that begin with $1, in their order, after ($2, $3).
select id, lower(name) as place, body
from party_card
where
    lower(name) collate "C" >= lower($1) and lower(name) collate "C" < lower($1) || U&'\+10FFFF'
    and (lower(name) collate "C", id) > ($2, $3)
order by lower(name) collate "C", id
limit $4

-- name: load_texts
-- What an event said in free text.
select event_id, party_id, kind, body, recorded_at from fact_text where event_id = $1

-- name: party_exists
-- Whether a party has this id.
select exists (select from party where id = $1)
