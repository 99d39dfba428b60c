-- Agents who want to know what becomes of a ticket, and the version of it that each has seen.
create table ticket_follower (
    ticket_id uuid not null references ticket (id),
    agent text not null,
    since timestamptz not null,
    seen_version integer not null,
    primary key (ticket_id, agent)
);
create index ticket_follower_agent on ticket_follower (agent, ticket_id);

-- Agents who look at a ticket now, or write into it: for as long as their page says so.
create table ticket_viewer (
    ticket_id uuid not null references ticket (id),
    agent text not null,
    doing text not null check (doing in ('viewing', 'writing')),
    since timestamptz not null,
    seen_at timestamptz not null,
    primary key (ticket_id, agent)
);
create index ticket_viewer_agent on ticket_viewer (agent, seen_at);
