-- How many parties carry an identity besides its home: one that many share names nobody.
alter table identity add column sharing integer not null default 0;
update identity
set sharing = (select count(*) from shared_identity where shared_identity.identity_id = identity.id)
where id in (select identity_id from shared_identity);

-- What a party was named by and nobody is known by, as its sender wrote it.
create table flagged_identity (
    party_id uuid not null,
    type text not null,
    system text not null,
    value text not null,
    reason text not null check (reason in ('blocked', 'unreadable', 'local_number', 'no_number', 'surplus')),
    seen_at timestamptz not null,
    primary key (party_id, type, system, value)
);
