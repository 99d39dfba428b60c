-- Written under the lock of the ticket's party; a clock is told of once.

-- name: load_newest
-- The newest version of each definition of a kind.
select distinct on (name) name, version, definition
from sla_definition
where kind = $1::text
order by name, version desc;

-- name: find_definition
-- One version.
select definition from sla_definition where kind = $1::text and name = $2::text and version = $3::integer;

-- name: list_definitions
-- Every version of a kind, newest first.
select name, version, definition, source, published_at
from sla_definition
where kind = $1::text
order by name, version desc;

-- name: add_definition
-- The next version, unless the newest one says the same.
insert into sla_definition (kind, name, version, definition, source, published_at)
select $1::text, $2::text, coalesce(newest.version, 0) + 1, $3::jsonb, $4::text, $5::timestamptz
from (select 1) as one
left join lateral (
    select version, definition
    from sla_definition
    where kind = $1::text and name = $2::text
    order by version desc
    limit 1
) as newest on true
where newest.definition is distinct from $3::jsonb
on conflict do nothing
returning version;

-- name: load_tickets
-- What clocks need of tickets that are triaged.
select ticket.id, ticket.party_id, ticket.request_event_id, ticket.recorded_at, triage.priority
from ticket
join triage on triage.ticket_id = ticket.id
where ticket.id = any($1::uuid[])
order by ticket.id;

-- name: load_happened
-- Who wrote, and every step of the machine, by time; what waits for its customer or a time is paused.
select ticket_id, written_at as at, author as what, null as waits_for, 0 as place
from reply
where ticket_id = any($1::uuid[]) and kind = 'reply'
union all
select ticket_id, changed_at, status, waits_for, version
from status_change
where ticket_id = any($1::uuid[])
order by ticket_id, at, place;

-- name: add_promises
-- Once for each ticket; returns those that are new.
insert into sla_promise (ticket_id, policy, policy_version, calendar, calendar_version, priority, applied_at)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[])
    as new (ticket_id, policy, policy_version, calendar, calendar_version, priority, applied_at)
order by ticket_id
on conflict do nothing
returning ticket_id;

-- name: load_promises
-- By which versions each ticket is measured.
select ticket_id, policy, policy_version, calendar, calendar_version, priority
from sla_promise
where ticket_id = any($1::uuid[])
order by ticket_id;

-- name: add_told
-- Once for each clock; returns what is new.
insert into sla_told (ticket_id, metric, cycle, told, told_at)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[])
    as new (ticket_id, metric, cycle, told, told_at)
order by ticket_id, metric, cycle, told
on conflict do nothing
returning ticket_id, metric, cycle, told;
