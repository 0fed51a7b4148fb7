import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { formatCount, formatDuration, formatNumber, formatPercent } from "./format.js";
import { bar, createProgress, secondsRemaining } from "./progress.js";

const terminal = (interactive: boolean) => {
  const stderr = new PassThrough();
  return { io: { stdout: new PassThrough(), stderr, interactive }, text: () => String(stderr.read() ?? "") };
};

describe("formats", () => {
  it.each([
    [0, "0"],
    [0.41267, "0.4127"],
    [1e-4, "0.0001"],
    [1.2e-8, "1.2e-8"],
    [-3e9, "-3e9"],
    [123456, "123500"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ])("number %d is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [0.004, "0.00 s"],
    [9.996, "10.0 s"],
    [59.96, "1 min 00 s"],
    [185.4, "3 min 05 s"],
    [3599.7, "1 h 00 min"],
    [7650, "2 h 08 min"],
    [Number.POSITIVE_INFINITY, "unknown"],
  ])("%d seconds are %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it("marks thousands and per cent", () => {
    expect(formatCount(79510)).toBe("79,510");
    expect(formatPercent(0.88123)).toBe("88.12 %");
  });
});

describe("progress", () => {
  it("redraws its lines in place and cuts them to the terminal", () => {
    const { io, text } = terminal(true);
    const progress = createProgress(io);
    progress.show(["a".repeat(100), "second"]);
    expect(text()).toBe(`${"a".repeat(79)}\nsecond`);
    progress.print("kept");
    expect(text()).toBe(`\r\u001b[1A\u001b[Jkept\n${"a".repeat(79)}\nsecond`);
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
