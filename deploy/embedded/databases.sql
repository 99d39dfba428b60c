-- name: databases
-- What is there already, with the mark that the last migration left on each.
select d.datname as name, shobj_description(d.oid, 'pg_database') as mark from pg_database d order by 1;

-- name: role
-- DDL takes no parameters, so the server itself quotes the names and the password ($1 role, $2 password).
select case when exists (select from pg_roles where rolname = $1::text)
            then format('alter role %I login password %L', $1::text, $2::text)
            else format('create role %I login password %L', $1::text, $2::text) end;

-- name: log_no_errors
-- Of its statements: the texts hold values, and the service logs the kind. What goes wrong in the server is logged.
select format('alter role %I set log_min_messages = log', $1::text);

-- name: create_database
-- Owned by the role that migrates it.
select format('create database %I owner %I', $1::text, $1::text || '_owner');

-- name: isolate_database
-- Nobody but its owner and its service gets in, and the service makes nothing there, not even a temporary table.
select format('revoke all on database %1$I from public; grant connect on database %1$I to %1$I', $1::text);

-- name: isolate_maintenance_databases
-- No service has any business in the server's own databases.
revoke connect on database postgres from public;
revoke connect on database template1 from public;

-- name: default_privileges
-- What the owner makes, in any schema, the service may read and write but not change in shape.
select format('alter default privileges for role %1$I grant select, insert, update, delete on tables to %2$I; '
              'alter default privileges for role %1$I grant usage, select, update on sequences to %2$I; '
              'alter default privileges for role %1$I grant usage on schemas to %2$I',
              $1::text || '_owner', $1::text);

-- name: mark_database
-- Remembers which migrations it was brought to, so that the next start need not look.
select format('comment on database %I is %L', $1::text, $2::text);
