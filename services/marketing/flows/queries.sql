-- name: lock_flows
-- What these parties run, locked in one order, so that events and timers of a party move it one after another.
select id, trigger_event_id::text, campaign, version, party_id, partition, key, trigger, triggered_at, correlation_id,
  traceparent, step, visits, since, wakes_at, ended_at, reason, ended_by, dated_at
from flow where party_id = any($1::uuid[]) and ended_at is null order by id for update

-- name: lock_due_flows
-- Those of them that have not ended.
select id, trigger_event_id::text, campaign, version, party_id, partition, key, trigger, triggered_at, correlation_id,
  traceparent, step, visits, since, wakes_at, ended_at, reason, ended_by, dated_at
from flow where id = any($1::uuid[]) and ended_at is null order by id for update

-- name: load_latest_entries
-- When these parties were last enrolled, by campaign and key. What was reported too late took no step, and keeps nobody out.
select party_id, campaign, key, max(triggered_at) as triggered_at
from flow
where party_id = any($1::uuid[]) and campaign = any($2::text[]) and not (visits = 0 and coalesce(reason, '') = 'expired')
group by party_id, campaign, key

-- name: save_flows
-- Their newest state; what a flow began with stays.
insert into flow (id, trigger_event_id, campaign, version, party_id, partition, key, trigger, triggered_at,
  correlation_id, traceparent, step, visits, since, wakes_at, ended_at, reason, ended_by, dated_at)
select * from unnest(
  $1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::uuid[], $6::smallint[], $7::text[], $8::json[],
  $9::timestamptz[], $10::text[], $11::text[], $12::smallint[], $13::integer[], $14::timestamptz[], $15::timestamptz[],
  $16::timestamptz[], $17::text[], $18::text[], $19::timestamptz[]
) as given (id, trigger_event_id, campaign, version, party_id, partition, key, trigger, triggered_at, correlation_id,
  traceparent, step, visits, since, wakes_at, ended_at, reason, ended_by, dated_at)
order by id
on conflict (id) do update set
  step = excluded.step, visits = excluded.visits, since = excluded.since, wakes_at = excluded.wakes_at,
  ended_at = excluded.ended_at, reason = excluded.reason, ended_by = excluded.ended_by, dated_at = excluded.dated_at

-- name: find_flow
-- Where one enrolment stands.
select id, trigger_event_id::text, campaign, version, party_id, partition, key, trigger, triggered_at, correlation_id,
  traceparent, step, visits, since, wakes_at, ended_at, reason, ended_by, dated_at
from flow where id = $1

-- name: count_flows
-- Who is where in a version: by step, and by how it ended.
select step, reason, count(*) as enrolments from flow where campaign = $1 and version = $2 group by step, reason
order by step, reason nulls first

-- name: lock_requests
-- Whoever asks for a campaign waits for who asked before, and finds what was asked.
select pg_advisory_xact_lock(hashtextextended('enrolment ' || $1::text, 0))

-- name: find_waiting
-- Requests of these parties that the campaign has yet to hear of; of several of a party the first.
select distinct on (party_id) party_id, event_id
from enrolment_request where party_id = any($1::uuid[]) and campaign = $2 and heard_at is null order by party_id, event_id

-- name: add_requests
-- Those that were not known come back: after a restore the topic tells all of them again.
insert into enrolment_request (event_id, campaign, party_id, partition, requested_at)
select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::smallint[], $5::timestamptz[])
  as given (event_id, campaign, party_id, partition, requested_at)
order by event_id
on conflict do nothing
returning event_id

-- name: take_requests
-- Each is heard once, in the order in which they were made.
with heard as (
  update enrolment_request set heard_at = $2 where event_id = any($1::uuid[]) and heard_at is null
  returning event_id, campaign, party_id, partition, requested_at
)
select event_id, campaign, party_id, partition, requested_at from heard order by requested_at, event_id

-- name: find_running
-- What these parties run of a campaign; of several enrolments of a party the first.
select distinct on (party_id) party_id, id
from flow where party_id = any($1::uuid[]) and campaign = $2 and ended_at is null order by party_id, id
