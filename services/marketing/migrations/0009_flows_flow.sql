-- Where enrolments stand in campaigns of which more is to be remembered than their messages.
create table flow (
    id uuid primary key,                      -- of the enrolment
    trigger_event_id uuid not null,
    campaign text not null,
    version integer not null,
    party_id uuid not null,
    partition smallint not null,
    key text not null,                        -- of the party and this one enrolment runs at a time
    trigger json not null,                    -- the fields of the trigger that later steps ask for
    triggered_at timestamptz not null,
    correlation_id text not null,
    traceparent text,
    step smallint not null,
    visits integer not null,                  -- steps taken
    since timestamptz not null,               -- when it came to its step
    wakes_at timestamptz,                     -- when time alone moves it on
    ended_at timestamptz,
    reason text,                              -- why it ended
    ended_by text                             -- the event that ended it
);
create index flow_running on flow (party_id) where ended_at is null;
create index flow_by_entry on flow (party_id, campaign, key, triggered_at);
create index flow_by_campaign on flow (campaign, version) where ended_at is null;

-- Triggers of enrolments that are no sales: what messages know of what led to them.
create table entry (
    trigger_event_id uuid primary key,
    party_id uuid not null,
    party_version integer not null,
    partition smallint not null,
    origin text not null,
    channel text not null,
    skus text[] not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    correlation_id text not null,
    traceparent text,
    email_id text
);

-- Words that campaigns gave parties.
create table party_tag (
    party_id uuid not null,
    tag text not null,
    primary key (party_id, tag)
);

-- Every change of a party's stage in its life as a customer.
create table stage_change (
    event_id uuid primary key,
    party_id uuid not null,
    stage text not null,
    occurred_at timestamptz not null
);
create index stage_change_by_party on stage_change (party_id);

-- The newest score of each kind of a party.
create table score (
    party_id uuid not null,
    score text not null,
    value double precision not null,
    band text not null,
    as_of timestamptz not null,
    primary key (party_id, score)
);

alter table party
    add column kind text,
    add column time_zone text;

alter table campaign
    add column flow boolean not null default false,
    add column source text not null default 'files' check (source in ('files', 'http'));
