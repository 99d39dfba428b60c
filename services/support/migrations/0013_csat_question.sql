-- Who was asked by e-mail how satisfied they are, once a ticket.
create table csat_question (
    ticket_id uuid primary key references ticket (id),
    party_id uuid not null,
    question_id uuid not null unique,
    asked_at timestamptz not null
);
create index csat_question_party on csat_question (party_id);

-- What parties said of being asked by e-mail, each statement once; which one holds is decided before each question.
create table csat_consent (
    event_id text primary key,
    party_id uuid not null,
    purpose text not null,
    topic text not null,
    channel text not null,
    given boolean not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    expires_at timestamptz
);
create index csat_consent_party on csat_consent (party_id);

-- A letter that nobody has begun to send is called off where its customer refuses it.
alter table letter drop constraint letter_outcome_check;
alter table letter add constraint letter_outcome_check
check (outcome in ('sent', 'unknown', 'refused', 'no_address', 'called_off', 'bounced'));
