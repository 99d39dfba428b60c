-- name: list_tables
-- Ordinary and partitioned tables of a schema, in the order in which they were made; parts come with their whole.
select c.relname as name, case c.relkind when 'p' then pg_get_partkeydef(c.oid) end as partitioned_by
from pg_class as c
where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by c.oid

-- name: list_parts
-- Tables alone: the parts of an index come with them.
select parent.relname as whole, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
from pg_class as c
join pg_inherits on inhrelid = c.oid
join pg_class as parent on parent.oid = inhparent
where c.relnamespace = $1::regnamespace and c.relispartition and c.relkind in ('r', 'p')
order by c.oid

-- name: list_views
-- Views that stand in a schema, and views elsewhere that read it; with what they read.
select distinct n.nspname as schema, v.relname as name, pg_get_viewdef(v.oid) as definition, v.oid
from pg_class as v
join pg_namespace as n on n.oid = v.relnamespace
left join pg_rewrite as r on r.ev_class = v.oid
left join pg_depend as d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
left join pg_class as source on source.oid = d.refobjid
where v.relkind = 'v' and (v.relnamespace = $1::regnamespace or source.relnamespace = $1::regnamespace)
order by v.oid

-- name: list_readers
-- The roles that may use a schema, quoted.
select grantee::regrole::text as role
from pg_namespace, aclexplode(nspacl)
where nspname = $1 and privilege_type = 'USAGE'

-- name: lock_group
-- The live group stands still while its projection is exchanged.
select topic, partition, next_offset from fence where group_id = $1 order by topic, partition for update

-- name: forget_group
-- A group that rebuilt a projection is needed no more.
delete from fence where group_id = $1

-- name: forget_inbox
-- What that group has seen.
delete from inbox where group_id = $1

-- name: forget_parked
-- What that group parked; the live group has parked the same.
delete from parked where group_id = $1
