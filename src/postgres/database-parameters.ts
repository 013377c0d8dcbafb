/*
 * The parameters of a connection that libpq documents (PostgreSQL manual, 34.1.2), as URLs name them.
 * A URL that works with psql works with the gateway, or is refused by the name of what does not.
 */

/** Parameters that are read here. What they mean stands in `database-url.ts`. */
export const readParameters = [
  'host',
  'hostaddr',
  'port',
  'dbname',
  'user',
  'password',
  'passfile',
  'connect_timeout',
  'client_encoding',
  'options',
  'application_name',
  'fallback_application_name',
  'keepalives',
  'keepalives_idle',
  'sslmode',
  'sslnegotiation',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslrootcert',
  'sslcrl',
  'sslsni',
  'sslcertmode',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
  'channel_binding',
  'gssencmode',
  'target_session_attrs',
  'load_balance_hosts',
  'min_protocol_version',
  'max_protocol_version',
  // Without any effect since PostgreSQL 14.
  'sslcompression',
] as const;

export type ParameterName = (typeof readParameters)[number];

const read: ReadonlySet<string> = new Set(readParameters);

export function isRead(name: string): name is ParameterName {
  return read.has(name);
}

const noKerberos =
  'the gateway does not speak Kerberos: leave it out, and use a password or sslcert';
const noSystemCall =
  'Node.js cannot set it: leave it out; a connection that gives no answer within 8 s is given up anyway';
const noService = 'the gateway reads no service file: write its settings into the URL';
const noOauth = 'the gateway does not log in by OAuth: leave it out, and use a password or sslcert';

/** Parameters of libpq that cannot be had here, and the way out. */
const refused: Readonly<Record<string, string>> = {
  service: noService,
  servicefile: noService,
  krbsrvname: noKerberos,
  gsslib: noKerberos,
  gssdelegation: noKerberos,
  keepalives_interval: noSystemCall,
  keepalives_count: noSystemCall,
  tcp_user_timeout: noSystemCall,
  requirepeer: 'Node.js cannot tell who owns a socket: leave it out, and guard its directory',
  require_auth: 'the server alone chooses how to log in: leave it out, and set pg_hba.conf',
  replication: 'the gateway does not replicate: leave it out',
  sslcrldir: 'name the one file of revoked certificates that counts as sslcrl',
  sslkeylogfile: 'the gateway writes down no keys: leave it out',
  scram_client_key: 'the gateway logs in with a password: leave it out',
  scram_server_key: 'the gateway logs in with a password: leave it out',
  oauth_issuer: noOauth,
  oauth_client_id: noOauth,
  oauth_client_secret: noOauth,
  oauth_scope: noOauth,
};

/** Why a parameter of this name cannot be had. */
export function refusalOf(name: string): string {
  return (
    refused[name] ??
    `no parameter of a connection is called so; a setting of the server is written options=-c%20${encodeURIComponent(name)}%3Dvalue`
  );
}

/** The environment variables that libpq takes parameters from (manual, 34.15). */
export const environmentNames: Readonly<Record<string, string>> = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGPASSFILE: 'passfile',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGCLIENTENCODING: 'client_encoding',
  PGOPTIONS: 'options',
  PGAPPNAME: 'application_name',
  PGSSLMODE: 'sslmode',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCRL: 'sslcrl',
  PGSSLCRLDIR: 'sslcrldir',
  PGSSLSNI: 'sslsni',
  PGSSLCERTMODE: 'sslcertmode',
  PGSSLMINPROTOCOLVERSION: 'ssl_min_protocol_version',
  PGSSLMAXPROTOCOLVERSION: 'ssl_max_protocol_version',
  PGSSLCOMPRESSION: 'sslcompression',
  PGCHANNELBINDING: 'channel_binding',
  PGGSSENCMODE: 'gssencmode',
  PGKRBSRVNAME: 'krbsrvname',
  PGGSSLIB: 'gsslib',
  PGGSSDELEGATION: 'gssdelegation',
  PGREQUIREPEER: 'requirepeer',
  PGREQUIREAUTH: 'require_auth',
  PGSERVICE: 'service',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
  PGLOADBALANCEHOSTS: 'load_balance_hosts',
  PGMINPROTOCOLVERSION: 'min_protocol_version',
  PGMAXPROTOCOLVERSION: 'max_protocol_version',
};
