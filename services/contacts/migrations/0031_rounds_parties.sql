-- What is done to all parties by a policy, and how far that has come: one table for every such work.
create table party_round (
    work text not null,
    policy text not null,
    reached uuid,                             -- the last party that was looked at
    finished_at timestamptz,
    primary key (work, policy)
);
insert into party_round (work, policy, reached, finished_at)
select 'completeness', policy, reached, finished_at from completeness_run
union all
select 'lifecycle', policy, reached, finished_at from lifecycle_run;
drop table completeness_run;
drop table lifecycle_run;
