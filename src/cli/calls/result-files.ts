import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { contentOf } from './result-content.ts';

const extensions: Readonly<Record<string, string>> = {
  'application/json': '.json',
  'application/pdf': '.pdf',
  'audio/mpeg': '.mp3',
  'audio/ogg': '.ogg',
  'audio/wav': '.wav',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/svg+xml': '.svg',
  'image/webp': '.webp',
  'text/csv': '.csv',
  'text/html': '.html',
  'text/markdown': '.md',
  'text/plain': '.txt',
};

interface ResultFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Writes the images, the audio and the resources of a result into a directory, which is made if it is not
 * there. A file that exists is never written over: the new one gets a number.
 *
 * @returns the paths
 */
export async function saveFiles(result: Json, directory: string): Promise<string[]> {
  const files = (contentOf(result) ?? []).flatMap((block, index) => fileOf(block, index + 1) ?? []);
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const file of files) paths.push(await save(file, directory));
  return paths;
}

function fileOf(block: JsonObject, position: number): ResultFile | null {
  const { type, data, mimeType, resource } = block;
  if ((type === 'image' || type === 'audio') && typeof data === 'string') {
    const name = `${type}-${position}${extensionOf(mimeType)}`;
    return { name, bytes: Buffer.from(data, 'base64') };
  }
  if (type !== 'resource' || !isJsonObject(resource)) return null;
  const { uri, text, blob } = resource;
  const bytes =
    typeof blob === 'string' ? Buffer.from(blob, 'base64') : Buffer.from(stringOf(text));
  return { name: nameOf(uri, resource['mimeType'], position), bytes };
}

/** The last part of a URI, which comes from an actor: it must not lead out of the directory. */
function nameOf(uri: Json | undefined, mimeType: Json | undefined, position: number): string {
  const last =
    stringOf(uri)
      .replace(/[?#].*/s, '')
      .split('/')
      .at(-1) ?? '';
  const name = last
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-100);
  if (name === '') return `resource-${position}${extensionOf(mimeType)}`;
  return extname(name) === '' ? `${name}${extensionOf(mimeType)}` : name;
}

function extensionOf(mimeType: Json | undefined): string {
  const type = stringOf(mimeType).replace(/;.*/s, '').trim().toLowerCase();
  return extensions[type] ?? '.bin';
}

async function save({ name, bytes }: ResultFile, directory: string): Promise<string> {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let copy = 1; ; copy++) {
    const path = join(directory, copy === 1 ? name : `${stem}-${copy}${extension}`);
    try {
      await writeFile(path, bytes, { flag: 'wx' });
      return path;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
  }
}

/** Actors decide what stands in a result, so it may be anything. */
function stringOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
