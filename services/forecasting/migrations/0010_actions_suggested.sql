-- What to do next about a party: suggestions and their answers, and what products are sold for.
create table action (                        -- as it was suggested; only the answer comes later
    action_id uuid primary key,
    party_id uuid not null,
    kind text collate "C" not null,
    sku text collate "C" not null,
    because_of text collate "C",
    expected float8 not null,                -- in minor units of the currency
    value bigint not null,
    currency text collate "C" not null,
    reasons jsonb not null,
    suggested_at timestamptz not null,
    expires_at timestamptz not null,
    state text collate "C" not null default 'open',
    answered_by text,
    answered_at timestamptz
);
create index action_by_party on action (party_id, action_id desc);
create index action_answered on action (answered_at) where answered_at is not null;

create table usual_price (                   -- of a unit in the year before the cut, in minor units
    sku text collate "C" not null,
    currency text collate "C" not null,
    price numeric not null,
    cut date not null,
    primary key (sku, currency)
);
