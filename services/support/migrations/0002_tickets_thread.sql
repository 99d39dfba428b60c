-- Tickets are the record itself.

create sequence ticket_number;

-- Texts are null once the party is erased; everything else stays, so that counts stay.
create table ticket (
    id uuid primary key,
    number bigint not null unique,
    party_id uuid not null references party (id),
    request_event_id text not null unique,
    channel text not null,
    subject text,
    body text,
    locale text,
    thread text,
    in_reply_to text,
    sku text,
    sale_id text,
    origin text not null,
    follows uuid references ticket (id),
    status text not null default 'new' check (status in ('new', 'open', 'pending', 'resolved', 'closed')),
    version integer not null default 1,
    opened_at timestamptz not null,
    recorded_at timestamptz not null,
    changed_at timestamptz not null
);
create index ticket_party on ticket (party_id, number desc);
create index ticket_status on ticket (status, number desc);
create index ticket_thread on ticket (party_id, thread, number desc) where thread is not null;

-- What was written into a ticket after its request: replies to the customer and notes among agents.
create table reply (
    id uuid primary key,
    ticket_id uuid not null references ticket (id),
    kind text not null check (kind in ('reply', 'note')),
    agent text not null,
    body text,
    written_at timestamptz not null
);
create index reply_ticket on reply (ticket_id, id);

-- Every status that a ticket ever had, with who set it.
create table status_change (
    ticket_id uuid not null references ticket (id),
    version integer not null,
    previous text not null,
    status text not null,
    agent text,
    changed_at timestamptz not null,
    primary key (ticket_id, version)
);
