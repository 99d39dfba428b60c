-- What parties allowed on the page of a letter, until contacts has told the same; withdrawals are suppressions.
create table opt_in (
    id uuid primary key,                      -- of the letter, the place and what it ended; the `ce_id` it is told under
    party_id uuid not null,
    purpose text not null,
    topic text not null,                      -- empty: all topics
    channel text not null,
    message_id uuid not null,                 -- the letter whose link was used
    given_at timestamptz not null
);
create index opt_in_by_party on opt_in (party_id);
