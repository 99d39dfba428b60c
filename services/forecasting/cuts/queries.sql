-- name: open_cut
-- No row where another instance was first: then everything of this cut stands already.
insert into job (cut, recorded_at) values ($1, $2) on conflict (cut) do nothing returning cut;

-- name: find_newest_cut
-- The newest cut whose forecasts stand, and whether its scores do.
select cut, scored from job order by cut desc limit 1;

-- name: lock_cut
-- The last party scored and whether all are: one instance scores a page at a time.
select after, scored from job where cut = $1 for update;

-- name: save_cut
-- Where the scoring of a cut stands after a page.
update job set after = coalesce($2, after), scored = $3 where cut = $1;
