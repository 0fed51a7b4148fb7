import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { openCsvLog } from "./log.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

describe("CSV log", () => {
  it("cuts back to the length that a checkpoint knows and goes on from there", async () => {
    const path = join(folder, "log.csv");
    const first = await openCsvLog(path, ["global_step", "loss"], 0);
    first.append([1, 0.5]);
    const length = await first.sync();
    first.append([2, undefined]);
    await first.flush();
    await first.close();
    expect(await readFile(path, "utf8")).toBe("global_step,loss\n1,0.5\n2,\n");

    const again = await openCsvLog(path, ["global_step", "loss"], length);
    again.append([2, 0.25]);
    expect(await again.sync()).toBe("global_step,loss\n1,0.5\n2,0.25\n".length);
    await again.close();
    expect(await readFile(path, "utf8")).toBe("global_step,loss\n1,0.5\n2,0.25\n");
  });

  it("begins anew at length 0", async () => {
    const path = join(folder, "log.csv");
    await writeFile(path, "left over\n");
    const log = await openCsvLog(path, ["a"], 0);
    await log.flush();
    await log.close();
    expect(await readFile(path, "utf8")).toBe("a\n");
  });

  it("refuses a file that lost rows since the checkpoint", async () => {
    const path = join(folder, "log.csv");
    await expect(openCsvLog(path, ["a"], 10)).rejects.toThrow(/is missing/);
    await writeFile(path, "a\n");
    await expect(openCsvLog(path, ["a"], 10)).rejects.toThrow(/has 2 bytes where the checkpoint knows 10/);
  });
});
