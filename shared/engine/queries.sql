-- name: ensure_fences
-- A fence for every partition that a group was given; those that exist stay as they are. A new one tells of every
-- recovery: whoever missed one must not begin there.
insert into fence (group_id, topic, partition, recoveries)
select $1, topic, partition, (select count(*) from operator_action where action = 'recover')
from unnest($2::text[], $3::int[]) as place (topic, partition)
order by topic, partition
on conflict do nothing

-- name: lock_fences
-- In order, so that two members whose batches overlap wait instead of deadlocking.
select topic, partition, next_offset, last_offset, last_id, mark, watermark, parked, stopped, recoveries
from fence
where group_id = $1 and (topic, partition) in (select * from unnest($2::text[], $3::int[]))
order by topic, partition
for update

-- name: lock_every_fence
-- Also those that are made meanwhile. Waits for every batch, and lets none begin until the transaction ends.
lock table fence in exclusive mode

-- name: mark_recovered
-- Whoever locks one of them from here on sees it; the line of the recovery itself comes at its end.
update fence set recoveries = 1 + (select count(*) from operator_action where action = 'recover')

-- name: read_fences
-- Without a lock, for those who only look.
select topic, partition, next_offset, last_offset, last_id, mark, watermark, parked, stopped, recoveries
from fence where group_id = $1 order by topic, partition

-- name: advance_watermarks
-- Partitions with nothing to handle up to an offset: what lies between the last record and that is no record. On the
-- wall clock the watermark goes on with them. A fence before what the reader knows of it stays: the database went back.
update fence set watermark = greatest(fence.watermark, idle.at), next_offset = greatest(fence.next_offset, idle.upto)
from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::timestamptz[])
    as idle (topic, partition, known, upto, at)
where fence.group_id = $1 and fence.topic = idle.topic and fence.partition = idle.partition
    and fence.stopped is null and fence.next_offset between idle.known and idle.upto
returning fence.topic, fence.partition

-- name: read_watermarks
-- Per partition the lowest watermark over the topics that carry the clock; no row until all of them have one.
select partition, min(watermark) as watermark
from fence where group_id = $1 and topic = any($2::text[])
group by partition having count(*) = cardinality($2::text[]) and count(*) = count(watermark)

-- name: admit
-- Sorted, so that two members that admit the same ids wait instead of deadlocking.
insert into inbox (group_id, source, id)
select $1, source, id from unnest($2::text[], $3::text[]) as sent (source, id)
order by source, id
on conflict do nothing
returning source, id

-- name: free
-- Forgets ids whose records were parked: a corrected record may carry them.
delete from inbox using unnest($2::text[], $3::text[]) as freed (source, id)
where inbox.group_id = $1 and inbox.source = freed.source and inbox.id = freed.id

-- name: find_applied
-- Which of these ids of outside facts belong to a record that was applied.
select inbox.source, inbox.id
from unnest($2::text[], $3::text[]) as sent (source, id)
join inbox on inbox.group_id = $1 and inbox.source = sent.source and inbox.id = sent.id

-- name: purge_inbox
-- Ids of outside facts are remembered for this long; a sender's second try comes sooner.
delete from inbox where seen_at < now() - $1::interval

-- name: held_keys
-- The hash is for the index, which takes no key of any length.
select distinct key from parked
where group_id = $1 and topic = $2 and holds
    and sha256(key) = any(array(select sha256(one) from unnest($3::bytea[]) as one)) and key = any($3::bytea[])

-- name: park
-- A record per row, with the reason and the time at which it was first handled.
insert into parked
    (group_id, topic, partition, record_offset, key, headers, value, record_timestamp, reason, detail, unexpected, holds,
    handled_at)
select $1, * from unnest(
    $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::jsonb[], $7::bytea[], $8::bigint[],
    $9::text[], $10::text[], $11::boolean[], $12::boolean[], $13::timestamptz[])

-- name: quarantine
-- Records that nothing can be read from. One that is read again, after a rollback, is kept once.
insert into quarantine
    (group_id, topic, partition, record_offset, key, headers, value, record_timestamp, reason)
select $1, * from unnest(
    $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::jsonb[], $7::bytea[], $8::bigint[], $9::text[])
on conflict do nothing

-- name: purge_quarantine
-- What is quarantined may be personal, so it is not kept longer than this.
delete from quarantine where quarantined_at < now() - $1::interval

-- name: take_parked
-- The oldest records of one key, in the order in which they have to be applied.
select id, topic, partition, record_offset, key, headers, value, record_timestamp,
    reason, detail, unexpected, holds, handled_at
from parked
where group_id = $1 and topic = $2 and sha256(key) = sha256($3) and key = $3 and holds
order by record_offset limit $4

-- name: take_parked_by_id
-- One record, as an operator names it.
select id, topic, partition, record_offset, key, headers, value, record_timestamp,
    reason, detail, unexpected, holds, handled_at
from parked where id = $1

-- name: release
-- The record was applied or given up; no row where another instance was quicker.
delete from parked where id = $1 returning id

-- name: describe_parked
-- A redrive failed, perhaps for another reason.
update parked set reason = $2, detail = $3, unexpected = $4, holds = $5 where id = $1

-- name: replace_parked
-- The value that an operator gives; what the sender sent is kept beside it.
update parked set replaced_value = coalesce(replaced_value, value), value = $2 where id = $1

-- name: set_timers
-- Sorted, so that two members wait instead of deadlocking; a timer that is set again moves and counts as not failed.
insert into timer (name, id, partition, due_at, not_before)
select $1, id, partition, due_at, coalesce(not_before, '-infinity')
from unnest($2::uuid[], $3::smallint[], $4::timestamptz[], $5::timestamptz[]) as new (id, partition, due_at, not_before)
order by id
on conflict (name, id) do update set
    partition = excluded.partition, due_at = excluded.due_at, not_before = excluded.not_before, failed = null

-- name: clear_timers
-- Timers whose reason is gone; those that have fired already are none.
delete from timer where name = $1 and id = any($2::uuid[])

-- name: next_timers
-- The earliest due time of each name and partition: one index probe each, whatever waits behind it.
select asked.name, place.partition, (
    select greatest(due_at, not_before) from timer
    where timer.name = asked.name and timer.partition = place.partition and failed is null
    order by greatest(due_at, not_before) limit 1) as due_at
from unnest($1::text[]) as asked (name) cross join unnest($2::smallint[]) as place (partition)

-- name: take_due
-- Skips what another instance has locked; a partition only up to its own watermark.
delete from timer using (
    select due.name, due.id from unnest($2::smallint[], $3::timestamptz[]) as place (partition, watermark),
    lateral (
        select name, id, greatest(due_at, not_before) as fires_at from timer
        where timer.name = $1 and timer.partition = place.partition and failed is null
            and greatest(timer.due_at, timer.not_before) <= place.watermark
        order by greatest(due_at, not_before) limit $4 for update skip locked) as due
    order by due.fires_at limit $4) as taken
where timer.name = taken.name and timer.id = taken.id
returning timer.id, timer.partition, timer.due_at

-- name: find_due
-- What take_due would take, unlocked: for whoever has to lock something else first.
select due.id from unnest($2::smallint[], $3::timestamptz[]) as place (partition, watermark),
lateral (
    select id, greatest(due_at, not_before) as fires_at from timer
    where timer.name = $1 and timer.partition = place.partition and failed is null
        and greatest(timer.due_at, timer.not_before) <= place.watermark
    order by greatest(due_at, not_before) limit $4) as due
order by due.fires_at limit $4

-- name: take_due_among
-- As take_due, of timers that were found before; those that were moved since stay.
delete from timer using (
    select timer.name, timer.id from timer
    join unnest($2::smallint[], $3::timestamptz[]) as place (partition, watermark) on place.partition = timer.partition
    where timer.name = $1 and timer.id = any($4::uuid[]) and failed is null
        and greatest(timer.due_at, timer.not_before) <= place.watermark
    order by timer.id for update of timer skip locked) as taken
where timer.name = taken.name and timer.id = taken.id
returning timer.id, timer.partition, timer.due_at

-- name: fail_timer
-- Sets a timer aside with the reason of its refusal, so that the others fire.
insert into timer (name, id, partition, due_at, failed) values ($1, $2, $3, $4, $5)
on conflict (name, id) do update set failed = excluded.failed

-- name: ensure_clock
-- The row whose lock makes passing the clock on a turn.
insert into clock (group_id) values ($1) on conflict do nothing

-- name: lock_clock
-- Waits until another instance has passed its tick on.
select passed from clock where group_id = $1 for update

-- name: lowest_watermark
-- Null until every partition of the topic has one.
select case when count(watermark) = $3 then min(watermark) end from fence where group_id = $1 and topic = $2

-- name: awaits_tick
-- Whether a tick is to be passed on, without the lock: mostly there is none, and a lock is a transaction that commits.
select count(watermark) = $3 and min(watermark) > coalesce((select passed from clock where group_id = $1), '-infinity')
from fence where group_id = $1 and topic = $2

-- name: pass_clock
-- The tick that was just emitted.
update clock set passed = $2 where group_id = $1

-- name: notify_relays
-- Wakes the relays of other instances; sent after the commit, since they look at once.
select pg_notify($1, '')

-- name: save_positions
-- After a restore: on after what the topics hold.
insert into relay_position (topic, partition, sequence)
select * from unnest($1::text[], $2::smallint[], $3::bigint[])
on conflict (topic, partition) do update set sequence = greatest(relay_position.sequence, excluded.sequence)

-- name: conclude
-- The last statement of a transaction, in one round trip: what it emits, what its readers are told, where its fences
-- stand. Ids of the outbox and the time of the change are drawn here, after every lock, so that two transactions that
-- waited for each other have theirs in their order. greatest(): a stale batch must never move a fence backward.
with emitted as (
    insert into outbox (topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent,
        payload, source)
    select topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent, payload, source
    from unnest(
        $12::text[], $13::smallint[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[],
        $20::text[], $21::text[], $22::bytea[], $23::text[])
        with ordinality as new (topic, partition, key, type, event_id, subject, time, correlation_id, causation_id,
            traceparent, payload, source, place)
    order by place
), told as (
    insert into change (lines) select $11 where $11::text is not null
)
update fence set
    next_offset = greatest(fence.next_offset, new.next_offset), last_offset = new.last_offset, last_id = new.last_id,
    mark = new.mark,
    watermark = greatest(fence.watermark, new.watermark), parked = new.parked, stopped = new.stopped
from unnest(
    $2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::timestamptz[], $9::int[],
    $10::text[])
    as new (topic, partition, next_offset, last_offset, last_id, mark, watermark, parked, stopped)
where fence.group_id = $1 and fence.topic = new.topic and fence.partition = new.partition

-- name: forget_changes
-- After a restore: where they stand is told by numbers of transactions that another server drew.
delete from change

-- name: outbox_depth
-- How many events wait, counted up to 100,001, and how long the oldest has waited.
select count(*) as depth, extract(epoch from now() - min(created_at))::float8 as age
from (select created_at from outbox order by id limit 100001) as oldest

-- name: parked_keys
-- Records as the fences count them, and keys up to 1000: one index probe a key, whatever is parked behind it.
with recursive counted (group_id, topic, records) as (
    select group_id, topic, sum(parked)::bigint from fence group by group_id, topic
), key_of (group_id, topic, hash, keys) as (
    select group_id, topic, (
        select sha256(parked.key) from parked
        where parked.group_id = counted.group_id and parked.topic = counted.topic and holds
        order by sha256(parked.key) limit 1), 1
    from counted where records > 0
    union all
    select group_id, topic, (
        select sha256(parked.key) from parked
        where parked.group_id = key_of.group_id and parked.topic = key_of.topic and holds
            and sha256(parked.key) > key_of.hash
        order by sha256(parked.key) limit 1), keys + 1
    from key_of where hash is not null and keys < 1000
)
select group_id, topic, records, count(key_of.hash) as keys
from counted left join key_of using (group_id, topic)
group by group_id, topic, records

-- name: quarantined_records
-- For the gauge.
select group_id, topic, count(*) as records from quarantine group by group_id, topic

-- name: stop_fence
-- The first reason stands until an operator accepts it.
update fence set stopped = $4 where group_id = $1 and topic = $2 and partition = $3 and stopped is null

-- name: known_numbers
-- Up to which number each partition was sent, and the events of stored batches, which may have been sent: in one
-- statement, so that a batch that is being forgotten is in one of the two.
select topic, partition, sequence, null as event_id from relay_position
union all
select topic, partition, stored.sequence, event_id::text
from relay_batch, unnest(ids, sequences) as stored (id, sequence) join outbox on outbox.id = stored.id
where stored.sequence > 0

-- name: begin_recovery
-- Waits for every transaction that no fence guards; until this one ends, none begins.
select pg_advisory_xact_lock(hashtext('rapport.recovery'))

-- name: begin_unfenced
-- Keeps a recovery from beginning until the transaction ends; `held` is false where one is under way. Whatever led to a
-- recovery is noted before it begins, so that what is read here is never older than a recovery that was waited for.
select pg_try_advisory_xact_lock_shared(hashtext('rapport.recovery')) as held,
    (select reason from setback) as setback,
    (select count(*) from operator_action where action = 'recover') as recoveries

-- name: end_relays
-- Those of other instances that noticed nothing: nothing may be sent while it is read what was. How many there were.
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and usename = current_user and application_name = 'rapport relay'

-- name: hold_shards
-- Of any number of shards, until the transaction ends.
select count(pg_advisory_xact_lock(hashtext('rapport.relay'), shard)) from generate_series(0, 63) as shard

-- name: relay_shards
-- Those that ever stored a batch, and the first.
select shard from relay_batch
union
select 0
order by shard

-- name: sent_sequences
-- What was forgotten as sent; a stored batch may have been sent, or not.
select topic, partition, sequence from relay_position

-- name: add_published
-- Events that stand on the service's topics although its database, restored from a backup, knows nothing of them.
insert into published (hashed, event_id)
select * from unnest($1::bytea[], $2::text[])
on conflict (hashed) do nothing

-- name: load_published
-- Those of the events that were published before the database was restored.
select hashed from published where hashed = any($1::bytea[])

-- name: has_published
-- Whether this database was recovered within the time for which that is known.
select exists (select from published)

-- name: purge_published
-- What led to them has come again long since, or was given up.
delete from published where known_since < now() - $1::interval

-- name: forget_published
-- Rows that the backup had still to send or had set aside, and that were sent after it.
with set_aside as (delete from outbox_set_aside where event_id in (select event_id from published))
delete from outbox where event_id::text in (select event_id from published)

-- name: forget_batches
-- The numbers of a batch that the backup was about to send belong to other records by now, or to the same ones.
update relay_batch set ids = '{}', sequences = '{}'

-- name: has_tables
-- Whether the migrations have run.
select to_regclass('change_horizon') is not null

-- name: identify
-- Which database this is and how far its log is written; a server that follows another cannot say, and is none to use.
select control.system_identifier::text as system, place.oid::bigint as database,
    (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint as written,
    (select count(*) from operator_action where action = 'recover') as recoveries,
    (select reason from setback) as setback
from pg_control_system() as control, pg_database as place
where place.datname = current_database()

-- name: note_setback
-- Once; and not where it was recovered from meanwhile ($2: the recoveries that whoever noticed it knows of).
insert into setback (reason)
select $1 where (select count(*) from operator_action where action = 'recover') <= $2
on conflict do nothing

-- name: find_setback
-- Why nothing may be done with this database; no row where it can be used.
select reason from setback

-- name: end_setback
-- It is as far as its topics are.
delete from setback

-- name: accept_loss
-- The next record is taken as the first of its group: its number sets the mark.
update fence set stopped = null, mark = 0, last_id = null, last_offset = null, next_offset = coalesce($4, next_offset)
where group_id = $1 and topic = $2 and partition = $3 and stopped is not null
returning next_offset

-- name: skip_offsets
-- Exactly from where the fence stands; the next record is taken as the first of its group, since numbers are missing.
update fence set mark = 0, last_id = null, last_offset = null, next_offset = $5::bigint + 1
where group_id = $1 and topic = $2 and partition = $3 and next_offset = $4 and stopped is null
returning next_offset

-- name: end_frozen
-- The service's own sessions that hold a transaction and have waited too long for their client in the middle of a
-- statement: between its parts, or in a COPY. Postgres heeds no limit there but that of a whole transaction, which only
-- newer ones know.
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and usename = current_user and application_name like 'rapport %'
    and state = 'active' and wait_event_type = 'Client' and xact_start is not null
    and clock_timestamp() - state_change > $1::interval
