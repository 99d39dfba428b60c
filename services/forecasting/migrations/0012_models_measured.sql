-- Which model of a name is used, and how well models foretold what came.
create table model_promoted (                -- without a row, or with no cut, the newest of a name is used
    name text collate "C" primary key,
    cut date,
    promoted_by text not null,
    promoted_at timestamptz not null,
    version integer not null
);

create table model_measured (                -- against what came up to a cut that the model had not seen
    name text collate "C" not null,
    cut date not null,                       -- of the model
    until date not null,
    in_force boolean not null,               -- false: a shadow, which nobody saw
    quality jsonb not null,
    recorded_at timestamptz not null,
    primary key (name, cut, until)
);
create index model_measured_newest on model_measured (name, until desc, cut desc);
