-- name: name_actor
-- Who asks: the audit line says it.
select set_config('rapport.actor', $1, true);

-- name: add_line
-- That an archive was asked for, of which parties, and why; nothing of what it holds.
insert into operator_action (action, subject, reason) values ('archive', $1::jsonb, $2);
