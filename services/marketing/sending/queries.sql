-- name: add_dispatches
-- From now on any sender may take them.
insert into dispatch (message_id, triggered_at, trigger_event_id, party_id, consent_event_id, content, decided_at,
  channel)
select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[],
  $8::text[])
  as given (message_id, triggered_at, trigger_event_id, party_id, consent_event_id, content, decided_at, channel)
order by message_id

-- name: doubt_dispatches
-- Nobody sends these; a sender finds out what became of them. $1 null: all.
update dispatch set owner = $2, via = 'former', begun_at = now()
where ($1::uuid[] is null) or message_id = any($1::uuid[])

-- name: has_enough
-- Of each channel no more are looked at than are enough. One that waits for longer shows that nobody sends on its channel.
select coalesce(sum(ready.waiting) >= $2 and min(ready.since) > now() - $3::interval, false)
from unnest($1::text[]) as asked (channel), lateral (
  select count(*) as waiting, min(next_at) as since from (
    select next_at from dispatch where owner is null and next_at <= now() and dispatch.channel = asked.channel
    order by next_at limit $2) first) ready

-- name: begin_dispatches
-- Take messages for this owner. Committed before the first byte leaves, so that a crash shows what may have been sent.
update dispatch set owner = $1, via = $3, begun_at = now(), number = number + 1
where message_id = any(array(
  select message_id from dispatch where owner is null and next_at <= now() and channel = $4
  order by next_at, message_id limit $2 for update skip locked
))
returning message_id, triggered_at, number, content, decided_at, consent_event_id::text, unsure

-- name: load_dispatches
-- What this sender has in its hands.
select message_id, triggered_at, number, content, decided_at, consent_event_id::text, unsure
from dispatch where message_id = any($1::uuid[])

-- name: settle_dispatches
-- An attempt is settled by its owner alone; what another took over does not come back.
delete from dispatch where message_id = any($1::uuid[]) and owner = $2 returning message_id

-- name: postpone_dispatches
-- Another attempt is safe: nothing was accepted, or ($4) whoever may have accepted it tells repetitions apart. $3 is how
-- long to wait, in seconds. What was held ($5) was no attempt.
update dispatch d set owner = null, begun_at = null, next_at = now() + make_interval(secs => given.wait),
  unsure = d.unsure or given.unsure, number = d.number - given.held::integer
from unnest($1::uuid[], $3::double precision[], $4::boolean[], $5::boolean[]) as given (message_id, wait, unsure, held)
where d.message_id = given.message_id and d.owner = $2

-- name: hold_owner
-- Held for the life of the connection: that it can be taken shows that the owner is gone.
select pg_try_advisory_lock(hashtextextended('marketing.sender ' || $1::text, 0))

-- name: find_other_owners
-- Whoever began attempts on this channel and has not settled them.
select distinct owner from dispatch where owner is not null and owner <> $1 and channel = $2

-- name: owner_is_gone
-- See hold_owner.
select pg_try_advisory_xact_lock(hashtextextended('marketing.sender ' || $1::text, 0))

-- name: take_over_dispatches
-- Messages of an owner that is gone become ours to settle.
update dispatch set owner = $2 where owner = $1 and channel = $3 returning message_id, via

-- name: add_erased_letters
-- What was sent, or may have been, and of the messages that are open those that a sender may be writing; what is only
-- planned will not be written.
insert into erased_letter (message_id)
select message_id from (
  select unnest($1::uuid[]) as message_id
  union
  select message_id from dispatch where message_id = any($2::uuid[])
) as letter
order by message_id
on conflict do nothing

-- name: load_erased_letters
-- Not those that a sender may be writing at this moment: their turn comes when they are settled.
select message_id from erased_letter e
where not exists (select from dispatch d where d.message_id = e.message_id)
order by message_id limit $1

-- name: forget_erased_letters
-- They are out of the maildir.
delete from erased_letter where message_id = any($1::uuid[])

-- name: withdraw_dispatches
-- What nobody has begun to send is taken back; what somebody has comes back. Locked first: a sender may be beginning.
with held as materialized (
  select message_id, owner from dispatch where message_id = any($1::uuid[]) order by message_id for update
),
gone as (
  delete from dispatch d using held where d.message_id = held.message_id and held.owner is null
)
select message_id from held where owner is not null

-- name: add_deliveries
-- What came of attempts; of each the first word stands.
insert into delivery (message_id, number, channel, outcome, reason, code, settled_at)
select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::timestamptz[])
  as given (message_id, number, channel, outcome, reason, code, settled_at)
order by message_id, number
on conflict do nothing

-- name: list_deliveries
-- Of a message, in the order of its attempts.
select number, channel, outcome, reason, code, settled_at from delivery where message_id = $1 order by number
