-- Which series of the market a forecast rests on, where it does.
alter table forecast add column indicator jsonb;
comment on column forecast.indicator is 'series, weight, and effect in all weeks; null: on the past of the series alone';
