import { ensureDeployTools } from './deploy-tools/install.ts';

/** Usage: `make deploy-tools`. Without Go it says so, and the tests that need the tools are skipped. */
await ensureDeployTools().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
});
