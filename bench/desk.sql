-- name: take_said
-- What waits in the outbox, which nobody relays here.
delete from outbox returning id, event_id, type, payload;

-- name: count_assigned
-- Tickets that somebody answers for.
select count(*) from assignment where agent_id is not null;

-- name: fill_parties
-- A customer for each hundred tickets.
insert into party (id, version)
select md5('party ' || number)::uuid, 1 from generate_series(0, $1::integer / 100) as number;

-- name: fill_tickets
-- One a second, up to now.
insert into ticket (
    id, number, party_id, request_event_id, channel, subject, body, origin, status, opened_at, recorded_at, changed_at
)
select
    md5('ticket ' || number)::uuid, number, md5('party ' || number / 100)::uuid, 'request-' || number, 'email', 'Lamp',
    'It is dark.', '/shop', 'open', at, at, at
from generate_series(1, $1::integer) as number
cross join lateral (select now() - make_interval(secs => $1::integer - number) as at) as moment;

-- name: fill_promises
-- An open promise of each ticket.
insert into sla_promise (
    ticket_id, policy, policy_version, calendar, calendar_version, priority, priority_now, applied_at, due_at
)
select
    md5('ticket ' || number)::uuid, 'default', 1, 'office', 1, 'normal', 'normal', now(),
    now() + make_interval(secs => number)
from generate_series(1, $1::integer) as number;

-- name: fill_queue
-- The newest of these wait.
insert into assignment (ticket_id, queue, channel, skills, place, waiting_since)
select md5('ticket ' || number)::uuid, 'general', 'email', '{}', (number % 4)::smallint, now()
from generate_series(1, $1::integer) as number;

-- name: analyze_tickets
-- As long work leaves it.
analyze ticket;

-- name: analyze_promises
-- As long work leaves it.
analyze sla_promise;

-- name: analyze_queue
-- As long work leaves it.
analyze assignment;
