-- name: add_roles
-- Sorted by the caller, whose parties are locked. One that was told before stays as it is.
insert into party_role (id, party_id, role, since, ended_on, recorded_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::date[], $6::timestamptz[])
on conflict do nothing
returning id

-- name: load_roles
-- All that parties ever had of one role, the last first.
select id, party_id, role, since, ended_on, recorded_at
from party_role
where party_id = $1 and role = $2
order by ended_on desc nulls first, id desc

-- name: load_role
-- One, as it is.
select id, party_id, role, since, ended_on, recorded_at from party_role where id = $1

-- name: end_role
-- Under the lock of its party.
update party_role set ended_on = $2 where id = $1

-- name: list_roles
-- Of a party and those merged into it, oldest first, those that ended too.
select id, party_id, role, since, ended_on, recorded_at
from party_role
where party_id = any ($1::uuid[]) and id > $2
order by id
limit $3
