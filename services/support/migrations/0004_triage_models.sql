-- What a ticket is about, as the model or an agent has it. The reasons hold words of the request.
create table triage (
    ticket_id uuid primary key references ticket (id),
    category text,
    confidence real not null,
    in_scope boolean not null,
    urgency text not null check (urgency in ('low', 'normal', 'high')),
    sentiment text not null check (sentiment in ('negative', 'neutral', 'positive')),
    language text,
    priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
    skills text[] not null,
    reasons text[] not null,
    model integer not null,
    agent text,
    decided_at timestamptz not null
);

-- What each model said of a ticket before anybody knew, the one in shadow too.
create table triage_guess (
    ticket_id uuid not null references ticket (id),
    model integer not null,
    category text,
    primary key (ticket_id, model)
);

-- Tickets whose category is known: they were corrected, or resolved as they were triaged.
create table triage_example (
    ticket_id uuid primary key references ticket (id),
    category text not null,
    corrected boolean not null,
    learned_at timestamptz not null
);
create index triage_example_newest on triage_example (learned_at desc);

-- Versions of the model. `seeds` is the hash of the categories that it began with; features are hashed.
create table triage_model (
    version integer primary key,
    state text not null check (state in ('shadow', 'live', 'retired')),
    seeds text not null,
    examples integer not null,
    trained_at timestamptz not null,
    content bytea not null
);
create unique index triage_model_live on triage_model (state) where state = 'live';

-- What forecasting expects of a customer, as a band.
create table customer_value (
    party_id uuid primary key,
    band text not null,
    as_of timestamptz not null
);
