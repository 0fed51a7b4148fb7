import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { sampleClaims } from "../../test/samples.js";
import type { SvgNode } from "../chart/node.js";
import { claimPicture } from "./charts.js";
import type { ClaimEffect, Range } from "./data.js";
import { effectStrip } from "./effectStrip.js";
import { claimsHtml } from "./html.js";
import { intervalText, rangeText, reasonText, tallyText } from "./phrases.js";

const effects = sampleClaims.claims.flatMap(({ verdict }) => verdict.effects);

describe("the words for a verdict", () => {
  it("say the range, the interval and the reason", () => {
    expect(effects.map(({ holds }) => rangeText(holds))).toEqual([
      "between 0.4 and 0.6",
      "above 2",
      "below 1",
      "below 1",
    ]);
    expect(intervalText(0.5, { low: 0.45, high: 0.55 })).toBe("0.5 [0.45, 0.55]");
    expect(intervalText(1, { low: 1, high: 1 })).toBe("1");
    expect(effects.map(reasonText)).toEqual([
      "the whole interval is between 0.4 and 0.6",
      "it is not above 2",
      "part of the interval is not below 1: more seeds may decide",
      "some seeds gave no finite value",
    ]);
    expect(tallyText(sampleClaims.claims)).toBe("3 claims: 1 holds, 1 does not hold, 1 is inconclusive");
  });
});

describe("the strip of an effect", () => {
  const parts = (effect: ClaimEffect): readonly SvgNode[] =>
    effectStrip(effect).children.filter((child) => typeof child !== "string");
  const strip = (holds: Range, low: number, estimate: number, high: number) => {
    const [shade, , ...rest] = parts({
      ...{ quantity: "q", level: 0.95, method: "Student t", kind: "holds" },
      ...{ holds, low, estimate, high },
    });
    const dot = rest.find(({ tag }) => tag === "circle")?.attributes.cx;
    const [from, width] = [Number(shade?.attributes.x), Number(shade?.attributes.width)];
    return { from, to: from + width, dot: Number(dot) };
  };

  it("has the estimate inside the shade exactly where it is in the range", () => {
    for (const holds of [
      { above: 2 },
      { below: 2 },
      { between: [2, 5] },
    ] as const satisfies readonly Range[]) {
      for (const estimate of [-1e3, 0, 1.9, 2.1, 4.9, 5.1, 1e6]) {
        const { from, to, dot } = strip(holds, estimate - 0.01, estimate, estimate + 0.01);
        const inside =
          ("above" in holds && estimate > 2) ||
          ("below" in holds && estimate < 2) ||
          ("between" in holds && estimate > 2 && estimate < 5);
        expect([holds, estimate, dot >= from && dot <= to]).toEqual([holds, estimate, inside]);
      }
    }
  });

  it("shows no interval where there is none", () => {
    const broken = effects.find(({ quantity }) => quantity === "broken");
    if (broken === undefined) throw new Error("the sample has a broken effect");
    expect(parts(broken).some(({ tag }) => tag === "circle")).toBe(false);
  });
});

describe("the picture of a claim", () => {
  const [first] = sampleClaims.claims;
  if (first === undefined) throw new Error("the sample has a first claim");
  const picture = claimPicture(first);

  it("gives a series one style in all charts", () => {
    expect(picture.legend).toHaveLength(2);
    expect(picture.charts[1]?.series[0]?.style).toEqual(picture.charts[0]?.series[0]?.style);
    expect(picture.charts[0]?.series[1]?.style).not.toEqual(picture.charts[0]?.series[0]?.style);
  });

  it("keeps few points of many, a gap among them, and room around the outermost", () => {
    const [many, few] = picture.charts;
    const [square, gapped] = many?.series ?? [];
    expect(square?.x.length).toBeLessThanOrEqual(600);
    expect([square?.x[0], square?.x.at(-1)]).toEqual([1, 5000]);
    expect(gapped?.y.some(Number.isNaN)).toBe(true);
    expect(few?.x.domain?.[0]).toBeLessThan(0);
    expect(few?.y.domain?.[0]).toBeLessThan(0);
    expect(few?.y.domain?.[1]).toBeGreaterThan(4);
  });
});

describe("the page of claims", () => {
  const { document } = parseHTML(claimsHtml(sampleClaims));

  it("has an overview that leads to every claim, with its verdict", () => {
    const rows = Array.from(document.querySelectorAll("tbody tr")).slice(0, 3);
    expect(rows.map((row) => row.querySelector(".badge")?.textContent)).toEqual([
      "✓ holds",
      "✗ does not hold",
      "? inconclusive",
    ]);
    for (const row of rows) {
      const target = row.querySelector("a")?.getAttribute("href")?.slice(1) ?? "";
      expect(document.getElementById(target)?.querySelector("h2")?.textContent).toBe(
        row.querySelector("td.quantity")?.firstChild?.textContent,
      );
    }
  });

  it("shows a caveat wherever it shows the verdict, and none where there is none", () => {
    const caveats = Array.from(document.querySelectorAll("tbody tr .caveat"), (node) => node.textContent);
    expect(caveats).toEqual(["At twice the price."]);
    expect(document.getElementById("first-one")?.textContent).toContain("Beside it. At twice the price.");
    expect(document.getElementById("second-one")?.textContent).not.toContain("Beside it");
  });

  it("shows claim, setting, interval, figures, tables and still charts", () => {
    const text = document.getElementById("first-one")?.textContent ?? "";
    for (const part of [
      "Halves are halves.",
      "Halves of numbers. 3 seeds.",
      "0.5 [0.45, 0.55]",
      "12.5 [11, 14] µs",
      "<i>",
      "0.1235",
    ])
      expect(text).toContain(part);
    expect(document.querySelectorAll("#first-one .chart svg[role=img]")).toHaveLength(2);
    expect(document.querySelectorAll("#second-one .chart")).toHaveLength(0);
  });
});
