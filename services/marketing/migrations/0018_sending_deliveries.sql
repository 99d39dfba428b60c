-- Messages that go by a provider of SMS or social media: where a party is reached there, and what came of each attempt.
alter table party add column handles json not null default '{}';   -- a phone number, and ids in other systems
alter table dispatch add column channel text not null default 'email';
alter table dispatch add column unsure boolean not null default false; -- an earlier attempt may have been accepted
drop index dispatch_ready;
create index dispatch_ready on dispatch (channel, next_at) where owner is null;

-- The ledger of attempts that a provider was asked for.
create table delivery (
    message_id uuid not null,                 -- under which the provider tells repetitions apart
    number smallint not null,                 -- of the attempt
    channel text not null,
    outcome text not null check (outcome in ('accepted', 'refused', 'later', 'unsure', 'lost')),
    reason text not null,                     -- a word: what the answer was, or why there is none
    code smallint,                            -- of the answer, if there was one
    settled_at timestamptz not null,
    primary key (message_id, number)
);
