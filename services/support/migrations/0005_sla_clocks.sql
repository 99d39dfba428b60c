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

-- What was promised of a ticket: by which versions, and for which priority.
create table sla_promise (
    ticket_id uuid primary key references ticket (id),
    policy text not null,
    policy_version integer not null,
    calendar text not null,
    calendar_version integer not null,
    priority text not null,
    applied_at timestamptz not null
);

-- What was told of each clock, once each.
create table sla_told (
    ticket_id uuid not null references ticket (id),
    metric text not null check (metric in ('first_response', 'next_response', 'resolution')),
    cycle integer not null,
    told text not null check (told in ('warned', 'breached', 'met')),
    told_at timestamptz not null,
    primary key (ticket_id, metric, cycle, told)
);
