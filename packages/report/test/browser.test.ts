import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimsHtml, comparisonHtml, raceHtml, scoreHtml } from "../src/index.js";
import {
  hostileName,
  sampleClaims,
  sampleComparison,
  sampleLineRace,
  sampleRace,
  sampleScore,
} from "./samples.js";

const executable = process.env.STEEPEST_CHROMIUM ?? "/usr/bin/chromium";
const available = existsSync(executable);
if (!available) {
  process.stderr.write(
    `skipped: no browser at ${executable} (set STEEPEST_CHROMIUM), so the pages were not opened in one\n`,
  );
}

describe.skipIf(!available)("pages in a real browser, offline", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "steepest-report-"));
    browser = await chromium.launch({
      executablePath: executable,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /**
   * Opens a page from disk, paused at its first step, hands it over, and checks that it complained about
   * nothing and asked for nothing.
   */
  async function visit(
    content: string,
    act: (page: Page) => Promise<void>,
    { width = 1400, height = 900, hash = "#step=0" } = {},
  ): Promise<void> {
    const file = join(folder, "page.html");
    await writeFile(file, content);
    const context = await browser.newContext({ viewport: { width, height }, offline: true });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url().replace(/#.*/, "")));
    await page.goto(pathToFileURL(file).href + hash);
    await act(page);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(file).href]);
    await context.close();
  }

  const step = (page: Page): Promise<number> => page.locator("#scrub").inputValue().then(Number);
  /** What the canvas of paths and heads shows now. */
  const drawing = (page: Page): Promise<string> =>
    page.evaluate(() => document.querySelectorAll("canvas")[1]?.toDataURL() ?? "no canvas");

  it("plays by itself, pauses, scrubs and plays again; the heads move", async () => {
    await visit(
      raceHtml(sampleRace()),
      async (page) => {
        await page.waitForFunction(() => Number(document.querySelector("input")?.value) > 0);
        await page.click("#play");
        const paused = await step(page);
        const still = await drawing(page);
        await page.evaluate(
          () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
        );
        expect(await step(page)).toBe(paused);
        expect(await drawing(page)).toBe(still);

        await page.locator("#scrub").fill("350");
        expect(await page.locator("#step").textContent()).toBe("350 / 400");
        expect(await drawing(page)).not.toBe(still);

        // From the end, play begins again.
        await page.locator("#scrub").fill("400");
        await page.selectOption("#speed", "0.1");
        await page.click("#play");
        await page.waitForFunction(() => Number(document.querySelector("input")?.value) < 400);
        await page.selectOption("#speed", "5");
        await page.waitForFunction(() => document.getElementById("play")?.textContent?.includes("Play"));
        expect(await step(page)).toBe(400);
        expect(await page.locator("#legend li", { hasText: "wild" }).textContent()).toContain("diverged");
      },
      { hash: "" },
    );
  });

  it("obeys the keyboard", async () => {
    await visit(raceHtml(sampleRace()), async (page) => {
      await page.keyboard.press("Space");
      expect(await page.locator("#play").textContent()).toContain("Pause");
      await page.keyboard.press("Space");
      expect(await page.locator("#play").textContent()).toContain("Play");
      await page.keyboard.press("Home");
      expect(await step(page)).toBe(0);
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowLeft");
      expect(await step(page)).toBe(1);
      await page.keyboard.press("Shift+ArrowRight");
      expect(await step(page)).toBe(9);
      await page.keyboard.press("End");
      expect(await step(page)).toBe(400);
      await page.keyboard.press("l");
      expect(await page.getAttribute("#log-steps", "aria-pressed")).toBe("true");
      await page.selectOption("#speed", "0.1");
      await page.locator("#speed").blur();
      await page.keyboard.press("r");
      await page.waitForFunction(() => Number(document.querySelector("input")?.value) < 400);
    });
  });

  it("hides, shows and isolates runs, and says what is under the pointer", async () => {
    await visit(raceHtml(sampleRace()), async (page) => {
      await page.keyboard.press("End");
      const pressed = () => page.locator("#legend button[aria-pressed=true]").count();
      const everything = await drawing(page);
      await page.click("#legend li:first-child button");
      expect(await pressed()).toBe(3);
      await page.mouse.move(5, 5);
      expect(await drawing(page)).not.toBe(everything);
      await page.click("#legend li:first-child button");
      expect(await pressed()).toBe(4);
      await page.dblclick("#legend li:nth-child(2) button");
      expect(await pressed()).toBe(1);
      await page.dblclick("#legend li:nth-child(2) button");
      expect(await pressed()).toBe(4);

      const chart = page.locator("#gap");
      const box = await chart.boundingBox();
      if (box === null) throw new Error("the chart has no place");
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      expect(Math.abs((await step(page)) - 200)).toBeLessThan(30);
      for (let y = 10; y < box.height && !(await chart.locator(".tip").isVisible()); y += 12) {
        await page.mouse.move(box.x + box.width / 2, box.y + y);
      }
      expect(await chart.locator(".tip").textContent()).toMatch(/at step \d+/);
    });
  });

  it("zooms, and fits a phone without scrolling sideways", async () => {
    await visit(
      raceHtml(sampleRace()),
      async (page) => {
        const field = () => page.evaluate(() => document.querySelector("canvas")?.toDataURL());
        const whole = await field();
        await page.click("#zoom-in");
        expect(await field()).not.toBe(whole);
        await page.click("#zoom-fit");
        expect(await field()).toBe(whole);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
      },
      { width: 360, height: 740 },
    );
  });

  it("stands a run that is lost from the start, and boxes of any size", async () => {
    const race = sampleRace();
    const lost = {
      label: "lost",
      x: [],
      y: [],
      gap: [],
      finalValue: Number.NaN,
      distance: Number.POSITIVE_INFINITY,
    };
    for (const scale of [1e-12, 1e60]) {
      const bounds: readonly [number, number] = [-scale, 2 * scale];
      const view =
        race.view.kind === "plane" ? { ...race.view, bounds: [bounds, bounds] as const } : race.view;
      const runs = [...race.runs, { ...lost, outcome: { kind: "diverged" as const, step: 0 } }];
      await visit(raceHtml({ ...race, view, runs }), async (page) => {
        await page.keyboard.press("End");
        expect(await page.locator("#legend li", { hasText: "lost" }).textContent()).toContain("diverged");
        await page.click("#zoom-in");
      });
    }
    await visit(raceHtml({ ...race, runs: [] }), async (page) => page.keyboard.press("End"));
  });

  it("shows a race in one dimension as lines over the steps", async () => {
    await visit(raceHtml(sampleLineRace()), async (page) => {
      expect(await page.locator("canvas").count()).toBe(0);
      expect(await page.locator("#field svg").first().textContent()).toContain("minimiser -1");
      await page.keyboard.press("End");
      expect(await page.locator("#legend").textContent()).toMatch(/right0\s*wrong2/);
    });
  });

  it("turns the curves of a comparison and links them to the table", async () => {
    await visit(comparisonHtml(sampleComparison), async (page) => {
      const axis = () => page.locator("#loss svg").first().textContent();
      expect(await axis()).toContain("steps");
      await page.click("#over-seconds");
      expect(await axis()).toContain("CPU seconds");
      const linear = await page.locator("#accuracy svg").first().innerHTML();
      await page.click("#log-progress");
      expect(await page.locator("#accuracy svg").first().innerHTML()).not.toBe(linear);
      await page.click("#legend li:first-child button");
      expect(await page.locator("tr.muted").count()).toBe(1);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
    });
  });

  it("hides a series in all charts of its claim and names the line under the pointer, on a narrow screen too", async () => {
    for (const width of [1400, 390]) {
      await visit(
        claimsHtml(sampleClaims),
        async (page) => {
          const lines = (chart: number) =>
            page.locator(`#chart-first-one-${chart} svg path[stroke^=var] title`).count();
          expect([await lines(0), await lines(1)]).toEqual([2, 1]);
          await page.click("#legend-first-one li:first-child button");
          expect([await lines(0), await lines(1)]).toEqual([1, 0]);
          await page.click("#legend-first-one li:first-child button");
          const chart = page.locator("#chart-first-one-1");
          // Asked again until it is so: the page redraws its charts as it finds their size.
          const named = async (): Promise<string | null> => {
            await chart.scrollIntoViewIfNeeded();
            const box = await chart.boundingBox();
            if (box === null) throw new Error("the chart has no box");
            await page.mouse.move(box.x + 10, box.y + 10);
            await page.mouse.move(box.x + 56 + (box.width - 80) / 2, box.y + 12 + (box.height - 54) / 2);
            return chart.locator(".tip").textContent();
          };
          await expect.poll(named).toMatch(/^square: 2(\.0\d*)? at n/);
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
          ).toBeLessThanOrEqual(0);
        },
        { width },
      );
    }
  });

  it("opens the reason of a cell of a score, draws bands, and fits a phone", async () => {
    const content = scoreHtml(sampleScore(), "npx steepest score logs");
    await visit(content, async (page) => {
      const profile = () => page.locator("#chart-profile svg").first().innerHTML();
      const plain = await profile();
      await page.click("#all-bands");
      expect(await profile()).not.toBe(plain);
      await page.click("#legend li:first-child button");
      expect(await page.locator("tr.muted").count()).toBeGreaterThan(0);
      await page.click("button[popovertarget=cell-1-0]");
      const shown = page.locator("#cell-1-0");
      expect(await shown.isVisible()).toBe(true);
      expect(await shown.textContent()).toContain(`${hostileName} on a`);
      await page.keyboard.press("Escape");
      expect(await shown.isVisible()).toBe(false);
    });
    await visit(
      content,
      async (page) => {
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
      },
      { width: 390, height: 800 },
    );
  });
});
