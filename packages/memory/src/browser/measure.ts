import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  createOptimizer,
  optimizerOf,
  parseOptimizerSpec,
  plannedArenaBytes,
  SteepestError,
  wasmLinearAlgebra,
} from "@steepest/optim";
import type { ArenaRequest, BrowserArena } from "./arena.js";
import { type PageAnswer, servePage } from "./server.js";

/** One thing that was both planned and measured, to the byte. */
export interface BrowserRow {
  readonly name: string;
  readonly predictedBytes: number;
  readonly measuredBytes: number;
}

/** What an optimizer takes in a browser, planned beside measured. Plain data. */
export interface BrowserMeasurement {
  readonly optimizer: string;
  /** As the browser names itself. */
  readonly browser: string;
  readonly rows: readonly BrowserRow[];
}

/** The browser that tests use, too. */
export const browserPath = (): string => process.env.STEEPEST_CHROMIUM ?? "/usr/bin/chromium";

/**
 * Builds an optimizer in a page of a real browser, takes a step, and sets what WebAssembly's memories hold beside
 * what was planned: pages of 64 KiB, to the byte.
 *
 * @throws SteepestError `unavailable` where there is no browser, or it does not answer; for what the
 *   optimizer refuses; the signal's reason where it is aborted
 */
export async function measureInBrowser(
  request: ArenaRequest,
  {
    signal,
    executable = browserPath(),
  }: { readonly signal?: AbortSignal; readonly executable?: string } = {},
): Promise<BrowserMeasurement> {
  const planned = plannedBrowserArena(request);
  if (!existsSync(executable))
    throw new SteepestError(
      "unavailable",
      `there is no browser at ${executable}`,
      "Install Chromium (apt-get install chromium), or name one: STEEPEST_CHROMIUM=/path/to/chrome",
    );
  const server = await servePage(request);
  try {
    const { reply, browser } = await visited(executable, server, signal);
    if (reply.kind === "failed")
      throw new SteepestError(
        "unavailable",
        `the page could not build the optimizer: ${reply.reason}`,
        "Measure a smaller model, or without --browser",
      );
    return { optimizer: request.optimizer, browser, rows: compared(planned, reply.arena) };
  } finally {
    await server.close();
  }
}

/** What a page will say, from declarations. */
export function plannedBrowserArena({ optimizer, parameters }: ArenaRequest): BrowserArena {
  const spec = parseOptimizerSpec(optimizer);
  const { parameters: own, gradients, state, total } = plannedArenaBytes(spec, parameters);
  const memories = [total];
  if (optimizerOf(spec).kind === "matrix") {
    const linearAlgebra = wasmLinearAlgebra();
    createOptimizer(spec, parameters, { linearAlgebra });
    memories.push(linearAlgebra.workspaceBytes ?? 0);
  }
  return { parameters: own, gradients, state, arena: total, memories };
}

const total = (memories: readonly number[]): number => memories.reduce((sum, bytes) => sum + bytes, 0);

const compared = (planned: BrowserArena, measured: BrowserArena): readonly BrowserRow[] =>
  [
    { name: "parameters", of: (arena: BrowserArena) => arena.parameters },
    { name: "gradients", of: (arena: BrowserArena) => arena.gradients },
    { name: "optimizer state", of: (arena: BrowserArena) => arena.state },
    { name: "arena in all", of: (arena: BrowserArena) => arena.arena },
    { name: "linear algebra: kernels", of: (arena: BrowserArena) => total(arena.memories) - arena.arena },
    { name: "WebAssembly memory of the page", of: (arena: BrowserArena) => total(arena.memories) },
  ].map(({ name, of }) => ({ name, predictedBytes: of(planned), measuredBytes: of(measured) }));

/** Milliseconds until a page that has not answered is given up: its renderer may have crashed. */
const patience = 120_000;

/** Characters of the browser's complaints that an error shows. */
const shownCharacters = 2000;

/** Opens the page in a browser without a window, whose profile is thrown away, until the page has answered. */
async function visited(
  executable: string,
  { url, answered }: { readonly url: string; readonly answered: Promise<PageAnswer> },
  signal?: AbortSignal,
): Promise<PageAnswer> {
  signal?.throwIfAborted();
  const profile = await mkdtemp(join(tmpdir(), "steepest-browser-"));
  const browser = spawn(executable, [...flags, `--user-data-dir=${profile}`, url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  browser.stderr.on("data", (data: Buffer) => {
    complaints = (complaints + data.toString()).slice(-shownCharacters);
  });
  const ended = new Promise<void>((resolve) => {
    browser.once("close", () => resolve());
    browser.once("error", () => resolve());
  });
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
  });
  signal?.addEventListener("abort", abort, { once: true });
  const wait = new AbortController();
  try {
    return await Promise.race([
      answered,
      aborted,
      setTimeout(patience, undefined, { signal: wait.signal }).then(() => {
        throw new SteepestError(
          "unavailable",
          `the page in ${executable} has not answered for ${patience / 1e3} s`,
          "Measure a smaller model, or without --browser",
        );
      }),
      ended.then(() => {
        throw new SteepestError(
          "unavailable",
          `${executable} ended before its page had answered:\n${complaints.trim()}\n`,
          `See whether it runs: ${executable} --version`,
        );
      }),
    ]);
  } finally {
    signal?.removeEventListener("abort", abort);
    wait.abort();
    browser.kill("SIGKILL");
    await ended;
    // Its helpers may write to the profile for a moment longer.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** No window, no graphics card, nothing asked of other machines; as root, Chromium wants no sandbox. */
const flags = [
  ...["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--disable-extensions"],
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];
