-- Parties that want no more letters of a purpose and topic on a channel, said by the link of a letter. They stay for
-- ever, beside the consents: a suppression ends what was allowed before it.
create table suppression (
    id uuid primary key,                      -- of the letter and of the consent that it ended; the `ce_id` it is told under
    party_id uuid not null,
    purpose text not null,
    topic text not null,                      -- empty: all topics
    channel text not null,
    message_id uuid not null,                 -- the letter whose link was used
    suppressed_at timestamptz not null
);
create index suppression_by_party on suppression (party_id);
create index suppression_by_time on suppression (suppressed_at, id);
