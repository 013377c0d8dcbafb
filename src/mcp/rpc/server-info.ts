/** Who the gateway says it is (MCP, schema, "Implementation"). */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}
