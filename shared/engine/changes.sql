-- name: look
-- What is committed now: every transaction below the snapshot's xmax that is not in its list. And which database it is;
-- one that was recovered counts as another.
select
    pg_current_snapshot()::text as snapshot, clock_timestamp() as looked_at,
    left(md5(concat_ws(
        '.', control.system_identifier, place.oid,
        (select count(*) from operator_action where action = 'recover'))), 12) as database
from pg_control_system() as control, pg_database as place
where place.datname = current_database()

-- name: read_new
-- What a snapshot ($1 xmax, $2 running) did not see and a later one ($3, $4) does, in the order of the locks that the
-- transactions held. By xid, since it is little. One row at least, which says what may be gone.
select horizon.told_at as horizon, found.xid, found.told_at, found.lines
from change_horizon as horizon
left join lateral (
    select xid, told_at, lines from change
    where (xid >= $1::bigint or xid = any($2::bigint[])) and xid < $3::bigint and xid <> all($4::bigint[])
    order by told_at, xid limit $5) as found on true
order by found.told_at, found.xid

-- name: read_since
-- The same after a place ($5, $6) in that order. By time, since it may be long ago.
select horizon.told_at as horizon, found.xid, found.told_at, found.lines
from change_horizon as horizon
left join lateral (
    select xid, told_at, lines from change
    where
        (told_at, xid) > ($5::timestamptz, $6::bigint)
        and (xid >= $1::bigint or xid = any($2::bigint[])) and xid < $3::bigint and xid <> all($4::bigint[])
    order by told_at, xid limit $7) as found on true
order by found.told_at, found.xid

-- name: purge_changes
-- The horizon moves with what is deleted, in one statement: what a reader may have missed is known without a clock.
with horizon as (
    update change_horizon set told_at = greatest(told_at, now() - $1::interval) returning told_at
)
delete from change using horizon where change.told_at < horizon.told_at
