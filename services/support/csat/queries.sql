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

-- name: add_question
-- One of each ticket.
insert into csat_question (ticket_id, party_id, question_id, asked_at)
values ($1::uuid, $2::uuid, $3::uuid, $4::timestamptz)
on conflict do nothing
returning ticket_id;

-- name: take_back_question
-- As the topic tells it, where the ticket is known.
insert into csat_question (ticket_id, party_id, question_id, asked_at)
select ticket.id, $2::uuid, $3::uuid, $4::timestamptz
from ticket
where ticket.id = $1::uuid
on conflict do nothing;

-- name: find_questions
-- What these parties were asked.
select question_id from csat_question where party_id = any($1::uuid[]) order by question_id;

-- name: is_asked_of_part
-- Whether somebody was asked or answered about a ticket that goes on in this one, over any number of merges.
with recursive part as (
    select id from ticket where merged_into = $1::uuid
    union
    select ticket.id from ticket join part on ticket.merged_into = part.id
)
select exists (
    select from part
    where
        exists (select from csat_question where csat_question.ticket_id = part.id)
        or exists (select from csat where csat.ticket_id = part.id)
);

-- name: add_statements
-- Each statement once, whatever order they come in; returns those that are new.
insert into csat_consent (party_id, event_id, purpose, topic, channel, given, occurred_at, recorded_at, expires_at)
select party_id, event_id, purpose, topic, channel, given, occurred_at, recorded_at, expires_at
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::timestamptz[],
    $9::timestamptz[]
) as said (party_id, event_id, purpose, topic, channel, given, occurred_at, recorded_at, expires_at)
order by event_id
on conflict do nothing
returning event_id;

-- name: load_statements
-- Everything that these parties said of being asked.
select event_id, purpose, topic, channel, given, occurred_at, recorded_at, expires_at
from csat_consent
where party_id = any($1::uuid[])
order by event_id;
