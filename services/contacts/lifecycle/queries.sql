-- name: load_lives
-- What the stages of these parties follow from, and, as `told`, the stages as they were told. The sales of before they
-- were dated say nothing of stages.
select
    party_id, false as told, 'sale' as name, sold_at as at, event_id::text as event_id, state is null as is_cancelled,
    false as by_time, null::timestamptz as left_at
from sale
where party_id = any ($1::uuid[]) and sold_at > '-infinity'
union all
select party_id, false, signal, occurred_at, event_id, false, false, null
from lifecycle_fact
where party_id = any ($1::uuid[])
union all
select party_id, true, stage, entered_at, cause_event_id, false, by_time, left_at
from lifecycle_stage
where party_id = any ($1::uuid[])

-- name: find_frequent
-- Parties with $2 sales or more that were not cancelled.
select party_id
from sale
where party_id = any ($1::uuid[]) and sold_at > '-infinity' and state is not null
group by party_id
having count(*) >= $2

-- name: add_facts
-- Sorted by the caller. The same again is possible only within one redrive.
insert into lifecycle_fact (party_id, signal, occurred_at, event_id, recorded_at)
select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[])
on conflict do nothing

-- name: load_facts
-- As far as they were known at a time; of those from before that was kept, as if each had come when it happened.
select signal, occurred_at, event_id from lifecycle_fact
where party_id = any ($1::uuid[]) and coalesce(recorded_at, occurred_at) <= $2

-- name: forget_stages
-- Told before, and corrected.
delete from lifecycle_stage
using unnest($1::uuid[], $2::timestamptz[], $3::text[]) as gone (party_id, entered_at, stage)
where lifecycle_stage.party_id = gone.party_id and lifecycle_stage.entered_at = gone.entered_at
    and lifecycle_stage.stage = gone.stage

-- name: save_stages
-- Sorted by the caller; of one that stands only its end is new, or, where facts of one moment were taken in, its cause.
insert into lifecycle_stage (party_id, entered_at, stage, left_at, cause_event_id, by_time)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[], $6::boolean[])
on conflict (party_id, entered_at, stage) do update set
    left_at = excluded.left_at, cause_event_id = excluded.cause_event_id, by_time = excluded.by_time
