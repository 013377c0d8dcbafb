import { nearest } from '../lib/nearest.ts';
import { unreadBrokers } from './other-transports.ts';
import { isServiceLink } from './service-links.ts';
import { textOf, type Environment } from './setting.ts';

/*
 * A deployment often hands one ConfigMap to all of its pods, so these are no mistakes: they are for
 * sidecars, runtimes, actors, operators and command lines of Asya, or for a gateway of another
 * generation, which sizes by them what this one sizes by itself.
 */
const ofOthers = new Set([
  'ASYA_CHUNK_SIZE',
  'ASYA_CUDA_CLEANUP_ON_OOM',
  'ASYA_CUSTOM_METRICS',
  'ASYA_DB_MAX_CONN_IDLE_TIME',
  'ASYA_DB_MAX_CONN_LIFETIME',
  'ASYA_DB_MIN_CONNS',
  'ASYA_DISABLE_QUEUE_MANAGEMENT',
  'ASYA_ENABLE_VALIDATION',
  'ASYA_ERRORS_BUCKET',
  'ASYA_GATEWAY_TOKEN',
  'ASYA_GATEWAY_URL',
  'ASYA_IS_END_ACTOR',
  'ASYA_IS_TERMINAL',
  'ASYA_MAX_CONCURRENT_RECONCILES',
  'ASYA_METRICS_ADDR',
  'ASYA_METRICS_ENABLED',
  'ASYA_METRICS_NAMESPACE',
  'ASYA_NAMESPACE',
  'ASYA_PYTHON_EXECUTABLE',
  'ASYA_RABBITMQ_POOL_SIZE',
  'ASYA_RABBITMQ_PREFETCH',
  'ASYA_READY_FILE',
  'ASYA_RESULTS_BUCKET',
  'ASYA_SIDECAR_IMAGE',
  'ASYA_STORAGE',
  'ASYA_TRANSPORT',
  'ASYA_TRANSPORT_CONFIG',
]);

const prefixesOfOthers =
  /^ASYA_(ACTOR|AWS|CLI|GATEWAY_DB|HANDLER|INCLUDE|QUEUE|RUNTIME|S3|SOCKET|STEP)(_|$)|^ASYA_HANDLER_/;

/**
 * A sentence for each variable that looks like a setting of the gateway and is not read. No sentence
 * tells a value, because it may be a password.
 *
 * @param known the variables that are read
 */
export function unreadVariables(env: Environment, known: readonly string[]): string[] {
  const brokers = new Map(unreadBrokers(env).map(({ name, why }) => [name, why]));
  return Object.keys(env)
    .filter((name) => name.startsWith('ASYA_') && !known.includes(name))
    .filter((name) => !ofOthers.has(name) && !prefixesOfOthers.test(name))
    .filter((name) => {
      const text = textOf(env, name);
      return text !== null && !isServiceLink(name, text);
    })
    .map((name) => {
      const why = brokers.get(name);
      if (why !== undefined) return `${name} is not read: ${why}, where ASYA_RABBITMQ_URL says`;
      const near = nearest(name, known);
      return `${name} is not read: ${near === null ? 'README.md lists the variables that are' : `did you mean ${near}?`}`;
    });
}
