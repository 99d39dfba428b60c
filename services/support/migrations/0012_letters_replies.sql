-- The address to which a party is written.
alter table party add column email text;

-- Agents' replies on their way to a mail server. The text and the address stand here until it is settled what became of
-- the letter; an owner is a sender that has it in its hands.
create table letter (
    reply_id uuid primary key,
    ticket_id uuid not null,
    party_id uuid not null,
    request_event_id text,
    address text,
    subject text,
    body text,
    follows text[] not null default '{}',
    written_at timestamptz not null,
    owner uuid,
    number integer not null default 0,
    next_at timestamptz not null default now(),
    outcome text check (outcome in ('sent', 'unknown', 'refused', 'no_address', 'bounced')),
    settled_at timestamptz
);
create index letter_due on letter (next_at, reply_id) where outcome is null and owner is null;
create index letter_owner on letter (owner) where owner is not null;
create index letter_party on letter (party_id);
create index letter_ticket on letter (ticket_id);
