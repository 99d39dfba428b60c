-- What the demo reads of the services' databases, to watch them and to compare them with the ledger. It writes nothing.

-- name: load_fences
-- How far each group is in each topic: partitions, handled offsets, the watermark of the slowest partition.
select group_id, topic, partition, next_offset, watermark, stopped from fence order by group_id, topic, partition;

-- name: load_trouble
-- What is left over: everything here is zero when all is done.
select
    (select count(*) from outbox) as outbox,
    (select count(*) from parked) as parked,
    (select count(*) from quarantine) as quarantined,
    (select count(*) from timer where failed is not null) as failed_timers,
    (select count(*) from timer where failed is null and due_at <= $1::timestamptz) as due_timers;

-- name: load_refusals
-- The first reasons of what was parked or quarantined.
select reason, detail, group_id, topic, partition, record_offset from parked
union all
select reason, '', group_id, topic, partition, record_offset from quarantine
order by topic, partition, record_offset
limit 10;
