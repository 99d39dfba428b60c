-- Replies for use again are the operator's; what stands for a placeholder is read of the ticket and its own party alone.

-- name: lock_reply
-- Whether it stands, or did.
select version, removed from canned_reply where name = $1::text for update;

-- name: add_reply
-- A name that was never used.
insert into canned_reply (name, texts, agent, changed_at)
values ($1::text, $2::jsonb, $3::text, $4::timestamptz)
on conflict do nothing
returning name;

-- name: save_reply
-- Other texts, or the same name used anew; versions go on, so that no old one is taken for it.
update canned_reply set
    texts = $2::jsonb, agent = $3::text, changed_at = $4::timestamptz, version = version + 1, removed = false
where name = $1::text;

-- name: remove_reply
-- It is used no more.
update canned_reply set removed = true, version = version + 1, changed_at = $2::timestamptz where name = $1::text;

-- name: find_reply
-- One that stands.
select name, version, texts, agent, changed_at from canned_reply where name = $1::text and not removed;

-- name: list_replies
-- After a name, in their order.
select name, version, texts, agent, changed_at
from canned_reply
where name > $1::text and not removed
order by name
limit $2::integer;

-- name: find_values
-- What a ticket and its customer tell; those of a customer who was erased are null.
select
    ticket.number, ticket.subject, ticket.sku, ticket.sale_id, ticket.locale as ticket_locale, party.name,
    party.locale as party_locale, triage.language
from ticket
join party on party.id = ticket.party_id
left join triage on triage.ticket_id = ticket.id
where ticket.id = $1::uuid;
