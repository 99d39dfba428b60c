-- The identity of the address that is written to.
alter table party add column email_id uuid;

-- After a restore: addresses that were stopped since the backup, by their identities, until a description tells them.
create table stopped_identity (
    identity_id uuid primary key,
    party_id uuid not null,
    reason text not null check (reason in ('hard_bounce', 'soft_bounces', 'complaint')),
    cause text not null,                      -- the message that stopped it
    stopped_at timestamptz not null
);
