-- How satisfied customers were, one answer a ticket.
create table csat (
    ticket_id uuid primary key references ticket (id),
    value smallint not null check (value between 1 and 5),
    agent text,
    source text not null check (source in ('link', 'fact')),
    answered_at timestamptz not null,
    recorded_at timestamptz not null
);
