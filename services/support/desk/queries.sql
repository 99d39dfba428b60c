-- What agents read of tickets, over the tables of every capability.

-- name: find_ticket
-- A ticket with its text, for reading.
select
    id, number, party_id, request_event_id, channel, subject, body, locale, sku, sale_id, origin, status, version,
    follows, opened_at, recorded_at, changed_at, waits_for, until, merged_into, split_from
from ticket
where id = $1::uuid;

-- name: find_merged_tickets
-- The requests of tickets that were merged into this one, over any number of merges.
with recursive whole as (
    select id from ticket where merged_into = $1::uuid
    union
    select ticket.id from ticket join whole on ticket.merged_into = whole.id
)
select ticket.id, ticket.number, ticket.request_event_id, ticket.subject, ticket.body, ticket.channel, ticket.opened_at
from ticket join whole on whole.id = ticket.id
order by ticket.number;

-- name: find_followers
-- The tickets that continue this one.
select id, number from ticket where party_id = $1::uuid and follows = $2::uuid order by number;

-- name: find_replies
-- Replies, notes and messages of a ticket and of those merged into it, below an id, newest first; ids grow with time.
select newest.*
from unnest($1::uuid[]) as whole (ticket_id)
cross join lateral (
    select id, kind, author, agent, subject, body, channel, message_event_id, written_at
    from reply
    where reply.ticket_id = whole.ticket_id and id < $2::uuid
    order by id desc
    limit $3::integer
) as newest
order by newest.id desc
limit $3::integer;

-- name: find_status_changes
-- The steps of a ticket, oldest first.
select version, previous, status, agent, changed_at from status_change where ticket_id = $1::uuid order by version;

-- name: list_tickets
-- Newest first, below a number.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number < $1::bigint
order by number desc
limit $2::integer;

-- name: find_line
-- As in the list, by its number.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number = $1::bigint;

-- name: count_waiting
-- Tickets that are not done, by status, of all parties or of some. What is done is never counted: it only grows.
select status, count(*) as tickets
from ticket
where status in ('new', 'open', 'reopened', 'pending') and ($1::uuid[] is null or party_id = any($1::uuid[]))
group by status;

-- name: list_tickets_by_status
-- As list_tickets, in one status.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number < $1::bigint and status = $3::text
order by number desc
limit $2::integer;

-- name: list_tickets_of_parties
-- As list_tickets, of some parties and in one status or any.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number < $1::bigint and party_id = any($3::uuid[]) and ($4::text is null or status = $4::text)
order by number desc
limit $2::integer;
