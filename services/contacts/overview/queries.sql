-- name: load_view
-- The 360 view as JSON text, in one round trip; consents apart, for the rule that says which of them hold. $2 and $3
-- bound `recorded_at` to the months in use: as parameters they keep the other partitions out of the plan's start.
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
                    json_build_object(
                        'id', id, 'type', type, 'system', nullif(system, ''), 'value', value, 'shared', shared,
                        'primary', coalesce(party.primaries -> type ->> 0 = id::text, false)
                    )
                    order by type, system, value
                )
                from party_identity
                where party_id = $1
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
                where party_id = $1 and status not in ('resolved', 'closed', 'merged', 'spam')
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
            from consent
            where party_id = $1
        ),
        '[]'
    )::text as consents
from party
where party.id = $1 and party.erased_at is null

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
