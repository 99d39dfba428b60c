-- Of what the messages of erased customers are known by only a hash stays, by a key of this database: what answers one
-- finds its ticket, and nobody reads from where they wrote.
create table forgotten_name_key (
    only_one boolean primary key default true check (only_one),
    key bytea not null
);
insert into forgotten_name_key (key)
values (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

create function forgotten_name(name text) returns text language sql stable strict as $$
    select 'forgotten:' || encode(sha256(key || convert_to(name, 'UTF8')), 'hex') from forgotten_name_key
$$;

update ticket_reference set reference = forgotten_name(ticket_reference.reference)
from party
where party.id = ticket_reference.party_id and party.erased;

update ticket set thread = null, in_reply_to = null
from party
where party.id = ticket.party_id and party.erased and (ticket.thread is not null or ticket.in_reply_to is not null);

update reply set reference = null
from ticket, party
where ticket.id = reply.ticket_id and party.id = ticket.party_id and party.erased and reply.reference is not null;
