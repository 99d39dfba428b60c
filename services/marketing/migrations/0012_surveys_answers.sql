-- Answers by the links of letters: one for each survey and sale, or for each enrolment that no sale began.
create table survey_reply (
    survey text not null check (survey in ('csat', 'nps', 'ces')),
    subject text not null,                    -- the sale's origin and id, or the enrolment
    event_id uuid not null,                   -- under which the answer was told to everybody
    party_id uuid not null,
    message_id uuid not null,
    value smallint not null,
    replied_at timestamptz not null,
    primary key (survey, subject)
);

-- Answers as contacts tells them, ours and those from outside: the first of each party, survey and sale.
create table survey_answer (
    event_id uuid primary key,
    survey text not null,
    party_id uuid not null,
    subject text not null,                    -- the sale's id, or the event where it was about none
    sale_id text,
    value smallint not null,
    answered_at timestamptz not null,
    counted boolean not null default false,
    unique (party_id, survey, subject)
);

-- Sums of answers: a row for each product of the sale, and one without a product for each answer.
create table survey_sum (
    survey text not null,
    day date not null,
    channel text not null,                    -- of the sale; empty: not known
    sku text not null,                        -- empty: whatever was sold
    answers bigint not null,
    total bigint not null,                    -- of the values
    high bigint not null,                     -- how many were satisfied, or are promoters
    low bigint not null,                      -- how many were not, or are detractors
    primary key (survey, day, channel, sku)
);
