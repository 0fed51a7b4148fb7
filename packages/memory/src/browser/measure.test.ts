import { existsSync } from "node:fs";
import type { ParameterSpec } from "@steepest/optim";
import { describe, expect, test } from "vitest";
import { browserPath, measureInBrowser, plannedBrowserArena } from "./measure.js";
import { measureArena } from "./page.js";

/* Shows that what is planned is what a page of a real browser takes, to the byte. */

const parameters: readonly ParameterSpec[] = [
  { name: "hidden", shape: [784, 100], role: "hiddenMatrix" },
  { name: "bias", shape: [100], role: "bias" },
  { name: "head", shape: [100, 10], role: "head" },
];

const page = 65_536;
const available = existsSync(browserPath());
if (!available) process.stderr.write(`skipped: no browser at ${browserPath()} (set STEEPEST_CHROMIUM)\n`);

describe.skipIf(!available)("in a real browser", () => {
  test.each(["adamw", "muon"])("%s takes what is planned, in pages of 64 KiB", async (optimizer) => {
    const { rows, browser } = await measureInBrowser({ optimizer, parameters });
    expect(browser).toMatch(/Chrome/);
    expect(rows.map(({ name }) => name)).toContain("WebAssembly memory of the page");
    for (const { name, predictedBytes, measuredBytes } of rows)
      expect([name, measuredBytes]).toEqual([name, predictedBytes]);
    const [arena, kernels, all] = rows.slice(-3).map(({ measuredBytes }) => measuredBytes);
    expect((arena ?? 1) % page).toBe(0);
    expect((kernels ?? 0) > 0).toBe(optimizer === "muon");
    expect(all).toBe((arena ?? 0) + (kernels ?? 0));
  });

  test("what the optimizer refuses is refused before a browser is started", async () => {
    await expect(measureInBrowser({ optimizer: "adamx", parameters })).rejects.toThrow(/adamx/);
  });

  test("an aborted measurement ends with the signal's reason", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(measureInBrowser({ optimizer: "adamw", parameters }, { signal })).rejects.toBe(reason);
  });
});

describe("without a browser", () => {
  test("the error says where it was sought, and what to do", async () => {
    const executable = "/nowhere/chromium";
    await expect(measureInBrowser({ optimizer: "adamw", parameters }, { executable })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(executable),
      fix: expect.stringContaining("STEEPEST_CHROMIUM"),
    });
  });

  test("a browser that ends at once is told of", async () => {
    const executable = "/bin/false";
    await expect(measureInBrowser({ optimizer: "adamw", parameters }, { executable })).rejects.toThrow(
      /ended before its page had answered/,
    );
  });

  test.each(["sgd", "adamw", "muon", "shampoo", "lbfgs"])(
    "Node's memories under %s are as planned",
    (optimizer) => {
      const small: readonly ParameterSpec[] = [{ name: "w", shape: [12, 8], role: "hiddenMatrix" }];
      const planned = plannedBrowserArena({ optimizer, parameters: small });
      const { state, ...measured } = measureArena({ optimizer, parameters: small });
      expect(measured).toEqual({ ...planned, state: undefined });
      expect(state).toBeLessThanOrEqual(planned.state);
    },
  );
});
