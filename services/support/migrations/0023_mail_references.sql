-- What a mail refers to, the nearest first. A mail that answers somebody else's, which its party never had a ticket of,
-- joins the ticket of those that were before it.
alter table mail add column refers_to text[] not null default '{}';

-- What is split off a ticket takes along what leads there.
create index ticket_reference_ticket on ticket_reference (ticket_id);
