-- Series of the market and the economy, as outside systems tell them.
create table indicator (                     -- what a series was at a moment, as it was said last
    series text collate "C" not null,
    at timestamptz not null,
    value float8 not null,
    unit text,
    primary key (series, at)
);
