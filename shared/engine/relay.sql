-- name: try_relay_lock
-- One relay a shard: the lock is the session's, and ends with its connection.
select pg_try_advisory_lock(hashtext('rapport.relay'), $1::int)

-- name: stored_batch
-- The batch of a relay that did not finish, in its own order and with its own numbers.
select outbox.id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent,
    payload, source, stored.sequence
from relay_batch, unnest(ids, sequences) with ordinality as stored (id, sequence, position)
join outbox on outbox.id = stored.id
where shard = $1
order by stored.position

-- name: store_batch
-- One statement is one transaction in one round trip: forgets exactly the ids that were sent (a range would take rows
-- that became visible in between), takes the oldest of the others up to so many rows and bytes, one at least, numbers
-- them, stores what it took.
with forgotten as (
    delete from outbox where id = any($1::bigint[])
), last (topic, partition, sequence) as (
    select * from unnest($2::text[], $3::smallint[], $4::bigint[])
), saved as (
    insert into relay_position (topic, partition, sequence) select * from last where sequence > 0
    on conflict (topic, partition) do update set sequence = greatest(relay_position.sequence, excluded.sequence)
), waiting as (
    select * from outbox
    where id not in (select unnest($1::bigint[]))
        -- A plain comparison would be taken for rare, and the table read whole.
        and case $6::smallint when 1 then true else partition % $6::smallint = $5::smallint end
        -- Nearly always nothing is set aside, and then nobody asks row by row.
        and case when $8::boolean then not exists (
            select from outbox_set_aside as held where held.topic = outbox.topic and held.key = outbox.key) else true end
    order by id limit $7
), measured as (
    -- A removal has no payload, and must not overtake what is too much for this batch. What a service passes on for
    -- somebody else has a source of its own, and no number. What is left out comes last, so no number of the rest changes.
    select waiting.*, case when source is null then coalesce(greatest(position.sequence, last.sequence), 0)
        + row_number() over (partition by topic, partition order by id) else 0 end as sequence,
        sum(coalesce(octet_length(payload), 0)) over so_far as total, row_number() over so_far as place
    from waiting
    left join relay_position as position using (topic, partition)
    left join last using (topic, partition)
    window so_far as (order by id rows unbounded preceding)
), numbered as (
    select * from measured where total <= $9::bigint or place = 1
), stored as (
    insert into relay_batch (shard, shards, ids, sequences)
    select $5, $6, coalesce(array_agg(id order by id), '{}'), coalesce(array_agg(sequence order by id), '{}')
    from numbered having count(*) > 0 or cardinality($1) > 0
    on conflict (shard) do update set shards = excluded.shards, ids = excluded.ids, sequences = excluded.sequences
)
select id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent, payload,
    source, sequence
from numbered order by id

-- name: set_aside
-- Out of the outbox, with what remains of the stored batch in the same statement.
with refused as (
    delete from outbox where id = $2 returning *
), kept as (
    insert into outbox_set_aside (id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id,
        traceparent, payload, source, created_at, reason)
    select id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent, payload,
        source, created_at, $3 from refused
)
update relay_batch set ids = $4::bigint[], sequences = $5::bigint[] where shard = $1

-- name: wait_behind
-- What came later with a key that has something set aside; not what was sent and waits to be forgotten.
with held as (
    select distinct topic, key from outbox_set_aside where key is not null and partition % $2::smallint = $1::smallint
), behind as (
    delete from outbox using held
    where outbox.topic = held.topic and outbox.key = held.key and outbox.id <> all($3::bigint[])
    returning outbox.*
)
insert into outbox_set_aside (id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id,
    traceparent, payload, source, created_at)
select id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent, payload,
    source, created_at from behind

-- name: void_before_removal
-- A removal on a compacted topic takes back all that was said of its key before: none of it may come out any more.
delete from outbox_set_aside using outbox_set_aside as removal
where removal.payload is null and removal.reason is null
    and outbox_set_aside.topic = removal.topic and outbox_set_aside.key = removal.key and outbox_set_aside.id < removal.id

-- name: let_go
-- Back into the outbox, under the old ids: what is not refused and has nothing refused before it.
with free as (
    delete from outbox_set_aside where reason is null and partition % $2::smallint = $1::smallint and not exists (
        select from outbox_set_aside as refused
        where refused.topic = outbox_set_aside.topic and refused.key = outbox_set_aside.key
            and refused.reason is not null and refused.id < outbox_set_aside.id)
    returning *
)
insert into outbox (id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id,
    traceparent, payload, source, created_at)
overriding system value
select id, topic, partition, key, type, event_id, subject, time, correlation_id, causation_id, traceparent, payload,
    source, created_at from free

-- name: anything_aside
-- Whether the relay of this shard has to look at what was set aside.
select exists (select from outbox_set_aside where partition % $2::smallint = $1::smallint)

-- name: list_set_aside
-- What the brokers refused, with how many events wait behind each; those that may go again are left out.
select id, topic, partition, key, type, event_id, reason, octet_length(payload) as bytes, set_aside_at, (
    select count(*) from outbox_set_aside as behind
    where behind.topic = refused.topic and behind.key = refused.key and behind.id > refused.id) as behind
from outbox_set_aside as refused
where reason is not null and ($1::bigint is null or id = $1)
order by id limit $2

-- name: send_again
-- The relay lets it go, with what waits behind it.
update outbox_set_aside set reason = null where id = $1 and reason is not null returning topic, key, event_id

-- name: drop_set_aside
-- It is never published; what waits behind it is let go.
delete from outbox_set_aside where id = $1 and reason is not null returning topic, key, event_id

-- name: count_set_aside
-- What was refused, by topic, and all that waits with it.
select topic, count(reason) as refused, count(*) as waiting from outbox_set_aside group by topic

-- name: foreign_batches
-- Batches that were stored under another number of shards and wait to be sent.
select shard from relay_batch where shards <> $1 and ids <> '{}'
