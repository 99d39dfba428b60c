-- Mailings: the definition of each stands among the campaigns, under the same name.
create table mailing (
    name text primary key,
    version integer not null,                 -- of the definition that is sent
    segment text not null,
    per_minute integer not null,              -- so many recipients are released at most
    state text not null check (state in ('draft', 'running', 'paused', 'cancelled', 'completed')),
    drafted_at timestamptz not null,
    tested_at timestamptz,                    -- a test letter of this version was taken; null: none was
    started_at timestamptz,
    frozen_at timestamptz,                    -- the recipients stand; null: not yet
    next_at timestamptz,                      -- when the next recipient may be released
    collected_to integer not null default 0,  -- the rank up to which it was looked how messages ended
    ended_at timestamptz                      -- all recipients have ended
);

-- Who gets a mailing: the members of its segment when it began, by rank.
create table mailing_recipient (
    mailing text not null,
    party_id uuid not null,
    rank integer not null,
    trigger_event_id uuid not null,           -- by which the party had entered the segment
    address_hash bytea,                       -- of the address, from its turn on; null: there is none, or it was erased
    written_to uuid,                          -- the party that it was released for: that, or the one it was merged into
    message_id uuid,
    released_at timestamptz,                  -- null: not yet
    outcome text check (outcome in ('sent', 'skipped', 'unknown')), -- null: it is not known yet, or was never begun
    reason text,                              -- of a skip
    primary key (mailing, rank)
);
create unique index mailing_recipient_by_party on mailing_recipient (party_id, mailing);
create unique index mailing_recipient_waiting on mailing_recipient (mailing, rank)
where released_at is null and outcome is null;
create index mailing_recipient_open on mailing_recipient (mailing, rank) where released_at is not null and outcome is null;
create index mailing_recipient_by_address on mailing_recipient (mailing, address_hash) where address_hash is not null;
create index mailing_recipient_by_survivor on mailing_recipient (mailing, written_to) where written_to <> party_id;

alter table campaign
    drop constraint campaign_source_check,
    add constraint campaign_source_check check (source in ('files', 'http', 'mailing'));
