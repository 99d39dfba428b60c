-- name: load_view
-- The 360 view as JSON text, in one round trip; consents apart, for the rule that says which of them hold. $1 is a party
-- and all that were merged into it, the survivor first. $2 and $3 bound `recorded_at` to the months in use: as parameters
-- they keep the other partitions out of the plan's start.
select
    party.version, party.picked::text as picked, party.said_at::text as said_at,
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
                        'primary', coalesce(party.primaries -> type ->> 0 = id::text, false)
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
                        message_id, campaign, step, channel, state, reason, due_at, changed_at, trigger_event_id
                    from message
                    where party_id = any ($1::uuid[])
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
                    select lines.event_id, lines.type, lines.source, lines.occurred_at, lines.recorded_at, lines.summary
                    from unnest($1::uuid[]) as member (id)
                    cross join lateral (
                        select event_id, type, source, occurred_at, recorded_at, summary
                        from line
                        where party_id = member.id and recorded_at >= $2 and recorded_at < $3
                        order by line.occurred_at desc, line.recorded_at desc, line.event_id desc
                        limit 10
                    ) as lines
                    order by lines.occurred_at desc, lines.recorded_at desc, lines.event_id desc
                    limit 10
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
-- Names that begin with $1, in their order, after ($2, $3).
select id, lower(name) as place, body
from party_card
where
    lower(name) collate "C" >= lower($1) and lower(name) collate "C" < lower($1) || U&'\+10FFFF'
    and (lower(name) collate "C", id) > ($2, $3)
order by lower(name) collate "C", id
limit $4
