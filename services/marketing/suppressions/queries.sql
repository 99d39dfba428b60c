-- name: add_suppression
-- Once for each letter and the last consent that was known when its link was used; whoever says so again later means until
-- then.
insert into suppression (id, party_id, purpose, topic, channel, message_id, suppressed_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do update set suppressed_at = greatest(suppression.suppressed_at, excluded.suppressed_at)
returning xmax = 0 as fresh

-- name: load_suppressions
-- Every suppression of these parties; which statement holds is decided in the domain.
select id, party_id, purpose, topic, channel, message_id, suppressed_at
from suppression where party_id = any($1::uuid[])

-- name: list_suppressions
-- The newest first.
select id as suppression_id, party_id, purpose, nullif(topic, '') as topic, channel, message_id, suppressed_at
from suppression
where ($1::uuid[] is null or party_id = any($1))
  and ($2::timestamptz is null or (suppressed_at, id) < ($2, $3::uuid))
order by suppressed_at desc, id desc limit $4

-- name: find_stopped
-- Of these addresses those that nothing is sent to, and what stopped them.
select address_hash, reason, cause, stopped_at from stopped_address where address_hash = any($1::text[])

-- name: stop_address
-- The first reason stands.
insert into stopped_address (address_hash, reason, cause, stopped_at) values ($1, $2, $3, $4)
on conflict do nothing returning address_hash

-- name: stop_identity
-- Until a description tells the address.
insert into stopped_identity (identity_id, party_id, reason, cause, stopped_at) values ($1, $2, $3, $4, $5)
on conflict do nothing

-- name: take_identities
-- Empty but after a restore.
delete from stopped_identity where identity_id = any($1::uuid[])
returning identity_id, party_id, reason, cause, stopped_at

-- name: lift_address
-- It may be written to again; what had stopped it is kept with why. Nothing is written where it was not stopped.
with lifted as (delete from stopped_address where address_hash = $2 returning reason)
insert into lifted_address (id, address_hash, because, agent, stopped_by, lifted_at)
select $1, $2, $3, $4, lifted.reason, $5 from lifted returning id

-- name: find_lifted
-- The last time that an address was let go.
select id, address_hash, because, agent, stopped_by, lifted_at from lifted_address
where address_hash = $1 order by lifted_at desc, id desc limit 1

-- name: add_soft_bounce
-- Each message bounces once.
insert into soft_bounce (message_id, address_hash, bounced_at) values ($1, $2, $3) on conflict do nothing

-- name: count_soft_bounces
-- Of an address since a time.
select count(*) from soft_bounce where address_hash = $1 and bounced_at >= $2
