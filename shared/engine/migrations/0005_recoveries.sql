-- How often this database was recovered is asked in every transaction that locks no fence.
create index operator_action_recover on operator_action (id) where action = 'recover';
