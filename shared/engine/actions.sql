-- name: record_action
-- The audit line of what an operator did.
insert into operator_action (action, subject, reason) values ($1, $2, $3)

-- name: list_actions
-- What operators did, newest first.
select id, action, subject, reason, actor, acted_at from operator_action order by id desc limit $1
