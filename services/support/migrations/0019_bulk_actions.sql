-- One act on many tickets, each by itself. Free text has no place here: what is written to customers is a reply for use
-- again, by its name.
create table bulk_action (
    id uuid primary key,
    act jsonb not null,
    agent text not null,
    created_at timestamptz not null
);

-- A ticket of it, and how it went. The row changes in the transaction of the act, so each ticket has it once or not at all.
create table bulk_item (
    bulk_id uuid not null references bulk_action (id),
    place integer not null,
    ticket_id uuid not null,
    expected_version integer,
    outcome text not null default 'waiting' check (outcome in ('waiting', 'done', 'refused', 'stopped')),
    reason text,
    detail text,
    version integer,
    settled_at timestamptz,
    primary key (bulk_id, place)
);
-- Actions take turns: the first tickets of all come before the second ones of any.
create index bulk_item_waiting on bulk_item (place, bulk_id) where outcome = 'waiting';
