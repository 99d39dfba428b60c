-- name: add_mailing
-- A draft, or the draft in a newer version; what was started stays as it is.
insert into mailing (name, version, segment, per_minute, state, drafted_at) values ($1, $2, $3, $4, 'draft', $5)
on conflict (name) do update set version = excluded.version, segment = excluded.segment,
  per_minute = excluded.per_minute, drafted_at = excluded.drafted_at, tested_at = null
where mailing.state = 'draft'

-- name: lock_mailing
-- Whoever asks for something waits for the step that is being done.
select name, version, segment, per_minute, state, tested_at, started_at, frozen_at, next_at, collected_to, ended_at
from mailing where name = $1 for update

-- name: take_mailing
-- As before, by whichever instance comes first; the others leave it alone.
select name, version, segment, per_minute, state, tested_at, started_at, frozen_at, next_at, collected_to, ended_at
from mailing where name = $1 for update skip locked

-- name: list_started
-- Those of which some recipients have not ended.
select name from mailing where started_at is not null and ended_at is null order by started_at, name

-- name: save_mailing
-- How far it has come.
update mailing set state = $2, tested_at = $3, started_at = $4, frozen_at = $5, next_at = $6, collected_to = $7,
  ended_at = $8
where name = $1

-- name: pause_all
-- After a restore: an operator says whether they go on.
update mailing set state = 'paused' where state = 'running'

-- name: freeze_recipients
-- Whoever is in the segment, at one moment. Their addresses are looked up when it is their turn.
insert into mailing_recipient (mailing, party_id, rank, trigger_event_id)
select $1, party_id, row_number() over (order by party_id), event_id
from segment_member where segment = $2 and is_in

-- name: next_recipients
-- By rank. Whoever shares an address waits until the one before, and whoever was released for it, has ended.
select party_id, rank, trigger_event_id::text, address_hash, written_to, message_id, released_at, outcome, reason
from mailing_recipient r
where mailing = $1 and released_at is null and outcome is null and not exists (
  select from mailing_recipient o
  where o.mailing = r.mailing and o.address_hash = r.address_hash and o.rank <> r.rank and o.outcome is null
    and (o.rank < r.rank or o.released_at is not null)
)
order by rank limit $2

-- name: load_others
-- Recipients that have one of these addresses, are one of these parties, or were released for one of them. Each by an index
-- of its own, however many there are.
select party_id, rank, trigger_event_id::text, address_hash, written_to, message_id, released_at, outcome, reason
from mailing_recipient where mailing = $1 and address_hash = any($2::bytea[])
union
select party_id, rank, trigger_event_id::text, address_hash, written_to, message_id, released_at, outcome, reason
from mailing_recipient where mailing = $1 and party_id = any($3::uuid[])
union
select party_id, rank, trigger_event_id::text, address_hash, written_to, message_id, released_at, outcome, reason
from mailing_recipient where mailing = $1 and written_to = any($3::uuid[]) and written_to <> party_id

-- name: save_recipients
-- As they were released, or ended without it. Whoever was erased since they were read has no hash of an address.
update mailing_recipient r set
  address_hash = case when not r.forgotten then given.address_hash end, written_to = given.written_to,
  message_id = given.message_id, released_at = given.released_at, outcome = given.outcome, reason = given.reason
from unnest($2::integer[], $3::bytea[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[], $8::text[])
  as given (rank, address_hash, written_to, message_id, released_at, outcome, reason)
where r.mailing = $1 and r.rank = given.rank

-- name: forget_addresses
-- Of parties that were erased, also where there is none yet: that waits for whoever is writing one.
with known as (
  select mailing, rank from mailing_recipient where party_id = any($1::uuid[]) order by mailing, rank for update
)
update mailing_recipient r set address_hash = null, forgotten = true
from known where r.mailing = known.mailing and r.rank = known.rank

-- name: collect_endings
-- How messages of the next $3 open recipients ended; the last rank that was looked at, and how many there were.
with open as materialized (
  select rank, message_id, released_at from mailing_recipient
  where mailing = $1 and released_at is not null and outcome is null and rank > $2 order by rank limit $3
),
ended as (
  update mailing_recipient r set outcome = m.outcome, reason = m.reason
  from open join message m on m.id = open.message_id and m.triggered_at = open.released_at
  where r.mailing = $1 and r.rank = open.rank and m.outcome is not null
  returning r.rank
)
select (select count(*) from open)::integer as looked, (select max(rank) from open) as last,
  (select count(*) from ended)::integer as ended

-- name: is_over
-- Nobody waits, unless the rest is cancelled ($2), and of nobody who was released the end is unknown.
select not exists (select from mailing_recipient where mailing = $1 and released_at is not null and outcome is null)
  and ($2::boolean
    or not exists (select from mailing_recipient where mailing = $1 and released_at is null and outcome is null))

-- name: count_work
-- Messages that are due and not decided, of each partition $2 at most, or cleared and not sent, of whatever campaign.
select (
  select count(*) from (
    select from generate_series(0, 11) as place (partition)
    cross join lateral (
      select from timer
      where name = 'messages' and partition = place.partition and failed is null
        and greatest(due_at, not_before) <= $1
      order by greatest(due_at, not_before) limit $2
    ) as due
  ) as undecided
) + (
  select count(*) from (
    select from dispatch where owner is not null or next_at <= now() order by message_id limit $2
  ) as unsent
)

-- name: count_recipients
-- By how they ended. Of those whose end was not collected yet the message itself is asked.
select outcome, reason, sum(recipients)::bigint as recipients from (
  select coalesce(outcome, 'waiting') as outcome, reason, count(*) as recipients
  from mailing_recipient where mailing = $1 and (released_at is null or outcome is not null)
  group by outcome, reason
  union all
  select coalesce(m.outcome, 'open'), m.reason, count(*)
  from mailing_recipient r join message m on m.id = r.message_id and m.triggered_at = r.released_at
  where r.mailing = $1 and r.released_at is not null and r.outcome is null
  group by m.outcome, m.reason
) counted
group by outcome, reason

-- name: list_mailings
-- By name.
select name, version, segment, per_minute, state, drafted_at, tested_at, started_at, frozen_at, ended_at
from mailing where $1::text is null or name > $1 order by name limit $2

-- name: find_mailing
-- One of them.
select name, version, segment, per_minute, state, drafted_at, tested_at, started_at, frozen_at, ended_at
from mailing where name = $1

-- name: list_recipients
-- By rank.
select r.rank, r.party_id, r.written_to, r.released_at, case when m.campaign is not null then r.message_id end as message_id,
  case
    when coalesce(r.outcome, m.outcome) is not null then coalesce(r.outcome, m.outcome)
    when r.released_at is not null then 'open'
    when mailing.state = 'cancelled' then 'cancelled'
    else 'waiting'
  end as outcome,
  coalesce(r.reason, m.reason) as reason
from mailing_recipient r
join mailing on mailing.name = r.mailing
left join message m on m.id = r.message_id and m.triggered_at = r.released_at
where r.mailing = $1 and r.rank > $2::bigint order by r.rank limit $3
