-- What is cleared to be sent, until it is settled. `begun_at` is committed before the first byte leaves.
create table dispatch (
    message_id uuid primary key,
    triggered_at timestamptz not null,
    trigger_event_id uuid not null,
    party_id uuid not null,
    consent_event_id uuid,
    content text not null,
    decided_at timestamptz not null,          -- domain time
    number smallint not null default 0,       -- attempts begun
    next_at timestamptz not null default now(), -- wall time
    owner uuid,                               -- whose attempt it is: an instance that holds the advisory lock of this id
    via text,                                 -- how this attempt goes: smtp or maildir
    begun_at timestamptz                      -- wall time; null: nobody is sending it
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index dispatch_ready on dispatch (next_at) where owner is null;
create index dispatch_begun on dispatch (owner) where owner is not null;

-- Letters to parties that were erased, until they are taken out of the maildir.
create table erased_letter (
    message_id uuid primary key
);
