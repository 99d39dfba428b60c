-- Subtasks are written under the lock of their ticket's party.

-- name: save_subtask
-- As it stands by its version, where its ticket is known; an earlier version changes nothing, and a title that is not
-- told stays.
insert into subtask as known (
    id, ticket_id, title, status, assignee, due_at, version, changed_by, overdue_at, added_at, changed_at
)
select
    $1::uuid, ticket.id, $3::text, $4::text, $5::text, $6::timestamptz, $7::integer, $8::text, $9::timestamptz,
    $10::timestamptz, $10::timestamptz
from ticket
where ticket.id = $2::uuid
on conflict (id) do update set
    title = coalesce(excluded.title, known.title), status = excluded.status, assignee = excluded.assignee,
    due_at = excluded.due_at, version = excluded.version, changed_by = excluded.changed_by,
    overdue_at = excluded.overdue_at, changed_at = excluded.changed_at
where known.version < excluded.version
returning id;

-- name: count_subtasks
-- Of one ticket.
select count(*) from subtask where ticket_id = $1::uuid;

-- name: load_subtasks
-- As they stand.
select id, ticket_id, title, status, assignee, due_at, version, changed_by, overdue_at, added_at, changed_at
from subtask
where id = any($1::uuid[]);

-- name: find_subtasks
-- Of a ticket and of those that were merged into it, over any number of merges, in the order in which they were added.
with recursive whole as (
    select id from ticket where id = $1::uuid
    union
    select ticket.id from ticket join whole on ticket.merged_into = whole.id
)
select
    subtask.id, subtask.ticket_id, subtask.title, subtask.status, subtask.assignee, subtask.due_at, subtask.version,
    subtask.changed_by, subtask.overdue_at, subtask.added_at, subtask.changed_at
from whole
join subtask on subtask.ticket_id = whole.id
order by subtask.id;

-- name: list_open
-- What somebody has to do, newest first, below an id: all of it, or what is overdue or is not.
select
    subtask.id, subtask.ticket_id, subtask.title, subtask.status, subtask.assignee, subtask.due_at, subtask.version,
    subtask.changed_by, subtask.overdue_at, subtask.added_at, subtask.changed_at, ticket.number as ticket_number,
    ticket.status as ticket_status
from subtask
join ticket on ticket.id = subtask.ticket_id
where
    subtask.status = 'open' and subtask.assignee = $1::text and subtask.id < $2::uuid
    and ($4::boolean is null or (subtask.overdue_at is not null) = $4::boolean)
order by subtask.id desc
limit $3::integer;

-- name: find_parties
-- Whose tickets these are of.
select distinct ticket.party_id
from subtask
join ticket on ticket.id = subtask.ticket_id
where subtask.id = any($1::uuid[])
order by ticket.party_id;

-- name: find_unwatched
-- Open subtasks with a time that nothing was told of, above an id, by it: of a version that did not watch them too.
select subtask.id, ticket.party_id
from subtask
join ticket on ticket.id = subtask.ticket_id
where
    subtask.id > $1::uuid and subtask.status = 'open' and subtask.due_at is not null and subtask.overdue_at is null
    and not exists (select from timer where timer.name = $2::text and timer.id = subtask.id)
order by subtask.id
limit $3::integer;

-- name: forget_titles
-- Of every ticket of a party; returns how many there were.
with forgotten as (
    update subtask set title = null
    from ticket
    where ticket.id = subtask.ticket_id and ticket.party_id = $1::uuid and subtask.title is not null
    returning subtask.id
)
select count(*) from forgotten;
