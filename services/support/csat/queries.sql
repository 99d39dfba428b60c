-- The party of a ticket is locked before its answer.

-- name: add_rating
-- One of each ticket: the first counts, whichever way it came.
insert into csat (ticket_id, value, agent, source, answered_at, recorded_at)
values ($1::uuid, $2::smallint, $3::text, $4::text, $5::timestamptz, $6::timestamptz)
on conflict do nothing
returning ticket_id;

-- name: take_back_rating
-- As the topic tells it, where the ticket is known.
insert into csat (ticket_id, value, agent, source, answered_at, recorded_at)
select ticket.id, $2::smallint, $3::text, $4::text, $5::timestamptz, $6::timestamptz
from ticket
where ticket.id = $1::uuid
on conflict do nothing;

-- name: find_rating
-- For reading.
select ticket_id, value, agent, source, answered_at from csat where ticket_id = $1::uuid;
