-- Agents as operators define them, and where they are. Staff ids name nobody outside. `key` is that of their timer.
create table agent (
    id text primary key,
    key uuid not null unique,
    version integer not null default 1,
    skills text[] not null,
    queues text[] not null,
    capacity jsonb not null,
    calendar text,
    presence text not null default 'offline' check (presence in ('online', 'busy', 'away', 'offline')),
    absence text check (absence in ('break', 'meeting', 'training', 'sick', 'shift_ended', 'other')),
    present_since timestamptz not null,
    last_assigned_at timestamptz
);

-- Where an agent was, from when until when; the last span is open.
create table agent_presence (
    agent_id text not null references agent (id),
    since timestamptz not null,
    until timestamptz,
    presence text not null check (presence in ('online', 'busy', 'away', 'offline')),
    absence text check (absence in ('break', 'meeting', 'training', 'sick', 'shift_ended', 'other')),
    primary key (agent_id, since)
);

-- Who answers for a ticket, or in which queue and at which place it waits; what is settled is not open.
create table assignment (
    ticket_id uuid primary key references ticket (id),
    queue text not null,
    fallback text,
    channel text not null,
    skills text[] not null,
    place smallint not null,
    is_open boolean not null default true,
    waiting_since timestamptz not null,
    agent_id text,
    assigned_at timestamptz,
    how text check (how in ('routed', 'claimed', 'given', 'returned')),
    why text[] not null default '{}',
    previous text,
    refused_by text
);
create index assignment_agent on assignment (agent_id) where agent_id is not null and is_open;
create index assignment_waiting on assignment (queue, place, waiting_since, ticket_id)
where agent_id is null and is_open;

-- Every change of who answers for a ticket, with why.
create table assignment_step (
    number bigint generated always as identity,
    ticket_id uuid not null references ticket (id),
    event_id uuid not null,
    agent_id text,
    previous text,
    how text not null check (how in ('routed', 'claimed', 'given', 'returned')),
    why text[] not null,
    changed_at timestamptz not null,
    primary key (ticket_id, event_id)
);
