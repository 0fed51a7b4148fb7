import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { bar, createProgress, secondsRemaining } from "./progress.js";

const terminal = (interactive: boolean) => {
  const stderr = new PassThrough();
  return { io: { stdout: new PassThrough(), stderr, interactive }, text: () => String(stderr.read() ?? "") };
};

describe("progress", () => {
  it("redraws its lines in place and cuts them to the terminal", () => {
    const { io, text } = terminal(true);
    const progress = createProgress(io);
    progress.show(["a".repeat(100), "second"]);
    expect(text()).toBe(`${"a".repeat(78)}…\nsecond`);
    progress.print("kept");
    expect(text()).toBe(`\r\u001b[1A\u001b[Jkept\n${"a".repeat(78)}…\nsecond`);
    progress.clear();
    expect(text()).toBe("\r\u001b[1A\u001b[J");
  });

  it("writes only the lines that stay where stderr is no terminal", () => {
    const { io, text } = terminal(false);
    const progress = createProgress(io);
    progress.show("live");
    progress.print("kept");
    progress.clear();
    expect(text()).toBe("kept\n");
  });

  it("extrapolates what remains and draws a bar", () => {
    expect(secondsRemaining(25, 100, 5)).toBe(15);
    expect(secondsRemaining(0, 100, 5)).toBe(Number.POSITIVE_INFINITY);
    expect(bar(0.5, 4)).toBe("██░░");
  });
});
