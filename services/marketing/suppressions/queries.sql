-- name: add_suppression
-- Once for each letter and the last consent that was known when its link was used; whoever says so again later means until
-- then. The campaign is that of the letter ($8) that is left for good.
insert into suppression (id, party_id, purpose, topic, channel, message_id, suppressed_at, campaign)
values ($1, $2, $3, $4, $5, $6, $7, (select campaign from message where id = $8))
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

-- name: load_key
-- One row, made once.
select key from address_key

-- name: find_stopped
-- Of these addresses those that nothing is sent to, and what stopped them.
select address_id, reason, cause, stopped_at from stopped_address where address_id = any($1::uuid[])

-- name: stop_address
-- The first reason stands. It is stopped after it was let go, whatever the clock of whoever stops it says.
insert into stopped_address (address_id, reason, cause, stopped_at)
select $1, $2, $3, greatest($4, max(lifted_at) + interval '1 microsecond') from lifted_address where address_id = $1
on conflict do nothing returning address_id

-- name: stop_address_again
-- Unless it was let go later. Whatever order stops and lifts are read in, the latest stop stands.
insert into stopped_address (address_id, reason, cause, stopped_at) select $1::uuid, $2, $3, $4::timestamptz
where not exists (select from lifted_address where address_id = $1 and lifted_at > $4)
on conflict (address_id) do update set reason = excluded.reason, cause = excluded.cause, stopped_at = excluded.stopped_at
where (stopped_address.stopped_at, stopped_address.cause) < (excluded.stopped_at, excluded.cause)

-- name: stop_identity
-- Until a description tells the address.
insert into stopped_identity (identity_id, party_id, reason, cause, stopped_at) values ($1, $2, $3, $4, $5)
on conflict do nothing

-- name: take_identities
-- Empty but after a restore.
delete from stopped_identity where identity_id = any($1::uuid[])
returning identity_id, party_id, reason, cause, stopped_at

-- name: lift_address
-- It may be written to again; what had stopped it is kept with why. It is let go after it was stopped, whatever the clock
-- of whoever lets it go says. Nothing is written where it was not stopped.
with lifted as (delete from stopped_address where address_id = $2 returning reason, stopped_at)
insert into lifted_address (id, address_id, because, agent, stopped_by, lifted_at)
select $1, $2, $3, $4, lifted.reason, greatest($5, lifted.stopped_at + interval '1 microsecond') from lifted
returning id, address_id, because, agent, stopped_by, lifted_at

-- name: lift_address_again
-- What was stopped later stays so.
with known as (
  insert into lifted_address (id, address_id, because, agent, stopped_by, lifted_at) values ($1, $2, $3, $4, $5, $6)
  on conflict do nothing
)
delete from stopped_address where address_id = $2 and stopped_at < $6

-- name: find_lifted
-- The last time that an address was let go.
select id, address_id, because, agent, stopped_by, lifted_at from lifted_address
where address_id = $1 order by lifted_at desc, id desc limit 1

-- name: add_soft_bounce
-- Each message bounces once.
insert into soft_bounce (message_id, address_id, bounced_at) values ($1, $2, $3) on conflict do nothing

-- name: count_soft_bounces
-- Of an address since a time.
select count(*) from soft_bounce where address_id = $1 and bounced_at >= $2
