import type { ApiJob } from '../../client/api.ts';
import { jobPath, type GatewayClient } from '../../client/gateway-client.ts';
import { GatewayFault } from '../../client/gateway-fault.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Detaching } from './detaching.ts';
import { Prompt } from '../terminal/prompt.ts';
import { askQuestion } from './question-form.ts';
import { oneLine, say } from '../terminal/terminal.ts';

/** Sends input answers by the key of their question. An answer that was given before counts as given. */
export function sendAnswers(
  client: GatewayClient,
  id: string,
  answers: JsonObject,
): Promise<ApiJob> {
  return client.request({ method: 'POST', path: `${jobPath(id)}/input`, body: { answers } });
}

/** Asks on the terminal whatever a job asks, until it asks nothing more at the moment. */
export async function askAndAnswer(
  client: GatewayClient,
  job: ApiJob,
  detaching: Detaching,
): Promise<ApiJob> {
  let current = job;
  using prompt = new Prompt(detaching);
  while (current.status === 'InputRequired') {
    const [asked] = Object.entries(current.input_requests ?? {});
    if (asked === undefined) return current;
    const [key, question] = asked;
    const asker = `${current.tool ?? 'a job'}, step ${current.current_step ?? 'unknown'}`;
    say(`\n${oneLine(asker)}, asks (${oneLine(key)}):`);
    const answer = await askQuestion(prompt, question);
    current = await answered(client, current.id, { [key]: answer });
  }
  return current;
}

/** What does not fit is said, and asked again. */
async function answered(client: GatewayClient, id: string, answers: JsonObject): Promise<ApiJob> {
  try {
    return await sendAnswers(client, id, answers);
  } catch (error) {
    if (!(error instanceof GatewayFault) || error.kind !== 'refused') throw error;
    if (error.status !== 400 && error.status !== 409) throw error;
    say(error.status === 409 ? 'It was answered already, or is over.' : error.message);
    return client.job(id);
  }
}
