-- What has to be done before a ticket is resolved, by whom and until when. The title goes with the customer's texts.
create table subtask (
    id uuid primary key,
    ticket_id uuid not null references ticket (id),
    title text,                               -- null once the customer was erased, and where a restore lost it
    status text not null check (status in ('open', 'done', 'dropped')),
    assignee text,
    due_at timestamptz,
    version integer not null,
    changed_by text not null,
    added_at timestamptz not null,
    changed_at timestamptz not null
);
create index subtask_by_ticket on subtask (ticket_id, id);
create index subtask_open on subtask (assignee, id) where status = 'open';
