#!/bin/sh
# Brings the database at ASYA_DATABASE_URL to this release's schema, or waits until somebody has.
#
#   sh migrate.sh deploy   waits for the server, then deploys what is missing
#   sh migrate.sh wait     waits until every change of this release is deployed; changes nothing
#
# ASYA_MIGRATION_TIMEOUT: seconds that deploy waits for the server (120).
#
# A database that is ahead of the plan needs nothing: its newer release was rolled back. Sqitch by
# itself fails there, because it does not find the database's last change in the plan.
set -eu
cd "$(dirname "$0")"

# Sqitch writes down who deployed, and a container's account has no name.
export SQITCH_FULLNAME="${SQITCH_FULLNAME:-Asya Gateway}"
export SQITCH_EMAIL="${SQITCH_EMAIL:-gateway@asya.example}"

# Of several hosts the one that takes writes.
export PGTARGETSESSIONATTRS="${PGTARGETSESSIONATTRS:-primary}"
# What the role or the database has for its sessions is not meant for migrations, which may take long.
export PGOPTIONS="-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 \
-c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed ${PGOPTIONS:-}"

query() {
  psql "$ASYA_DATABASE_URL" --no-psqlrc --set VERBOSITY=terse --tuples-only --no-align --command "$1"
}

is_deployed() {
  deployed=$(query "SELECT change_id FROM sqitch.changes WHERE project = 'asya-gateway'") || return 1
  for change in $(sqitch plan --no-headers --format 'format:%H'); do
    case "$deployed" in *"$change"*) ;; *) return 1 ;; esac
  done
}

# Asya's other gateways call their Sqitch project as this one's is called, and their first change so.
refuse_other_generations() {
  first=$(query "SELECT change FROM sqitch.changes
    WHERE project = 'asya-gateway' AND change = '001_initial_schema'" 2>/dev/null) || return 0
  [ -n "$first" ] || return 0
  cat >&2 <<'END'
ASYA_DATABASE_URL names the database of another generation of Asya's gateway. This gateway needs a
database of its own, and leaves that one as it is: create one (CREATE DATABASE asya_gateway), and name
it in ASYA_DATABASE_URL.
END
  exit 1
}

await_server() {
  seconds=0
  until pg_isready --quiet --dbname "$ASYA_DATABASE_URL"; do
    if [ "$seconds" -ge "${ASYA_MIGRATION_TIMEOUT:-120}" ]; then
      echo "PostgreSQL did not answer within $seconds s" >&2
      exit 1
    fi
    seconds=$((seconds + 1))
    sleep 1
  done
}

# Sqitch (1.6) cannot take a database's name with other characters than letters from the URL, but from
# the environment.
set_target() {
  SQITCH_TARGET="db:$ASYA_DATABASE_URL"
  case "${ASYA_DATABASE_URL%%\?*}" in
  *//*/*%*)
    PGDATABASE=$(query 'SELECT current_database()')
    SQITCH_TARGET="db:$(printf '%s' "$ASYA_DATABASE_URL" | sed -E 's#^([^:]+://[^/?]*/)[^?]*#\1#')"
    export PGDATABASE
    ;;
  esac
  export SQITCH_TARGET
}

# While another one deploys, this one looks again and again, and does not wait inside the database: an
# index that the other builds without a lock would wait for this one's statement to end.
deploy_changes() {
  until is_deployed 2>/dev/null; do
    errors=$(LC_ALL=C sqitch deploy --verify --lock-timeout 1 2>&1 1>&3) && break
    case "$errors" in
    *'another instance of Sqitch'*) sleep 1 ;;
    *)
      printf '%s\n' "$errors" >&2
      exit 2
      ;;
    esac
  done 3>&1
}

case "${1:-}" in
deploy)
  await_server
  refuse_other_generations
  if is_deployed 2>/dev/null; then
    echo 'Nothing to deploy: the database has every change of this release'
  else
    set_target
    deploy_changes
  fi
  ;;
wait)
  until is_deployed; do
    refuse_other_generations
    echo 'The schema is not there yet; looking again in 2 s'
    sleep 2
  done
  echo 'The database has every change of this release'
  ;;
*)
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
