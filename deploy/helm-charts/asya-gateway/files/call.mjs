// What `helm test` runs: is the gateway ready, does it list its tools, and does TOOL give a result?
const {
  GATEWAY_URL: url,
  API_KEY: key,
  TOOL: tool,
  ARGUMENTS: args,
  WAIT_SECONDS: seconds,
} = process.env;

const ready = await fetch(`${url}/ready`);
assert(ready.ok, `not ready: ${await ready.text()}`);
console.log('ready');

const credential = key === undefined ? {} : { authorization: `Bearer ${key}` };
if (key === undefined && (await fetch(`${url}/jobs`)).status === 401) {
  console.log('asks who calls; without a key of its own, this test can look no further');
  process.exit(0);
}

const { tools } = await mcp('tools/list', {});
console.log(`tools: ${tools.map(({ name }) => name).join(', ') || 'none'}`);

if (tool !== '') {
  const response = await fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { ...credential, 'content-type': 'application/json', prefer: `wait=${seconds}` },
    body: JSON.stringify({ name: tool, arguments: JSON.parse(args) }),
  });
  const result = await response.json();
  assert(response.ok && result.isError !== true, `${tool} failed: ${JSON.stringify(result)}`);
  // The answer to a call whose result is not there in time is the job's handle.
  const handle = result.structuredContent;
  assert(handle?.status_url === undefined, `no result within ${seconds} s: ${handle?.status_url}`);
  console.log(`${tool}: ${JSON.stringify(result.structuredContent ?? result.content)}`);
}

async function mcp(method, params) {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      ...credential,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await response.json();
  assert(result !== undefined, `${method} failed: ${JSON.stringify(error)}`);
  return result;
}

function assert(holds, fault) {
  if (holds) return;
  console.error(fault);
  process.exit(1);
}
