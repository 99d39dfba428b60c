-- Policies and calendars by name and version; a version never changes.
create table sla_definition (
    kind text not null check (kind in ('policy', 'calendar')),
    name text not null,
    version integer not null,
    definition jsonb not null,
    source text not null check (source in ('file', 'http')),
    published_at timestamptz not null,
    primary key (kind, name, version)
);

-- What was promised of a ticket: by which versions, and for which priority. `due_at` is its earliest open deadline.
create table sla_promise (
    ticket_id uuid primary key references ticket (id),
    agreement_id uuid,
    policy text not null,
    policy_version integer not null,
    calendar text not null,
    calendar_version integer not null,
    priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
    priority_now text not null check (priority_now in ('low', 'normal', 'high', 'urgent')),
    applied_at timestamptz not null,
    due_at timestamptz
);
create index sla_promise_due on sla_promise (due_at, ticket_id) where due_at is not null;

-- What was told of each clock, once each, and one outcome of each.
create table sla_told (
    ticket_id uuid not null references ticket (id),
    metric text not null check (metric in ('first_response', 'next_response', 'resolution')),
    cycle integer not null,
    told text not null check (told in ('warned', 'breached', 'met')),
    told_at timestamptz not null,
    primary key (ticket_id, metric, cycle, told)
);
create unique index sla_told_outcome on sla_told (ticket_id, metric, cycle) where told <> 'warned';

-- Clocks pause by what a ticket waits for.
alter table status_change add column waits_for text constraint status_change_waits_check
check (waits_for in ('customer', 'internal', 'until'));
update status_change set waits_for = 'customer' where status = 'pending';

-- What agreements say of the tickets of their parties; one without `starts_at` is known by its end only.
create table agreement (
    id uuid primary key,
    party_id uuid not null,
    revision integer not null default 0,
    starts_at timestamptz,
    ends_at timestamptz,
    ended_at timestamptz,
    sla_policy text,
    relationship_manager text
);
create index agreement_party on agreement (party_id);
