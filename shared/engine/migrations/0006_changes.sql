-- What this database lets its readers see since (GET /v1/changes): a row for each transaction that tells something.
create table change (
    xid bigint not null default pg_current_xact_id()::text::bigint,
    told_at timestamptz not null default clock_timestamp(), -- just before its commit, when all locks are held
    lines text not null                      -- JSON: [[type, event id, subject or null, party id or null], ...]
);
alter table change alter column lines set storage external; -- ids are not worth compressing
create index change_xid on change (xid);
create index change_told_at on change (told_at, xid);

-- Everything that was told before this may be gone.
create table change_horizon (
    one boolean primary key default true check (one),
    told_at timestamptz not null default 'epoch'
);
insert into change_horizon default values;
