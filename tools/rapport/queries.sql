-- name: list_parked
-- By place and offset, as they will be redriven; each filter that is null lets everything through.
select id, group_id, topic, partition, record_offset, key, reason, detail, unexpected, handled_at, parked_at,
    replaced_value is not null as replaced
from parked
where ($1::text is null or group_id = $1) and ($2::text is null or topic = $2) and ($3::text is null or reason = $3)
    and ($4::bytea is null or key = $4) and ($5::bigint[] is null or id = any($5))
order by group_id, topic, partition, record_offset
limit $6;

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
    parked.group_id, parked.topic, parked.key, case when not parked.holds then parked.id end, parked.record_offset;

-- name: list_fences
-- How far each group's effects stand.
select group_id, topic, partition, next_offset, mark, watermark, parked, stopped
from fence order by group_id, topic, partition;

-- name: list_quarantine
-- Newest first.
select id, group_id, topic, partition, record_offset, reason, coalesce(octet_length(value), 0) as bytes, quarantined_at
from quarantine
where ($1::text is null or topic = $1) and ($2::text is null or reason = $2)
order by id desc limit $3;

-- name: group_of_parked
-- The group that a parked record waits in.
select group_id from parked where id = $1;

-- name: wake_relay
-- After what was redriven has been emitted; the service looks by itself too, only later.
select pg_notify('rapport_outbox', '');

-- name: retry_timers
-- Failed timers wait again; returns those that do.
update timer set failed = null
where failed is not null and ($1::text is null or name = $1)
returning name, id, partition, due_at;
