-- How messages had ended after the backup that this database was restored from, as crm.campaigns tells.
create table former_ending (
    message_id uuid primary key,
    outcome text not null check (outcome in ('sent', 'skipped', 'unknown')),
    reason text,                              -- of a skip
    ended_at timestamptz not null,
    consent_event_id uuid,
    deciding_event_ids uuid[] not null default '{}'
);

-- Until when letters may have been sent of which this database knows nothing.
create table restored (
    one boolean primary key default true check (one),
    at timestamptz not null
);
