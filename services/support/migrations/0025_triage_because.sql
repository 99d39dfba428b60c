-- Reasons as codes with values, so that each reader has them in their own language; empty where only the text was kept.
-- Those of triage hold words of the request.
alter table triage add column because jsonb not null default '[]';
alter table assignment add column because jsonb not null default '[]';
alter table assignment_step add column because jsonb not null default '[]';
