-- Of each kind the statement that decides (shared/events/consent.py); topic '' covers all topics.
create table timeline_v1.consent (
    party_id uuid not null,
    purpose text not null,
    topic text not null,
    channel text not null,
    given boolean not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    event_id text not null,
    expires_at timestamptz,
    basis text,
    text_version text,
    primary key (party_id, purpose, topic, channel)
);


create view consent as select * from timeline_v1.consent;
