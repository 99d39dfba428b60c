-- name: load_view
-- The 360 view as JSON text, in one round trip; consents apart, for the rule that says which of them hold. $1 is a party
-- and all that were merged into it, the survivor first. $2 and $3 bound `recorded_at` to the months in use: as parameters
-- they keep the other partitions out of the plan's start. $4 lines, no constant: so the months' indexes are merged.
select
    party.version, party.picked::text as picked, party.said_at::text as said_at, party.details::text as details,
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
                    json_build_object(
                        'id', id, 'type', type, 'system', nullif(system, ''), 'value', value, 'shared', shared,
                        'primary', coalesce(party.primaries -> type ->> 0 = id::text, false),
                        'primary_because', case when party.primaries -> type ->> 0 = id::text then
                            case when (party.primaries -> type ->> 2)::boolean then 'stated' else 'used_last' end
                        end
                    )
                    order by type, system, value
                )
                from party_identity
                where party_id = any ($1::uuid[])
                    and (not shared or id not in (select own.id from identity as own where own.party_id = any ($1::uuid[])))
            ),
            '[]'
        ),
        'flagged_identities', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'type', type, 'system', nullif(system, ''), 'value', value, 'reason', reason, 'seen_at', seen_at
                    )
                    order by type, system, value
                )
                from flagged_identity
                where party_id = any ($1::uuid[])
            ),
            '[]'
        ),
        'lifecycle', case when cardinality($1::uuid[]) = 1 then (
            select json_build_object(
                'current', party.stage,
                'furthest', (array_agg(stay.stage order by stay.place desc) filter (where stay.place <= 7))[1],
                'entries', coalesce(
                    json_agg(
                        json_build_object(
                            'stage', stay.stage, 'entered_at', stay.entered_at, 'left_at', stay.left_at,
                            'cause_event_id', stay.cause_event_id, 'by_time', stay.by_time
                        )
                        order by stay.entered_at, stay.place
                    ),
                    '[]'
                )
            )
            from (
                select
                    stage, entered_at, left_at, cause_event_id, by_time,
                    array_position(
                        array[
                            'discovery', 'education', 'evaluation', 'purchase', 'onboarding', 'post_purchase', 'loyal',
                            'lapsed', 'churned'
                        ],
                        stage
                    ) as place
                from lifecycle_stage
                where party_id = party.id
            ) as stay
        ) end,
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
                from (
                    select
                        currency, sum(sales) as sales, sum(paid) as paid, sum(refunds) as refunds,
                        sum(refunded) as refunded, min(first_sale_at) as first_sale_at, max(last_sale_at) as last_sale_at
                    from total
                    where party_id = any ($1::uuid[])
                    group by currency
                ) as sums
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
                where party_id = any ($1::uuid[]) and status not in ('resolved', 'closed', 'merged', 'spam')
            ),
            '[]'
        ),
        'messages', coalesce(
            (
                select json_agg(last)
                from (
                    select
                        messages.message_id, messages.campaign, messages.step, messages.channel, messages.state,
                        messages.reason, messages.due_at, messages.changed_at, messages.trigger_event_id
                    from unnest($1::uuid[]) as member (id)
                    cross join lateral (
                        select
                            message_id, campaign, step, channel, state, reason, due_at, changed_at, trigger_event_id
                        from message
                        where party_id = member.id
                        order by message.due_at desc, message.message_id desc
                        limit 10
                    ) as messages
                    order by messages.due_at desc, messages.message_id desc
                    limit 10
                ) as last
            ),
            '[]'
        ),
        'timeline', coalesce(
            (
                select json_agg(last)
                from (
                    select lines.event_id, lines.type, lines.source, lines.occurred_at, lines.recorded_at, lines.summary
                    from unnest($1::uuid[]) as member (id)
                    cross join lateral (
                        select event_id, type, source, occurred_at, recorded_at, summary
                        from line
                        where party_id = member.id and recorded_at >= $2 and recorded_at < $3
                        order by line.occurred_at desc, line.recorded_at desc, line.event_id desc
                        limit $4
                    ) as lines
                    order by lines.occurred_at desc, lines.recorded_at desc, lines.event_id desc
                    limit $4
                ) as last
            ),
            '[]'
        )
    )::text as body,
    coalesce(
        (
            select
                json_agg(
                    json_build_object(
                        'purpose', purpose,
                        'topic', topic,
                        'channel', channel,
                        'given', given,
                        'occurred_at', occurred_at,
                        'recorded_at', recorded_at,
                        'expires_at', expires_at,
                        'basis', basis,
                        'text_version', text_version,
                        'event_id', event_id
                    )
                    order by purpose, topic, channel
                )
            from (
                select distinct on (purpose, topic, channel)
                    purpose, topic, channel, given, occurred_at, recorded_at, expires_at, basis, text_version, event_id
                from consent
                where party_id = any ($1::uuid[])
                order by purpose, topic, channel, least(occurred_at, recorded_at) desc, recorded_at desc, given, event_id desc
            ) as deciding
        ),
        '[]'
    )::text as consents
from party
where party.id = ($1::uuid[])[1] and party.erased_at is null

-- name: load_around
-- What stands around a party, in one round trip: how complete it is, what its last $4 sales came to, and the first $5 of its
-- relations, each with whom the other goes on as, and of its roles; of each of the parties its own indexes are read. $1 to
-- $3 as above.
select
    party.version, party.name, party.picked::text as picked, party.said_at::text as said_at, party.score, party.missing,
    (
        select coalesce(json_agg(last.total), '[]')
        from (
            select sale.total from unnest($1::uuid[]) as member (id) cross join lateral (
                select summary -> 'total' as total, occurred_at, recorded_at, event_id
                from line
                where party_id = member.id and recorded_at >= $2 and recorded_at < $3 and type = 'crm.sale.completed.v1'
                order by line.occurred_at desc, line.recorded_at desc, line.event_id desc limit $4
            ) as sale
            order by sale.occurred_at desc, sale.recorded_at desc, sale.event_id desc limit $4
        ) as last
    )::text as purchases,
    (
        select coalesce(json_agg(one order by one.id), '[]')
        from (
            select
                told.*, other.name, case when told.is_from then party.id else other.id end as from_now,
                case when told.is_from then other.id else party.id end as to_now
            from (
                select either.*, either.from_party_id = any ($1::uuid[]) as is_from from (
                    select distinct own.id, own.kind, own.from_party_id, own.to_party_id, own.since, own.ended_on
                    from unnest($1::uuid[]) as member (id) cross join lateral (
                        (select * from relation where from_party_id = member.id order by relation.id limit $5)
                        union all
                        (select * from relation where to_party_id = member.id order by relation.id limit $5)
                    ) as own
                ) as either
                order by either.id limit $5
            ) as told
            cross join lateral (
                with recursive up as (
                    select id, merged_into, name, erased_at from party
                    where id = case when told.is_from then told.to_party_id else told.from_party_id end
                    union all
                    select party.id, party.merged_into, party.name, party.erased_at
                    from party join up on party.id = up.merged_into
                )
                select id, case when erased_at is null then name end as name from up where merged_into is null
            ) as other
        ) as one
    )::text as relations,
    (
        select coalesce(json_agg(own order by own.id), '[]')
        from (
            select roles.* from unnest($1::uuid[]) as member (id) cross join lateral (
                select id, party_id, role, since, ended_on from party_role
                where party_id = member.id order by party_role.id limit $5
            ) as roles
            order by roles.id limit $5
        ) as own
    )::text as roles
from party
where party.id = ($1::uuid[])[1] and party.erased_at is null

-- name: list_parties
-- Newest first, before an id.
select id, body from party_card where id < $1 order by id desc limit $2

-- name: find_by_identity
-- Whose identities have exactly these normalised values, of any type and system.
select id, body
from party_card
where id = any (array(select party_id from identity where value = any ($1::text[]))) and id < $2
order by id desc
limit $3

-- name: load_cards
-- Of these parties.
select id, body from party_card where id = any ($1::uuid[])

-- name: find_by_name
-- Names that begin with $1, in their order, after ($2, $3). One lower bound: of two the index takes the one of the rows,
-- which on the first page is before all names.
select id, lower(name) as place, body
from party_card
where
    (lower(name) collate "C", id) > (greatest($2 collate "C", lower($1) collate "C"), $3)
    and lower(name) collate "C" < lower($1) || U&'\+10FFFF'
order by lower(name) collate "C", id
limit $4

-- name: load_flagged_at
-- By what these parties had been named by then and nobody is known by.
select type, nullif(system, '') as system, value, reason, seen_at
from flagged_identity
where party_id = any ($1::uuid[]) and seen_at <= $2
order by type, system, value

-- name: load_totals_at
-- What the sales and refunds add up to that were recorded between $2 and $3, as the totals of the projection do: of each
-- sale its highest revision, and of a cancelled one no refund. A currency in which nothing counts any more is shown.
with told as materialized (
    select party_id, type, occurred_at, summary, summary ->> 'origin' as origin, summary ->> 'sale_id' as sale_id
    from line
    where
        party_id = any ($1::uuid[]) and recorded_at >= $2 and recorded_at < $3
        and type in ('crm.sale.completed.v1', 'crm.sale.amended.v1', 'crm.sale.cancelled.v1', 'crm.sale.refunded.v1')
), sale as (
    select distinct on (party_id, origin, sale_id)
        party_id, origin, sale_id,
        case when type <> 'crm.sale.cancelled.v1' then summary -> 'total' end as total,
        coalesce((summary ->> 'sold_at')::timestamptz, occurred_at) as sold_at
    from told
    where type <> 'crm.sale.refunded.v1'
    order by party_id, origin, sale_id, coalesce((summary ->> 'revision')::integer, 1) desc
), amount as (
    select
        total ->> 'currency' as currency, 1 as sales, (total ->> 'minor')::numeric as paid, 0 as refunds, 0 as refunded,
        sold_at
    from sale
    where total is not null
    union all
    select
        told.summary #>> '{total,currency}', 0, 0, 1, (told.summary #>> '{total,minor}')::numeric, null::timestamptz
    from told
    left join sale on sale.party_id = told.party_id and sale.origin = told.origin and sale.sale_id = told.sale_id
    where told.type = 'crm.sale.refunded.v1' and (sale.sale_id is null or sale.total is not null)
    union all
    select distinct summary #>> '{total,currency}', 0, 0, 0, 0, null::timestamptz
    from told
    where summary -> 'total' is not null
)
select
    currency, sum(sales)::bigint as sales, sum(paid) as paid, sum(refunds)::bigint as refunds, sum(refunded) as refunded,
    min(sold_at) as first_sale_at, max(sold_at) as last_sale_at
from amount
group by currency
order by currency

-- name: load_messages_at
-- The last messages by when they were due, as they stood by what was recorded between $2 and $3.
select message_id, campaign, step, channel, state, reason, due_at, changed_at, trigger_event_id
from (
    select distinct on (summary ->> 'message_id')
        (summary ->> 'message_id')::uuid as message_id, summary ->> 'campaign' as campaign,
        (summary ->> 'step')::integer as step, summary ->> 'channel' as channel, split_part(type, '.', 3) as state,
        summary ->> 'reason' as reason, (summary ->> 'due_at')::timestamptz as due_at, occurred_at as changed_at,
        summary ->> 'trigger_event_id' as trigger_event_id
    from line
    where
        party_id = any ($1::uuid[]) and recorded_at >= $2 and recorded_at < $3 and summary -> 'message_id' is not null
        and type in (
            'crm.message.planned.v1', 'crm.message.sent.v1', 'crm.message.skipped.v1', 'crm.message.unknown.v1'
        )
    order by summary ->> 'message_id', record_offset desc nulls last, recorded_at desc
) as standing
order by due_at desc, message_id desc
limit 10

-- name: load_tickets_at
-- Those that were open by what was recorded between $2 and $3.
select ticket_id, number, status, channel, sku, sale_id, opened_at, changed_at
from (
    select
        (summary ->> 'ticket_id')::uuid as ticket_id, max((summary ->> 'number')::bigint) as number,
        (
            array_agg(
                case when type = 'crm.ticket.opened.v1' then 'new' else summary ->> 'status' end
                order by record_offset desc nulls last, recorded_at desc
            )
        )[1] as status,
        max(summary ->> 'channel') as channel, max(summary ->> 'sku') as sku, max(summary ->> 'sale_id') as sale_id,
        max(occurred_at) filter (where type = 'crm.ticket.opened.v1') as opened_at,
        (array_agg(occurred_at order by record_offset desc nulls last, recorded_at desc))[1] as changed_at
    from line
    where
        party_id = any ($1::uuid[]) and recorded_at >= $2 and recorded_at < $3
        and type in ('crm.ticket.opened.v1', 'crm.ticket.status_changed.v1')
    group by summary ->> 'ticket_id'
) as standing
where status not in ('resolved', 'closed', 'merged', 'spam')
order by opened_at desc, ticket_id

-- name: load_stages_at
-- What was told of the stages of these parties between $2 and $3, in the order of the log.
select party_id, summary::text as summary
from line
where
    party_id = any ($1::uuid[]) and recorded_at >= $2 and recorded_at < $3 and type = 'crm.lifecycle.changed.v1'
order by record_offset nulls first, recorded_at

-- name: load_sales_at
-- The sales that were known, as stages follow from them.
select distinct on (party_id, origin, sale_id) sold_at, sale_event_id, is_cancelled
from (
    select
        party_id, summary ->> 'origin' as origin, summary ->> 'sale_id' as sale_id,
        coalesce((summary ->> 'sold_at')::timestamptz, occurred_at) as sold_at,
        coalesce(summary ->> 'sale_event_id', event_id) as sale_event_id, type = 'crm.sale.cancelled.v1' as is_cancelled,
        coalesce((summary ->> 'revision')::integer, 1) as revision
    from line
    where
        party_id = any ($1::uuid[]) and recorded_at >= $2 and recorded_at < $3
        and type in ('crm.sale.completed.v1', 'crm.sale.amended.v1', 'crm.sale.cancelled.v1')
) as told
order by party_id, origin, sale_id, revision desc
