-- What warnings are decided by beside purchases, and the warnings themselves.
create table sales_v1.choice_day (           -- how often a party looked at, put aside or asked for a product
    party_id uuid not null,
    day date not null,
    choices integer not null,
    primary key (party_id, day)
);

create table sales_v1.dispute (              -- what parties dispute; closed_at: it is over
    dispute_id uuid primary key,
    party_id uuid not null,
    raised_at timestamptz not null,
    closed_at timestamptz
);
create index dispute_open on sales_v1.dispute (party_id) where closed_at is null;

create table warning (                       -- raised once, cleared once; never rewritten otherwise
    warning_id uuid primary key,
    kind text collate "C" not null,
    about text collate "C" not null,         -- the key of its events: a party's id, or a series
    party_id uuid,
    sku text,
    severity float8 not null,                -- 0 to 1
    as_of date not null,                     -- decided by what happened before
    until date,                              -- when what it foretells has come or not
    model text,
    evidence jsonb not null,
    state text collate "C" not null default 'open',
    raised_at timestamptz not null,
    cleared_at timestamptz,
    because text,                            -- why it was cleared
    lead_days integer                        -- how much earlier it was than a rule that waits until the harm is done
);
create unique index warning_open on warning (kind, about) where state = 'open';
create index warning_by_state on warning (state, severity desc, warning_id);
create index warning_by_kind on warning (kind, state, severity desc, warning_id);
