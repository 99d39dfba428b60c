-- Lists of tickets that agents keep under a name, for themselves or for everybody of a queue.
create table saved_view (
    id uuid primary key,
    name text not null,
    owner text not null,
    queue text,
    filters jsonb not null,
    version integer not null default 1,
    changed_at timestamptz not null
);
create index saved_view_owner on saved_view (owner, id);
create index saved_view_queue on saved_view (queue, id) where queue is not null;
create index assignment_ever on assignment (agent_id) where agent_id is not null;
