-- What sums need of each ticket. `told_offset` is how far on its topic's partition that is told; `marks` are what
-- happened on a day and never changes: reopenings, promises kept and broken.
create table stat_ticket (
    ticket_id uuid primary key,
    told_offset bigint not null,
    opened_at timestamptz,
    channel text not null,
    sku text not null,
    queue text not null,
    agent text not null,
    category text not null,
    status text not null,
    answered_at timestamptz,
    answered_by text not null,
    resolved_at timestamptz,
    resolved_by text not null,
    rating smallint,
    rated_at timestamptz,
    rated_agent text not null,
    warned text[] not null,
    marks jsonb not null
);

-- What tickets add up to by day, queue, agent, category and channel; empty where a ticket has none. What stands open now
-- is under the day -infinity. `bucket` tells apart how long something took, or which rating was given.
create table stat_sum (
    day date not null,
    queue text not null,
    agent text not null,
    category text not null,
    channel text not null,
    measure text not null,
    bucket smallint not null,
    tickets bigint not null,
    seconds bigint not null,
    primary key (day, queue, agent, category, channel, measure, bucket)
);

-- How many tickets were opened about a product on a day.
create table stat_product (
    day date not null,
    sku text not null,
    category text not null,
    tickets bigint not null,
    primary key (sku, category, day)
);

-- What looks as if it got out of hand: raised once, until it is cleared.
create table stat_warning (
    id uuid primary key,
    kind text not null check (kind in ('slack_short', 'backlog_growing', 'similar_tickets')),
    about text not null,
    category text not null,
    observed bigint not null,
    usual bigint not null,
    raised_at timestamptz not null,
    cleared_at timestamptz
);
create unique index stat_warning_open on stat_warning (kind, about, category) where cleared_at is null;
create index stat_warning_newest on stat_warning (raised_at desc, id desc);
