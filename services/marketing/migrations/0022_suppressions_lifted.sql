-- Each time that a stopped address may be written to again: why, who said so, and what had stopped it. The reason is a
-- word of ours, so that nothing of a person outlives their erasure here.
create table lifted_address (
    id uuid primary key,
    address_hash text not null,
    because text check (because in ('asked_again', 'mistake', 'reachable', 'other')),
    agent text,
    stopped_by text not null,
    lifted_at timestamptz not null
);
create index lifted_address_hash on lifted_address (address_hash, lifted_at);
