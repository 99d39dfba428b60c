-- How complete what is known of a party is, in per cent, and which fields are missing; null until it was looked at.
alter table party add column score smallint check (score between 0 and 100);
alter table party add column missing text[] not null default '{}';

-- By which policy all parties have been scored, and how far that has come.
create table completeness_run (
    policy text primary key,
    reached uuid,                             -- the last party that was looked at
    finished_at timestamptz
);

-- What is missing of each party, as the topic told it; `gone`: merged into another, or erased.
create table timeline_v1.completeness (
    party_id uuid primary key,
    score smallint not null default 100,
    missing text[] not null default '{}',
    gone boolean not null default false,
    has_bought boolean not null default false -- whether it has a total
) with (fillfactor = 85);
create index completeness_unsold on timeline_v1.completeness (score, party_id)
where score < 100 and not gone and not has_bought;

-- What is missing, in per cent, beside what it weighs: no index but this one stands on what a sale changes, and it has no
-- entry of a party of which nothing is missing.
alter table timeline_v1.total add column lacking smallint not null default 0;
alter table timeline_v1.total add column worth bigint generated always as (
    greatest(least(lacking * (paid - refunded), 9000000000000000000), -9000000000000000000)::bigint
) stored;
create index total_worst on timeline_v1.total (currency, worth, party_id) where lacking > 0;

create view completeness as select * from timeline_v1.completeness;
create or replace view total as select * from timeline_v1.total;
