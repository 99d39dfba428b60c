-- Outlooks are kept as soon as they are made, and combined where all of a cut are known.
comment on column outlook.centre is 'a value a week, of the candidates together; empty until a forecast tells it';
comment on column outlook.model is 'what made the centre; empty until a forecast tells it';
