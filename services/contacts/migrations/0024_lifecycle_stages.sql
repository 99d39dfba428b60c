-- What the stages of a party follow from, beside its sales: the first fact of each kind, and every engagement.
create table lifecycle_fact (
    party_id uuid not null,
    signal text not null,
    occurred_at timestamptz not null,
    event_id text not null,
    primary key (party_id, signal, occurred_at, event_id)
);
insert into lifecycle_fact (party_id, signal, occurred_at, event_id)
select party_id, 'engagement', occurred_at, event_id from engagement;
drop table engagement;

-- The stages of each party as they were told.
create table lifecycle_stage (
    party_id uuid not null,
    entered_at timestamptz not null,
    stage text not null,
    left_at timestamptz,
    cause_event_id text not null,             -- of the fact, or of the one from which the span is counted
    by_time boolean not null,                 -- it was entered because a span was over
    primary key (party_id, entered_at, stage)
);

-- By which spans all parties have been looked at, and how far that has come.
create table lifecycle_run (
    policy text primary key,
    reached uuid,                             -- the last party that was looked at
    finished_at timestamptz
);

create index sale_party on sale (party_id, sold_at);

insert into lifecycle_fact (party_id, signal, occurred_at, event_id)
select id, 'discovery', discovery_at, discovery_by from party where discovery_at is not null
union all
select id, 'engagement', post_purchase_at, post_purchase_by from party where post_purchase_at is not null
on conflict do nothing;

insert into lifecycle_stage (party_id, entered_at, stage, cause_event_id, by_time)
select id, discovery_at, 'discovery', discovery_by, false from party where discovery_at is not null
union all
select id, purchase_at, 'purchase', purchase_by, false from party where purchase_at is not null
union all
select id, post_purchase_at, 'post_purchase', post_purchase_by, false from party where post_purchase_at is not null;

-- Where a party stands, and until when time alone changes nothing of that.
alter table party
    add column stage text,
    add column stage_since timestamptz,
    add column stage_until timestamptz;
update party set
    stage = case
        when post_purchase_at is not null then 'post_purchase'
        when purchase_at is not null then 'purchase'
        when discovery_at is not null then 'discovery'
    end,
    stage_since = coalesce(post_purchase_at, purchase_at, discovery_at),
    stage_until = purchase_at
where discovery_at is not null or purchase_at is not null;
alter table party
    drop column discovery_at, drop column discovery_by, drop column purchase_by, drop column post_purchase_at,
    drop column post_purchase_by;
