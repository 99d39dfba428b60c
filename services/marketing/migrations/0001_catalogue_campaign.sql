-- Every version of every definition, with its texts: a message is decided and written by the version it was planned with.
create table campaign (
    name text not null,
    version integer not null,
    follow_up boolean not null,
    priority integer not null,
    definition_hash text not null,
    definition json not null,                 -- json, not jsonb: its text is parsed once a process and cached by its text
    longest_wait interval not null,           -- from the trigger to when its last step is due
    published_at timestamptz not null,
    stopped_at timestamptz,                   -- null: in force
    primary key (name, version)
);
