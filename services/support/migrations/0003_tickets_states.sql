-- Tickets reopen, wait for somebody, go on in another, are split and are told from spam.
alter table ticket drop constraint ticket_status_check;
alter table ticket add constraint ticket_status_check
check (status in ('new', 'open', 'pending', 'resolved', 'closed', 'reopened', 'merged', 'spam'));
alter table ticket add column waits_for text constraint ticket_waits_check
check (waits_for in ('customer', 'internal', 'until'));
alter table ticket add column until timestamptz;
alter table ticket add column settled_at timestamptz;
alter table ticket add column merged_into uuid references ticket (id);
alter table ticket add column split_from uuid references ticket (id);
alter table ticket alter column request_event_id drop not null;
create index ticket_merged_into on ticket (merged_into) where merged_into is not null;
update ticket set settled_at = changed_at where status in ('resolved', 'closed');
update ticket set waits_for = 'customer' where status = 'pending';

-- A message of the customer stands among the replies, once for its request.
alter table reply alter column agent drop not null;
alter table reply add column author text not null default 'agent' constraint reply_author_check
check (author in ('customer', 'agent', 'system'));
alter table reply add column subject text;
alter table reply add column channel text;
alter table reply add column message_event_id text;
alter table reply add column reference text;
create unique index reply_message on reply (message_event_id) where message_event_id is not null;

-- What messages of a party are known by, and the newest ticket that each belongs to.
create table ticket_reference (
    party_id uuid not null,
    reference text not null,
    ticket_id uuid not null references ticket (id),
    primary key (party_id, reference)
);
insert into ticket_reference (party_id, reference, ticket_id)
select distinct on (party_id, thread) party_id, thread, id
from ticket
where thread is not null
order by party_id, thread, number desc;
drop index ticket_thread;
