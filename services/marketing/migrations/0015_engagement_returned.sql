-- What came back of messages: of each kind and label the first of people, and the first of machines.
create table returned (
    message_id uuid not null,
    kind text not null check (kind in ('delivered', 'hard', 'soft', 'complaint', 'opened', 'clicked')),
    label text not null,                      -- of the link that was followed; else empty
    machine boolean not null,                 -- nobody looked: a program did
    verdict text not null,                    -- by what it was held for one; empty: it was not
    campaign text not null,
    noted_at timestamptz not null,
    primary key (message_id, kind, label, machine)
);
create index returned_by_campaign on returned (campaign, kind, label);
