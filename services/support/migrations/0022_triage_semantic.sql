-- What a model reads: words alone, or sentence vectors beside them, by whom.
alter table triage_model add column features text not null default 'words';

-- The sentence vector of an example, so that the next model does not make it anew; it says of a text what it means, and
-- goes with it.
create table triage_vector (
    ticket_id uuid primary key references ticket (id),
    made_by text not null,
    vector bytea not null
);
