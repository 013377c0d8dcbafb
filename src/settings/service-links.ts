/*
 * Kubernetes tells every pod of the Services in its namespace by variables that are made from their
 * names (Kubernetes, "Discovering services", environment variables). A Service called asya-gateway so
 * sets ASYA_GATEWAY_PORT=tcp://10.0.0.1:80, and one called asya-rabbitmq ASYA_RABBITMQ_SERVICE_HOST.
 * None of them is a setting of ours, although some carry the name of one.
 */

const names = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/** Did Kubernetes set this variable for a Service? */
export function isServiceLink(variable: string, text: string): boolean {
  return names.test(variable) || (variable.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text));
}
