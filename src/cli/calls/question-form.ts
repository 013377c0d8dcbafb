import type { ApiQuestion } from '../../client/api.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Prompt } from '../terminal/prompt.ts';
import { choicesOf, typesOf, valueOf } from './schema-value.ts';
import { harmless, oneLine, readable, say, styled } from '../terminal/terminal.ts';

/** Asks one question of a job. Resolves with the input answer, as MCP has it. */
export async function askQuestion(prompt: Prompt, question: ApiQuestion): Promise<JsonObject> {
  switch (question.method) {
    case 'elicitation/create':
      return askForm(prompt, question.params);
    case 'sampling/createMessage':
      return askForModel(prompt, question.params);
    case 'roots/list':
      return askForRoots(prompt);
    default: {
      say(`The job asks for ${oneLine(question.method)}: ${readable(question.params)}`);
      return askJson(prompt, 'Answer as JSON: ');
    }
  }
}

/** MCP asks that users can decline, and dismiss without a choice (client/elicitation). */
async function askForm(prompt: Prompt, params: JsonObject): Promise<JsonObject> {
  say(styled('bold', readable(params['message'] ?? 'The job asks for input'), process.stderr));
  if (typeof params['url'] === 'string') say(`Open ${harmless(params['url'])}`);
  const choice = await prompt.ask('Answer it? [Y]es, [d]ecline, [c]ancel: ');
  if (/^d/i.test(choice)) return { action: 'decline' };
  if (/^c/i.test(choice)) return { action: 'cancel' };
  const schema = isJsonObject(params['requestedSchema']) ? params['requestedSchema'] : {};
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const content: JsonObject = {};
  for (const [name, property] of Object.entries(properties)) {
    const value = await askField(prompt, {
      name,
      property,
      schema,
      isRequired: required.includes(name),
    });
    if (value !== undefined) content[name] = value;
  }
  return { action: 'accept', content };
}

interface FormField {
  readonly name: string;
  readonly property: Json;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
}

/** Undefined: an optional field is left out. */
async function askField(prompt: Prompt, field: FormField): Promise<Json | undefined> {
  const { name, property, schema, isRequired } = field;
  const facts = isJsonObject(property) ? property : {};
  const initial = facts['default'];
  const hints = hintsOf(field);
  const label = oneLine(readable(facts['title'] ?? name));
  if (typeof facts['description'] === 'string') say(`  ${oneLine(facts['description'])}`);
  for (;;) {
    const text = await prompt.ask(`  ${label}${hints === '' ? '' : ` (${hints})`}: `);
    if (text !== '') return fieldValue(text, property, schema);
    if (initial !== undefined) return initial;
    if (!isRequired) return undefined;
    say('  This is needed.');
  }
}

function fieldValue(text: string, property: Json, schema: JsonObject): Json {
  const types = typesOf(property, schema);
  if (types.has('boolean') && /^(?:y|yes)$/i.test(text)) return true;
  if (types.has('boolean') && /^(?:n|no)$/i.test(text)) return false;
  const value = valueOf(text, property, schema);
  // Several choices are written with commas between.
  if (!types.has('array') || typeof value !== 'string') return value;
  const items = isJsonObject(property) ? (property['items'] ?? null) : null;
  return value.split(',').map((item) => valueOf(item.trim(), items, schema));
}

function hintsOf({ property, schema, isRequired }: FormField): string {
  const facts = isJsonObject(property) ? property : {};
  const choices = choicesOf(property, schema).map((choice) => oneLine(readable(choice)));
  const types = [...typesOf(property, schema)].filter((type) => type !== 'string');
  const initial = facts['default'];
  return [
    choices.length > 0 ? choices.join(' | ') : types.join(' | ').replace('boolean', 'yes | no'),
    ...(facts['minimum'] === undefined ? [] : [`at least ${readable(facts['minimum'])}`]),
    ...(facts['maximum'] === undefined ? [] : [`at most ${readable(facts['maximum'])}`]),
    ...(typeof facts['format'] === 'string' ? [oneLine(facts['format'])] : []),
    ...(initial === undefined ? [] : [`Enter: ${oneLine(readable(initial))}`]),
    ...(isRequired || initial !== undefined ? [] : ['optional']),
  ]
    .filter((hint) => hint !== '')
    .join(', ');
}

async function askForModel(prompt: Prompt, params: JsonObject): Promise<JsonObject> {
  say('The job asks for a message of a model:');
  say(
    readable({ systemPrompt: params['systemPrompt'] ?? null, messages: params['messages'] ?? [] }),
  );
  const text = await prompt.ask('The message: ');
  const model = await prompt.ask('Name of the model (Enter: human): ');
  return {
    role: 'assistant',
    content: { type: 'text', text },
    model: model === '' ? 'human' : model,
  };
}

async function askForRoots(prompt: Prompt): Promise<JsonObject> {
  say('The job asks for directories, as URIs such as file:///home/me/project.');
  const text = await prompt.ask('Their URIs, with spaces between (Enter: none): ');
  return { roots: text.split(/\s+/).flatMap((uri) => (uri === '' ? [] : [{ uri }])) };
}

async function askJson(prompt: Prompt, question: string): Promise<JsonObject> {
  for (;;) {
    try {
      const value = JSON.parse(await prompt.ask(question)) as Json;
      if (isJsonObject(value)) return value;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    say('That is no JSON object.');
  }
}
