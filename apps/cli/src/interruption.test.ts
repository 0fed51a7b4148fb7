import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { interruptible, resumeLine } from "./interruption.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Sends a signal to the newest listener alone: the test runner has some of its own. */
const press = () => process.listeners("SIGINT").at(-1)?.("SIGINT");

it("takes the two signals that npm makes of one Ctrl-C for one", async () => {
  const result = await interruptible(async (signal) => {
    press();
    vi.advanceTimersByTime(50);
    press();
    return signal.aborted;
  });
  expect(result).toBe(true);
});

it("ends the process at the second Ctrl-C", async () => {
  const work = interruptible(async () => {
    press();
    vi.advanceTimersByTime(1000);
    press();
  });
  await expect(work).rejects.toThrow("exit 130");
});

it("listens no longer than the work takes", async () => {
  const before = process.listeners("SIGINT");
  await interruptible(async () => expect(process.listeners("SIGINT")).not.toEqual(before));
  expect(process.listeners("SIGINT")).toEqual(before);
});

it("names a folder so that a shell takes it as one", () => {
  expect(resumeLine("train", "runs/adam-seed0")).toBe("npx steepest train --resume runs/adam-seed0");
  expect(resumeLine("compare", "my runs")).toBe('npx steepest compare --resume "my runs"');
});
