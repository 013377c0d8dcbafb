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

export SQITCH_TARGET="db:$ASYA_DATABASE_URL"
# Sqitch writes down who deployed, and a container's account has no name.
export SQITCH_FULLNAME="${SQITCH_FULLNAME:-Asya Gateway}"
export SQITCH_EMAIL="${SQITCH_EMAIL:-gateway@asya.example}"

is_deployed() {
  deployed=$(psql "$ASYA_DATABASE_URL" --no-psqlrc --set VERBOSITY=terse --tuples-only --no-align --command \
    "SELECT change_id FROM sqitch.changes WHERE project = 'asya-gateway'") || return 1
  for change in $(sqitch plan --no-headers --format 'format:%H'); do
    case "$deployed" in *"$change"*) ;; *) return 1 ;; esac
  done
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

case "${1:-}" in
deploy)
  await_server
  if is_deployed 2>/dev/null; then
    echo 'Nothing to deploy: the database has every change of this release'
  else
    exec sqitch deploy --verify
  fi
  ;;
wait)
  until is_deployed; do
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
