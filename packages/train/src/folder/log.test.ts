import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FolderHold, lockFile, lockFolder } from "@steepest/files";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { openCsvLog } from "./log.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);
let hold: FolderHold;
beforeEach(async () => {
  hold = await lockFolder(folder);
});
afterEach(() => hold.release());

describe("CSV log", () => {
  it("cuts back to the length that a checkpoint knows and goes on from there", async () => {
    const path = join(folder, "log.csv");
    const first = await openCsvLog(hold, "log.csv", ["global_step", "loss"], 0);
    first.append([1, 0.5]);
    const length = await first.sync();
    first.append([2, undefined]);
    await first.flush();
    await first.close();
    expect(await readFile(path, "utf8")).toBe("global_step,loss\n1,0.5\n2,\n");

    const again = await openCsvLog(hold, "log.csv", ["global_step", "loss"], length);
    again.append([2, 0.25]);
    expect(await again.sync()).toBe("global_step,loss\n1,0.5\n2,0.25\n".length);
    await again.close();
    expect(await readFile(path, "utf8")).toBe("global_step,loss\n1,0.5\n2,0.25\n");
  });

  it("begins anew at length 0", async () => {
    const path = join(folder, "log.csv");
    await writeFile(path, "left over\n");
    const log = await openCsvLog(hold, "log.csv", ["a"], 0);
    await log.flush();
    await log.close();
    expect(await readFile(path, "utf8")).toBe("a\n");
  });

  it("hides what an earlier process writes that goes on with the same log", async () => {
    const header = "global_step,loss\n";
    for (const length of [0, header.length]) {
      const earlier = await openCsvLog(hold, "log.csv", ["global_step", "loss"], 0);
      const now = await openCsvLog(hold, "log.csv", ["global_step", "loss"], length);
      now.append([1, 0.5]);
      await now.sync();
      earlier.append([1000, 1000]);
      await earlier.sync();
      await Promise.all([earlier.close(), now.close()]);
      expect(await readFile(join(folder, "log.csv"), "utf8")).toBe(`${header}1,0.5\n`);
    }
  });

  it("refuses the log of another that took the folder over just before it is opened", async () => {
    const overtaken: FolderHold = {
      ...hold,
      async write(...given) {
        await hold.write(...given);
        await writeFile(
          join(folder, lockFile),
          JSON.stringify({ pid: 7, host: "another", place: "elsewhere" }),
        );
      },
    };
    await expect(openCsvLog(overtaken, "log.csv", ["a"], 0)).rejects.toThrow(
      /was taken over by process 7 on another/,
    );
  });

  it("refuses a file that lost rows since the checkpoint", async () => {
    const path = join(folder, "log.csv");
    await expect(openCsvLog(hold, "log.csv", ["a"], 10)).rejects.toThrow(/is missing/);
    await writeFile(path, "a\n");
    await expect(openCsvLog(hold, "log.csv", ["a"], 10)).rejects.toThrow(
      /has 2 bytes where the checkpoint knows 10/,
    );
  });
});
