import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A hook for `beforeEach` or `beforeAll` that makes a folder, hands over its path, and removes it afterwards.
 */
export const temporaryFolder = (use: (path: string) => void) => async () => {
  const path = await mkdtemp(join(tmpdir(), "steepest-test-"));
  use(path);
  return () => rm(path, { recursive: true, force: true });
};
