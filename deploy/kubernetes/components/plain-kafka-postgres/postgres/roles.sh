#!/bin/bash
# Runs once, when the data folder is made: a database and two roles for each service. <name>_owner migrates;
# <name>, which the service uses, reads and writes rows and can change no table. Neither sees another database.
set -eu
run() { psql --quiet --no-psqlrc --username="${POSTGRES_USER:-postgres}" --dbname=postgres --set ON_ERROR_STOP=1 "$@"; }
run --command='revoke connect on database postgres, template1 from public'
for secret in /run/secrets/postgres/*_owner; do
  service=$(basename "$secret" _owner)
  # Passwords come from files inside psql, so that no process list shows them.
  run --set app="$service" --set owner="${service}_owner" <<'SQL'
\set app_password `cat /run/secrets/postgres/:app`
\set owner_password `cat /run/secrets/postgres/:owner`
create role :"app" login password :'app_password';
create role :"owner" login password :'owner_password';
-- The text of an error holds values of its statement: the service that sent it logs its kind.
alter role :"app" set log_min_messages = log;
alter role :"owner" set log_min_messages = log;
create database :"app" owner :"owner";
revoke all on database :"app" from public;
grant connect on database :"app" to :"app";
\connect :"app"
alter schema public owner to :"owner";
revoke all on schema public from public;
grant usage on schema public to :"app";
alter default privileges for role :"owner" grant usage on schemas to :"app";
alter default privileges for role :"owner" grant select, insert, update, delete on tables to :"app";
alter default privileges for role :"owner" grant usage, select, update on sequences to :"app";
SQL
done
