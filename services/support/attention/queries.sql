-- Followers are written under the lock of the ticket's party. Viewers are of the moment: no lock, no event, the clock of
-- the database.

-- name: add_follower
-- Once, where the ticket is known; returns whether it is new.
insert into ticket_follower (ticket_id, agent, since, seen_version)
select id, $2::text, $3::timestamptz, $4::integer from ticket where id = $1::uuid
on conflict do nothing
returning agent;

-- name: remove_follower
-- Returns whether they followed it.
delete from ticket_follower where ticket_id = $1::uuid and agent = $2::text returning agent;

-- name: save_seen
-- What a follower has seen of a ticket, which has no version beyond its own.
update ticket_follower set seen_version = least($3::integer, ticket.version)
from ticket
where
    ticket.id = ticket_follower.ticket_id and ticket_follower.ticket_id = $1::uuid and ticket_follower.agent = $2::text
    and ticket_follower.seen_version < least($3::integer, ticket.version);

-- name: find_followers
-- Who follows a ticket, first come first.
select agent, since, seen_version from ticket_follower where ticket_id = $1::uuid order by since, agent;

-- name: list_followed
-- What an agent follows, newest first, below a number; all of it, or what they have not seen.
select
    ticket.id as ticket_id, ticket.number, ticket.status, ticket.version, ticket_follower.seen_version,
    ticket.version > ticket_follower.seen_version as is_news, ticket.changed_at
from ticket_follower
join ticket on ticket.id = ticket_follower.ticket_id
where
    ticket_follower.agent = $1::text and ticket.number < $2::bigint
    and (not $4::boolean or ticket.version > ticket_follower.seen_version)
order by ticket.number desc
limit $3::integer;

-- name: save_viewer
-- They are there, since they came; somebody who was away comes anew. False where the ticket is not known.
insert into ticket_viewer as known (ticket_id, agent, doing, since, seen_at)
select id, $2::text, $3::text, now(), now() from ticket where id = $1::uuid
on conflict (ticket_id, agent) do update set
    doing = excluded.doing, seen_at = excluded.seen_at,
    since = case when known.seen_at < now() - interval '45 seconds' then excluded.since else known.since end
returning true as is_known;

-- name: forget_viewer
-- They left.
delete from ticket_viewer where ticket_id = $1::uuid and agent = $2::text;

-- name: forget_former_viewers
-- Where an agent was once and never left.
delete from ticket_viewer
where (ticket_id, agent) in (
    select ticket_id, agent from ticket_viewer
    where agent = $1::text and seen_at < now() - interval '1 hour'
    order by ticket_id for update skip locked
);

-- name: find_attention
-- Both at once: who follows a ticket and who is there, each first come first.
select agent, since, seen_version, null as doing from ticket_follower where ticket_id = $1::uuid
union all
select agent, since, null as seen_version, doing
from ticket_viewer
where ticket_id = $1::uuid and seen_at >= now() - interval '45 seconds'
order by since, agent;

-- name: find_viewers
-- Who is there, first come first.
select agent, doing, since
from ticket_viewer
where ticket_id = $1::uuid and seen_at >= now() - interval '45 seconds'
order by since, agent;
