-- The weights that parties are compared with, by version; version 0, what is known before any record, stands in no row.
create table matching_model (
    version integer primary key,
    base bigint not null,                     -- how many parties there were
    records bigint not null,                  -- how many of them it was learnt from
    learnt_at timestamptz not null,
    model jsonb not null,
    reached uuid not null default '00000000-0000-0000-0000-000000000000',
    compared_at timestamptz                   -- when all parties were compared with it
);
alter table duplicate add column model integer;   -- the version that the score is by
