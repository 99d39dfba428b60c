-- name: open_cut
-- No row where another instance was first: then everything of this cut stands already.
insert into job (cut, recorded_at) values ($1, $2) on conflict (cut) do nothing returning cut;

-- name: find_newest_cut
-- The newest cut whose forecasts stand, whether its scores do, and what was left out of it.
select
    job.cut,
    job.scored,
    count(set_aside.name)::int as set_aside,
    (array_agg(set_aside.name order by set_aside.name))[1] as first_name,
    (array_agg(set_aside.reason order by set_aside.name))[1] as first_reason
from job
left join set_aside using (cut)
where job.cut = (select max(cut) from job)
group by job.cut, job.scored;

-- name: set_aside
-- A cut is fitted once, so the first reason stands.
insert into set_aside (cut, name, reason, recorded_at)
select $1, name, reason, $4 from unnest($2::text[], $3::text[]) as failed (name, reason)
on conflict (cut, name) do nothing;

-- name: lock_cut
-- The last party scored and whether all are: one instance scores a page at a time.
select after, scored from job where cut = $1 for update;

-- name: save_cut
-- Where the scoring of a cut stands after a page.
update job set after = coalesce($2, after), scored = $3 where cut = $1;
