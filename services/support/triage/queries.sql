-- Triage is written under the lock of the ticket's party, guesses and examples once for each ticket.

-- name: load_texts
-- What customers wrote, with what is needed to announce and to weigh it; texts of the erased are null.
select
    ticket.id, ticket.party_id, ticket.request_event_id, ticket.subject, ticket.body, ticket.recorded_at,
    customer_value.band
from ticket
left join customer_value on customer_value.party_id = ticket.party_id
where ticket.id = any($1::uuid[])
order by ticket.id;

-- name: add_triages
-- Once for each ticket; returns those that are new.
insert into triage (
    ticket_id, category, confidence, in_scope, urgency, sentiment, language, priority, skills, reasons, model, decided_at,
    because
)
select
    ticket_id, category, confidence, in_scope, urgency, sentiment, language, priority,
    array(select jsonb_array_elements_text(skills)), array(select jsonb_array_elements_text(reasons)), model, decided_at,
    because
from unnest(
    $1::uuid[], $2::text[], $3::real[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
    $10::jsonb[], $11::integer[], $12::timestamptz[], $13::jsonb[]
) as new (
    ticket_id, category, confidence, in_scope, urgency, sentiment, language, priority, skills, reasons, model, decided_at,
    because
)
order by ticket_id
on conflict do nothing
returning ticket_id;

-- name: add_guesses
-- What models say before anybody knows.
insert into triage_guess (ticket_id, model, category)
select * from unnest($1::uuid[], $2::integer[], $3::text[]) as guess (ticket_id, model, category)
order by ticket_id, model
on conflict do nothing;

-- name: find_triage
-- One ticket's, for reading and correcting.
select
    category, confidence, in_scope, urgency, sentiment, language, priority, skills, reasons, because, model, agent,
    decided_at
from triage
where ticket_id = $1::uuid;

-- name: save_correction
-- What an agent says instead.
update triage set
    category = $2::text, in_scope = $2::text is not null, confidence = 1, urgency = $3::text, priority = $4::text,
    skills = $5::text[], reasons = $6::text[], agent = $7::text, decided_at = $8::timestamptz,
    because = $9::jsonb
where ticket_id = $1::uuid;

-- name: take_back_triage
-- As the topic tells it: without the reasons, which may hold words of the request.
insert into triage (
    ticket_id, category, confidence, in_scope, urgency, sentiment, language, priority, skills, reasons, model, agent,
    decided_at
)
select
    id, $2::text, $3::real, $2::text is not null, $4::text, $5::text, $6::text, $7::text, $8::text[], '{}', $9::integer,
    $10::text, $11::timestamptz
from ticket
where id = $1::uuid
on conflict (ticket_id) do update set
    category = excluded.category, confidence = excluded.confidence, in_scope = excluded.in_scope,
    urgency = excluded.urgency, priority = excluded.priority, skills = excluded.skills, agent = excluded.agent,
    decided_at = excluded.decided_at;

-- name: forget_reasons
-- Words of requests whose customers were erased.
update triage set reasons = '{}', because = '[]'
from ticket
where ticket.id = triage.ticket_id and ticket.party_id = $1::uuid and triage.reasons <> '{}'
returning triage.ticket_id;

-- name: add_resolved_examples
-- Of tickets that were resolved as they stood, the category that stood.
insert into triage_example (ticket_id, category, corrected, learned_at)
select ticket_id, category, false, $2::timestamptz
from triage
where ticket_id = any($1::uuid[]) and category is not null
order by ticket_id
on conflict do nothing;

-- name: save_corrected_example
-- An agent knows better than the model, and the last agent best.
insert into triage_example (ticket_id, category, corrected, learned_at)
values ($1::uuid, $2::text, true, $3::timestamptz)
on conflict (ticket_id) do update set
    category = excluded.category, corrected = true, learned_at = excluded.learned_at, number = default;

-- name: drop_example
-- The ticket is about nothing that a category names.
delete from triage_example where ticket_id = $1::uuid;

-- name: load_examples
-- The newest that still have a text, each with the vector that this one made of what is read of it.
select
    triage_example.ticket_id, triage_example.category, ticket.subject, ticket.body, triage_vector.vector
from triage_example
join ticket on ticket.id = triage_example.ticket_id
left join triage_vector on triage_vector.ticket_id = ticket.id and triage_vector.made_by = $3::text
where triage_example.category = any($1::text[]) and coalesce(ticket.subject, ticket.body) is not null
order by triage_example.learned_at desc, triage_example.ticket_id
limit $2::integer;

-- name: save_vectors
-- Of tickets that still have a text. Their parties are locked, so nobody erases one meanwhile.
insert into triage_vector (ticket_id, made_by, vector)
select given.ticket_id, $3::text, given.vector
from unnest($1::uuid[], $2::bytea[]) as given (ticket_id, vector)
join ticket on ticket.id = given.ticket_id and coalesce(ticket.subject, ticket.body) is not null
order by given.ticket_id
on conflict (ticket_id) do update set made_by = excluded.made_by, vector = excluded.vector;

-- name: forget_vectors
-- Of requests whose customers were erased.
delete from triage_vector using ticket where ticket.id = triage_vector.ticket_id and ticket.party_id = any($1::uuid[]);

-- name: count_examples
-- How many tickets have a known category, and the number of the newest; all are counted, so it is asked once a training.
select count(*) as examples, coalesce(max(number), 0) as learned from triage_example;

-- name: count_new_examples
-- How many became known or were corrected since a number, as far as a limit. Workers ask every few seconds.
select count(*) as examples
from (select number from triage_example where number > $1::bigint order by number limit $2::integer) as newer;

-- name: lock_models
-- One instance at a time adds a model or puts one in force.
lock table triage_model in exclusive mode;

-- name: find_versions
-- Those in force and the newest, newest first. Workers ask every few seconds: nothing that models said is read.
select version, state, seeds, examples, learned, trained_at, features
from triage_model
where state <> 'retired' or version = (select max(newest.version) from triage_model as newest)
order by version desc;

-- name: list_models
-- Newest first, below a version, with how often each was right on tickets that it had not learned from: of those whose
-- category became known last, so that it costs the same however many there are. Guesses have no index by model: those of
-- these tickets are gone through once for all versions.
with known as (
    select ticket_id, category from triage_example order by number desc limit 10000
)

select
    triage_model.version, triage_model.state, triage_model.seeds, triage_model.examples, triage_model.trained_at,
    triage_model.features, coalesce(judged.cases, 0) as cases, coalesce(judged.hits, 0) as hits
from triage_model
left join (
    select
        triage_guess.model,
        count(*) as cases,
        count(*) filter (where triage_guess.category is not distinct from known.category) as hits
    from known
    join triage_guess on triage_guess.ticket_id = known.ticket_id
    group by triage_guess.model
) as judged on judged.model = triage_model.version
where triage_model.version < $1::bigint
order by triage_model.version desc
limit $2::integer;

-- name: judge_shadow
-- Both models on the tickets that both answered before anybody knew: what was known when the shadow learned is no case.
with known as materialized (
    select ticket_id, category from triage_example where number > $3::bigint
)

select
    count(*) as cases,
    count(*) filter (where live.category is not distinct from known.category) as live,
    count(*) filter (where shadow.category is not distinct from known.category) as shadow
from known
join triage_guess as shadow on shadow.ticket_id = known.ticket_id and shadow.model = $2::integer
join triage_guess as live on live.ticket_id = known.ticket_id and live.model = $1::integer;

-- name: load_model
-- One version, to answer with.
select content from triage_model where version = $1::integer;

-- name: add_model
-- A version that no other instance has added meanwhile.
insert into triage_model (version, state, seeds, examples, learned, trained_at, content, features)
values ($1::integer, $2::text, $3::text, $4::integer, $5::bigint, $6::timestamptz, $7::bytea, $8::text);

-- name: retire_models
-- Those in one of these states have had their time.
update triage_model set state = 'retired' where state = any($1::text[]);

-- name: put_in_force
-- The one that was in shadow.
update triage_model set state = 'live' where version = $1::integer;

-- name: save_values
-- The newest band of each customer.
insert into customer_value as known (party_id, band, as_of)
select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as given (party_id, band, as_of)
order by party_id
on conflict (party_id) do update set band = excluded.band, as_of = excluded.as_of
where known.as_of < excluded.as_of;
