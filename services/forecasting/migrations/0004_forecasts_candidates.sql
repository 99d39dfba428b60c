-- An outlook keeps what every candidate said, so that the next cut weighs them by their errors.
-- Outlooks of before have no candidates; the next cut makes them again from the same sales.
delete from outlook;
alter table outlook drop column last;
alter table outlook add column candidates jsonb not null;   -- by model: a value a step, in the series' unit
comment on column outlook.candidates is 'by model: a value a step ahead, in the unit of the series';
