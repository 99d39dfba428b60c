-- What had been published after the backup that this database was restored from: never to be published again.
create table published (
    hashed bytea primary key,                -- the id without its time: applied again, a cause leads to the same
    event_id text not null,
    known_since timestamptz not null default now()
);
create index published_age on published using brin (known_since);

-- That this database went back under services that were at work, until somebody runs `rapport recover`.
create table setback (
    one boolean primary key default true check (one),
    reason text not null,
    noticed_at timestamptz not null default now()
);
