import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";

/**
 * A hook for `beforeAll` that makes a folder the working folder of this process, without a network, hands
 * over its path, and undoes all that afterwards.
 */
export const workingFolder = (use: (path: string) => void) => async () => {
  const home = process.cwd();
  const { STEEPEST_OFFLINE: before } = process.env;
  const remove = await temporaryFolder((path) => {
    process.chdir(path);
    use(path);
  })();
  process.env.STEEPEST_OFFLINE = "1";
  return async () => {
    process.chdir(home);
    if (before === undefined) delete process.env.STEEPEST_OFFLINE;
    else process.env.STEEPEST_OFFLINE = before;
    await remove();
  };
};
