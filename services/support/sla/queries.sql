-- Written under the lock of the ticket's party; a clock is told of once.

-- name: load_newest
-- The newest version of each definition of these kinds.
select distinct on (kind, name) kind, name, version, definition
from sla_definition
where kind = any($1::text[])
order by kind, name, version desc;

-- name: list_definitions
-- Every version of a kind, newest first.
select name, version, definition, source, published_at
from sla_definition
where kind = $1::text
order by name, version desc;

-- name: lock_definition
-- Versions of one definition are made one after another: of two at once each is one.
select pg_advisory_xact_lock(hashtextextended('support.sla ' || $1::text || ' ' || $2::text, 0));

-- name: add_definition
-- The next version, unless the newest one says the same.
with newest as (
    select version, definition
    from sla_definition
    where kind = $1::text and name = $2::text
    order by version desc
    limit 1
)
insert into sla_definition (kind, name, version, definition, source, published_at)
select
    $1::text, $2::text, coalesce((select version from newest), 0) + 1, $3::jsonb, $4::text, $5::timestamptz
where (select definition from newest) is distinct from $3::jsonb
on conflict do nothing
returning version;

-- name: load_tickets
-- What clocks need of tickets.
select id, party_id, request_event_id, recorded_at from ticket where id = any($1::uuid[]) order by id;

-- name: load_happened
-- Who wrote, by when support took it in, and every step of the machine; what waits for its customer or a time is paused.
select ticket_id, recorded_at as at, author as what, null as waits_for, 0 as place
from reply
where ticket_id = any($1::uuid[]) and kind = 'reply'
union all
select ticket_id, changed_at, status, waits_for, version
from status_change
where ticket_id = any($1::uuid[])
order by ticket_id, at, place;

-- name: add_promises
-- Once for each ticket; what was promised stays, and returned are those that are new.
insert into sla_promise (
    ticket_id, agreement_id, policy, policy_version, calendar, calendar_version, priority, priority_now, applied_at
)
select
    ticket_id, agreement_id, policy, policy_version, calendar, calendar_version, priority, priority, applied_at
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::text[], $8::timestamptz[]
) as new (ticket_id, agreement_id, policy, policy_version, calendar, calendar_version, priority, applied_at)
order by ticket_id
on conflict do nothing
returning ticket_id;

-- name: save_priorities
-- What triage says now; the promise stays that of then.
update sla_promise set priority_now = said.priority
from unnest($1::uuid[], $2::text[]) as said (ticket_id, priority)
where sla_promise.ticket_id = said.ticket_id and sla_promise.priority_now <> said.priority;

-- name: save_deadlines
-- The earliest open deadline of each ticket.
update sla_promise set due_at = found.due_at
from unnest($1::uuid[], $2::timestamptz[]) as found (ticket_id, due_at)
where sla_promise.ticket_id = found.ticket_id and sla_promise.due_at is distinct from found.due_at;

-- name: list_deadlines
-- Tickets whose promises are open, the earliest deadline first, after a place in that order. The longest page and one more
-- bound it, as they do `list_waiting`.
select page.due_at, ticket.id as ticket_id, ticket.number, ticket.party_id, ticket.status, page.priority_now
from (
    select due_at, ticket_id, priority_now
    from sla_promise
    where due_at is not null and (due_at, ticket_id) > ($1::timestamptz, $2::uuid)
    order by due_at, ticket_id
    limit 201
) as page
join ticket on ticket.id = page.ticket_id
order by page.due_at, page.ticket_id
limit $3::integer;

-- name: load_promises
-- By which versions each ticket is measured, with what they say and what clocks need of it.
select
    ticket.id, ticket.party_id, ticket.request_event_id, ticket.recorded_at, sla_promise.agreement_id,
    sla_promise.policy, sla_promise.policy_version, sla_promise.calendar_version, sla_promise.priority,
    sla_promise.priority_now,
    policy.definition as policy_definition, calendar.definition as calendar_definition
from sla_promise
join ticket on ticket.id = sla_promise.ticket_id
join sla_definition as policy
    on policy.kind = 'policy' and policy.name = sla_promise.policy and policy.version = sla_promise.policy_version
join sla_definition as calendar
    on
        calendar.kind = 'calendar' and calendar.name = sla_promise.calendar
        and calendar.version = sla_promise.calendar_version
where sla_promise.ticket_id = any($1::uuid[])
order by sla_promise.ticket_id;

-- name: add_told
-- Once for each clock; returns what is new.
insert into sla_told (ticket_id, metric, cycle, told, told_at)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[])
    as new (ticket_id, metric, cycle, told, told_at)
order by ticket_id, metric, cycle, told
on conflict do nothing
returning ticket_id, metric, cycle, told;

-- name: take_back_promise
-- As the topic tells it, where the ticket is known.
insert into sla_promise (
    ticket_id, agreement_id, policy, policy_version, calendar, calendar_version, priority, priority_now, applied_at
)
select
    id, $2::uuid, $3::text, $4::integer, $5::text, $6::integer, $7::text, $7::text, $8::timestamptz
from ticket
where id = $1::uuid
on conflict do nothing;

-- name: take_back_told
-- What was told of a clock, where its ticket is known.
insert into sla_told (ticket_id, metric, cycle, told, told_at)
select id, $2::text, $3::integer, $4::text, $5::timestamptz from ticket where id = $1::uuid
on conflict do nothing;
