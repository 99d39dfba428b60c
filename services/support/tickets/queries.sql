-- The party of a ticket is locked before the ticket.

-- name: forget_ticket_texts
-- What erased customers wrote; the ticket stays and is counted.
update ticket set subject = null, body = null
where party_id = any($1::uuid[]) and (subject is not null or body is not null);

-- name: forget_reply_texts
-- What was written to them and about them.
update reply set body = null
from ticket
where ticket.id = reply.ticket_id and ticket.party_id = any($1::uuid[]) and reply.body is not null;

-- name: load_threads
-- The newest ticket in each (party, thread) that is asked for.
select distinct on (asked.party_id, asked.thread) asked.party_id, asked.thread, ticket.number, ticket.id
from unnest($1::uuid[], $2::text[]) as asked (party_id, thread)
join ticket on ticket.party_id = asked.party_id and ticket.thread = asked.thread
order by asked.party_id, asked.thread, ticket.number desc;

-- name: draw_numbers
-- As many ticket numbers as requests; a number drawn for a transaction that fails is never used.
select nextval('ticket_number') as number from generate_series(1, $1::integer);

-- name: add_tickets
-- A ticket per request, once; returns those that are new.
insert into ticket (
    id, number, party_id, request_event_id, channel, subject, body, locale, thread, in_reply_to,
    sku, sale_id, origin, follows, opened_at, recorded_at, changed_at
)
select
    id, number, party_id, request_event_id, channel, subject, body, locale, thread, in_reply_to,
    sku, sale_id, origin, follows, opened_at, recorded_at, recorded_at
from unnest(
    $1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::timestamptz[], $16::timestamptz[]
) as opening (
    id, number, party_id, request_event_id, channel, subject, body, locale, thread,
    in_reply_to, sku, sale_id, origin, follows, opened_at, recorded_at
)
order by number
on conflict do nothing
returning id;

-- name: complete_tickets
-- Of tickets without an origin, which is what the topic does not tell.
update ticket
set subject = given.subject, body = given.body, locale = given.locale, thread = given.thread,
    in_reply_to = given.in_reply_to, origin = given.origin
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as given (id, subject, body, locale, thread, in_reply_to, origin)
where ticket.id = given.id and ticket.origin = '';

-- name: take_back_ticket
-- As its opening tells; one that it follows may be lost. Its request completes it.
insert into ticket (
    id, number, party_id, request_event_id, channel, sku, sale_id, origin, follows, opened_at, recorded_at, changed_at
)
select
    $1::uuid, $2::bigint, $3::uuid, $4::text, $5::text, $6::text, $7::text, '',
    (select id from ticket where id = $8::uuid), $9::timestamptz, $10::timestamptz, $10::timestamptz
on conflict do nothing;

-- name: take_back_reply
-- That somebody wrote; the text is lost. Nothing where the reply is known, or its ticket is not.
with ticket_written as (
    insert into reply (id, ticket_id, kind, agent, body, written_at)
    select $2::uuid, ticket.id, $3::text, $4::text, null, $5::timestamptz from ticket where ticket.id = $1::uuid
    on conflict (id) do nothing
    returning ticket_id
)
update ticket set version = ticket.version + 1, changed_at = $5::timestamptz
from ticket_written where ticket.id = ticket_written.ticket_id;

-- name: take_back_status
-- One step of the status machine that is not known.
with stepped as (
    update ticket set status = $4::text, version = $2::integer, changed_at = $6::timestamptz
    where id = $1::uuid and version < $2::integer
    returning id
)
insert into status_change (ticket_id, version, previous, status, agent, changed_at)
select id, $2::integer, $3::text, $4::text, $5::text, $6::timestamptz from stepped
on conflict do nothing;

-- name: continue_numbers
-- A number that was drawn is never drawn again.
select setval('ticket_number', greatest(number, 1), number > 0)
from (select greatest((select coalesce(max(number), 0) from ticket), (select last_value from ticket_number)) as number)
    as highest;

-- name: find_party_of_ticket
-- Whose ticket it is, which never changes: that party is locked before the ticket.
select party_id from ticket where id = $1::uuid;

-- name: lock_ticket
-- What the rules need of a ticket, whose party is locked already.
select id, party_id, request_event_id, status, version from ticket where id = $1::uuid for update;

-- name: save_ticket
-- The state after an act.
update ticket set status = $2::text, version = $3::integer, changed_at = $4::timestamptz where id = $1::uuid;

-- name: add_status_change
-- One step of the status machine, under the version that it led to.
insert into status_change (ticket_id, version, previous, status, agent, changed_at)
values ($1::uuid, $2::integer, $3::text, $4::text, $5::text, $6::timestamptz);

-- name: add_reply
-- One reply or note, without its text if the customer was erased meanwhile.
insert into reply (id, ticket_id, kind, agent, body, written_at)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::timestamptz);

-- name: find_ticket
-- A ticket with its text, for reading.
select
    id, number, party_id, request_event_id, channel, subject, body, locale, sku, sale_id, origin, status, version,
    follows, opened_at, recorded_at, changed_at
from ticket
where id = $1::uuid;

-- name: find_followers
-- The tickets that continue this one.
select id, number from ticket where party_id = $1::uuid and follows = $2::uuid order by number;

-- name: find_replies
-- Replies and notes of a ticket below an id, newest first; ids grow with time.
select id, kind, agent, body, written_at
from reply
where ticket_id = $1::uuid and id < $2::uuid
order by id desc
limit $3::integer;

-- name: find_status_changes
-- The steps of a ticket, oldest first.
select version, previous, status, agent, changed_at from status_change where ticket_id = $1::uuid order by version;

-- name: list_tickets
-- Newest first, below a number.
select id, number, party_id, request_event_id, channel, subject, status, version, follows, opened_at, changed_at
from ticket
where number < $1::bigint
order by number desc
limit $2::integer;

-- name: list_tickets_by_status
-- As list_tickets, in one status.
select id, number, party_id, request_event_id, channel, subject, status, version, follows, opened_at, changed_at
from ticket
where number < $1::bigint and status = $3::text
order by number desc
limit $2::integer;

-- name: list_tickets_of_parties
-- As list_tickets, of some parties and in one status or any.
select id, number, party_id, request_event_id, channel, subject, status, version, follows, opened_at, changed_at
from ticket
where number < $1::bigint and party_id = any($3::uuid[]) and ($4::text is null or status = $4::text)
order by number desc
limit $2::integer;
