/** The options by which `serve` and `dev` say where they listen and what they offer. */
export const serverOptions = {
  tools: {
    type: 'string',
    value: 'PATH',
    help: 'The tools file or directory (ASYA_CONFIG_PATH)',
    complete: 'file',
  },
  port: {
    type: 'string',
    value: 'N',
    help: 'The port; 0 takes any free one (ASYA_GATEWAY_PORT, 8080)',
  },
  host: {
    type: 'string',
    value: 'ADDRESS',
    help: 'The address to listen on (ASYA_GATEWAY_HOST, 127.0.0.1)',
  },
} as const;

/** The variables that the options stand for. */
export function variablesOf(options: {
  readonly tools?: string;
  readonly port?: string;
  readonly host?: string;
}): Record<string, string> {
  return {
    ...(options.tools !== undefined && { ASYA_CONFIG_PATH: options.tools }),
    ...(options.port !== undefined && { ASYA_GATEWAY_PORT: options.port }),
    ...(options.host !== undefined && { ASYA_GATEWAY_HOST: options.host }),
  };
}
