-- What parties dispute. A dispute is open until it is closed; `offer_minor` is what was last on the table.
create table dispute (
    id uuid primary key,
    party_id uuid not null references party (id),
    status text not null check (
        status in (
            'raised', 'acknowledged', 'investigating', 'proposed', 'countered', 'settled', 'credited', 'rejected', 'closed'
        )
    ),
    version integer not null,
    cause text not null check (cause in ('quality', 'delivery', 'price', 'billing', 'terms', 'service', 'other')),
    minor bigint,
    currency text,
    offer_minor bigint,
    offer_currency text,
    owner text,
    due_at timestamptz not null,
    overdue_at timestamptz,
    outcome text check (outcome in ('settled', 'credited', 'rejected', 'withdrawn')),
    ticket_id uuid references ticket (id),
    agreement_id uuid,
    obligation text,
    origin text,
    sale_id text,
    raised_at timestamptz not null,
    changed_at timestamptz not null,
    constraint dispute_amount check ((minor is null) = (currency is null)),
    constraint dispute_offer check ((offer_minor is null) = (offer_currency is null))
);
create index dispute_party on dispute (party_id, id desc);
create index dispute_status on dispute (status, id desc);
create index dispute_owner on dispute (owner, id desc) where owner is not null;

-- Every step of a dispute, with what was said and offered. Texts are null once the party is erased.
create table dispute_step (
    dispute_id uuid not null references dispute (id),
    version integer not null,
    status text not null,
    agent text,
    minor bigint,
    currency text,
    body text,
    stepped_at timestamptz not null,
    primary key (dispute_id, version)
);

-- What speaks for one side or the other. Texts are null once the party is erased.
create table dispute_evidence (
    id uuid primary key,
    dispute_id uuid not null references dispute (id),
    kind text not null check (kind in ('sale', 'ticket', 'message', 'agreement', 'document', 'statement')),
    reference text,
    body text,
    agent text,
    added_at timestamptz not null
);
create index dispute_evidence_dispute on dispute_evidence (dispute_id, added_at);
