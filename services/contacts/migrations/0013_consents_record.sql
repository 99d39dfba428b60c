-- Everything that was said of a party's consents, as it was published; nothing here is changed or removed.
create table consent_record (
    event_id uuid primary key,                -- of the published event
    party_id uuid not null,
    said text not null check (said in ('requested', 'given', 'withdrawn', 'expired')),
    purpose text not null,
    topic text not null,                      -- empty: all topics
    channel text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    expires_at timestamptz,
    basis text,
    text_version text,
    origin text,                              -- the sender; null for what only time said
    identity_type text,
    identity_id text,                         -- by which it found the party; never the value
    has_evidence boolean not null default false
);
create index consent_record_party on consent_record (party_id, recorded_at, event_id);
