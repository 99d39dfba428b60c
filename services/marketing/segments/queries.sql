-- name: share_segments
-- As long as this transaction lasts no segment is published or stopped: whoever decides parties, or notes that one has
-- changed, does so by the definitions that stand. Any number will do for the lock.
select pg_advisory_xact_lock_shared(7262020)

-- name: lock_segments
-- After everybody who decides by the definitions that stood.
select pg_advisory_xact_lock(7262020)

-- name: load_segments
-- The newest version of every name that is in force or still has parties to lose.
select name, version, definition, stopped_at is null as in_force, filled_at is not null as filled from (
  select distinct on (name) * from segment order by name, version desc
) newest
where stopped_at is null or filled_at is null
order by name

-- name: load_digests
-- What was published last of each name, by whom, and whether it is in force.
select distinct on (name) name, version, definition_hash, source, stopped_at is null as in_force
from segment order by name, version desc

-- name: load_file_digests
-- What the files said when they were last published from.
select distinct on (name) name, definition_hash from segment where source = 'files' order by name, version desc

-- name: add_segment
-- Its parties are gone through from now on.
insert into segment (name, version, definition, definition_hash, source, published_at) values ($1, $2, $3, $4, $5, $6)

-- name: stop_older
-- A newer version holds, and no older one is filled any more.
update segment set stopped_at = coalesce(stopped_at, $2), filled_at = coalesce(filled_at, $2)
where name = $1 and (stopped_at is null or filled_at is null)

-- name: stop_segment
-- Its members are gone through, and leave.
update segment set stopped_at = $3, parties = 0, scheduled = 0, scheduled_to = null, scheduled_at = null, filled_at = null
where name = $1 and version = $2

-- name: take_filling
-- One that is being filled, by whoever comes first.
select name, version, stopped_at is null as in_force, parties, scheduled, scheduled_to, scheduled_at
from segment where filled_at is null order by published_at, name limit 1 for update skip locked

-- name: count_parties
-- All that there is to go through; once for each filling.
select case when $2::boolean then (select count(*) from party)
  else (select count(*) from segment_member where segment = $1 and is_in) end

-- name: next_parties
-- The next $2 that marketing knows of.
select id from party where $1::uuid is null or id > $1 order by id limit $2

-- name: next_members
-- The next $3 that are in a segment.
select party_id as id from segment_member
where segment = $1 and is_in and ($2::uuid is null or party_id > $2) order by party_id limit $3

-- name: save_filling
-- How far it has come.
update segment set parties = $3, scheduled = $4, scheduled_to = $5, scheduled_at = $6, filled_at = $7
where name = $1 and version = $2

-- name: count_waiting
-- Parties that wait to be decided, $2 at most.
select count(*) from (
  select from timer where name = 'segments' and failed is null and due_at <= $1 order by partition limit $2
) as waiting

-- name: load_members
-- What is known of these parties.
select segment, party_id, is_in, since, version, changes, event_id from segment_member where party_id = any($1::uuid[])

-- name: save_members
-- Only their own decisions write these rows, one after another.
insert into segment_member (segment, party_id, is_in, since, version, changes, event_id)
select * from unnest($1::text[], $2::uuid[], $3::boolean[], $4::timestamptz[], $5::integer[], $6::integer[], $7::uuid[])
  as given (segment, party_id, is_in, since, version, changes, event_id)
order by segment, party_id
on conflict (segment, party_id) do update set is_in = excluded.is_in, since = excluded.since,
  version = excluded.version, changes = excluded.changes, event_id = excluded.event_id

-- name: resize
-- Sorted by the caller, so that two transactions wait for each other.
insert into segment_size as size (segment, partition, members)
select segment, partition, members from unnest($1::text[], $2::smallint[], $3::bigint[])
  as given (segment, partition, members)
on conflict (segment, partition) do update set members = size.members + excluded.members

-- name: add_changes
-- Campaigns hear of them when their timers are due.
insert into segment_change (event_id, segment, version, party_id, partition, entered, changed_at)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::uuid[], $5::smallint[], $6::boolean[], $7::timestamptz[])
  as given (event_id, segment, version, party_id, partition, entered, changed_at)
order by event_id

-- name: take_changes
-- Each is heard once.
with taken as (delete from segment_change where event_id = any($1::uuid[]) returning *)
select segment, party_id, entered as is_in, changed_at as since, version, 0 as changes, event_id, partition
from taken order by changed_at, event_id

-- name: load_memberships
-- The segments that these parties are in.
select party_id, segment from segment_member where party_id = any($1::uuid[]) and is_in

-- name: list_segments
-- The newest version of each, the stopped ones too.
select name, version, definition, definition_hash, published_at, stopped_at, filled_at, parties, scheduled, (
    select coalesce(sum(members), 0) from segment_size size where size.segment = newest.name)::bigint as members
from (select distinct on (name) * from segment where $1::text is null or name > $1 order by name, version desc) newest
order by name limit $2

-- name: find_segment
-- The newest version of one.
select name, version, definition, definition_hash, published_at, stopped_at, filled_at, parties, scheduled, (
    select coalesce(sum(members), 0) from segment_size size where size.segment = newest.name)::bigint as members
from segment newest where name = $1 order by version desc limit 1

-- name: list_members
-- In the order of their ids.
select party_id, since, version, event_id::text from segment_member
where segment = $1 and is_in and ($2::uuid is null or party_id > $2) order by party_id limit $3
