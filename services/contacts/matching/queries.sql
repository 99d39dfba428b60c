-- name: add_duplicates
-- Returns the pairs that were not known.
insert into duplicate (low_id, high_id, reason, suspected_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
on conflict (low_id, high_id) do nothing
returning low_id, high_id
