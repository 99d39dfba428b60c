-- name: begin_round
-- The first member that knows a policy begins.
insert into party_round (work, policy) values ($1, $2) on conflict do nothing

-- name: lock_round
-- Of several members one goes on; no row where all parties have been looked at, or another member is at it.
select reached from party_round
where work = $1 and policy = $2 and finished_at is null
for update skip locked

-- name: save_round
-- How far it has come; $4 null until the end.
update party_round set reached = $3, finished_at = $4 where work = $1 and policy = $2

-- name: forget_rounds
-- Of other policies: one that comes back has everybody looked at again.
delete from party_round where work = $1 and policy <> $2
