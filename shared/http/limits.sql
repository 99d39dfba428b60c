-- name: read_snapshot
-- What statements see now: the same text as long as nothing has been committed since, by whomever. Where a backup of the
-- whole server took its place, transactions have earlier numbers again, but the server has begun anew.
select concat_ws(' ', pg_current_snapshot(), pg_postmaster_start_time())
