import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf } from '../../support/child.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What deploy/Dockerfile puts into the gateway's image, in a directory of its own. */
export interface Image {
  /** Stands for the image's working directory. */
  readonly directory: string;
  remove(): Promise<void>;
}

export async function buildImage(): Promise<Image> {
  const directory = await mkdtemp(join(tmpdir(), 'asya-image-'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await outputOf(
    process.execPath,
    [tsc, '--project', 'tsconfig.build.json', '--outDir', join(directory, 'dist')],
    { cwd: root },
  );
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  await cp(join(root, 'package.json'), join(directory, 'package.json'));
  await cp(join(root, 'exports'), join(directory, 'exports'), { recursive: true });
  await mkdir(join(directory, 'examples'));
  await cp(join(root, 'examples/tools.yaml'), join(directory, 'examples/tools.yaml'));
  return { directory, remove: () => rm(directory, { recursive: true }) };
}
