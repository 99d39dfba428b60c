-- What changes in what is sold, told once, until it is over.
create table trend (                         -- raised once, cleared once; never rewritten otherwise
    trend_id uuid primary key,
    kind text collate "C" not null,
    series text collate "C" not null,        -- the key of its events
    sku text,
    since date not null,                     -- the week in which it began
    change float8 not null,                  -- by how much of itself the series lies off
    chance float8 not null,                  -- the probability of that without a trend
    as_of date not null,                     -- decided by what happened before
    model text not null,
    evidence jsonb not null,
    state text collate "C" not null default 'open',
    detected_at timestamptz not null,
    cleared_at timestamptz,
    because text                             -- why it was cleared
);
create unique index trend_open on trend (series, (kind = 'anomaly')) where state = 'open';
create index trend_by_state on trend (state, as_of desc, trend_id);
create index trend_by_series on trend (series, as_of desc, trend_id);
