-- name: list_fences
-- How far each group's effects stand.
select group_id, topic, partition, next_offset, mark, watermark, parked, stopped
from fence order by group_id, topic, partition

-- name: list_parked
-- Newest first, after an id; each filter that is null lets everything through.
select id, group_id, topic, partition, record_offset, key, reason, detail, unexpected, holds, handled_at, parked_at,
    replaced_value is not null as replaced
from parked
where ($1::text is null or group_id = $1) and ($2::text is null or topic = $2) and ($3::text is null or reason = $3)
    and ($4::bytea is null or key = $4) and ($5::bigint[] is null or id = any($5)) and ($6::bigint is null or id < $6)
order by id desc limit $7

-- name: read_parked
-- Whole, in order, after an id.
select id, topic, partition, record_offset, key, headers, value, record_timestamp
from parked where topic = $1 and id > $2 order by id limit $3

-- name: read_quarantined
-- Whole, in order, after an id.
select id, topic, partition, record_offset, key, headers, value, record_timestamp
from quarantine where topic = $1 and id > $2 order by id limit $3

-- name: choose_parked
-- The ids that the same filters choose.
select id from parked
where ($1::text is null or group_id = $1) and ($2::text is null or topic = $2) and ($3::text is null or reason = $3)
    and ($4::bytea is null or key = $4) and ($5::bigint[] is null or id = any($5))

-- name: first_parked
-- The record to begin with for every key that any of these ids holds or waits for; one parked alone is its own first.
select distinct on (parked.group_id, parked.topic, parked.key, case when not parked.holds then parked.id end)
    parked.id, parked.group_id, parked.topic, parked.key, parked.holds
from parked
join (select distinct group_id, topic, key, case when not holds then id end as lone from parked where id = any($1::bigint[]))
    as held
    on held.group_id = parked.group_id and held.topic = parked.topic
    and held.key is not distinct from parked.key
    and ((held.lone is null and parked.holds) or held.lone = parked.id)
order by
    parked.group_id, parked.topic, parked.key, case when not parked.holds then parked.id end, parked.record_offset

-- name: group_of_parked
-- The group that a parked record waits in.
select group_id from parked where id = $1

-- name: count_parked
-- How many records and keys are parked, by reason.
select group_id, topic, reason, count(*) as records, count(distinct key) as keys
from parked group by group_id, topic, reason order by group_id, topic, reason

-- name: list_quarantine
-- Newest first, after an id; without keys and values, since nobody knows what they hold.
select id, group_id, topic, partition, record_offset, reason, coalesce(octet_length(value), 0) as bytes, quarantined_at,
    replaced_value is not null or replaced_headers is not null as replaced
from quarantine
where ($1::text is null or topic = $1) and ($2::text is null or reason = $2) and ($3::bigint is null or id < $3)
order by id desc limit $4

-- name: read_quarantine
-- One record, whole.
select id, group_id, topic, partition, record_offset, key, headers, value, record_timestamp, reason, quarantined_at
from quarantine where id = $1

-- name: release_quarantined
-- Forgets a record that was applied or given up; no row where it is gone.
delete from quarantine where id = $1 returning id

-- name: describe_quarantined
-- Why a record still cannot be applied.
update quarantine set reason = $2 where id = $1

-- name: repair_quarantined
-- Another value, other headers; what the sender sent is kept beside them.
update quarantine set
    replaced_value = case when $2::bytea is null then replaced_value else coalesce(replaced_value, value) end,
    value = coalesce($2, value),
    replaced_headers = case when $3::jsonb is null then replaced_headers else coalesce(replaced_headers, headers) end,
    headers = coalesce($3, headers)
where id = $1

-- name: act_as
-- Who acts in this transaction, for the audit lines.
select set_config('rapport.actor', $1, true)

-- name: list_failed_timers
-- Timers that were set aside, for an operator.
select name, id, partition, due_at, failed from timer where failed is not null order by name, due_at limit $1

-- name: retry_timers
-- Failed timers wait again; returns those that do.
update timer set failed = null
where failed is not null and ($1::text is null or name = $1)
returning name, id, partition, due_at

-- name: wake_relay
-- After an operator's act has emitted; the service looks by itself too, only later.
select pg_notify('rapport_outbox', '')
