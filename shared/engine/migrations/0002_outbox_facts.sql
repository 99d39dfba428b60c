-- A fact that a service takes in and passes on to crm.ingest has its sender's source, id and key, and no number.
alter table outbox
    alter column event_id type text,
    alter column key drop not null,
    add column source text;                  -- null: the service's own
