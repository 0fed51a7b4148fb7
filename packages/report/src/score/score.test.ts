import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { hostileName, sampleScore } from "../../test/samples.js";
import { scorePicture } from "./charts.js";
import { scoreCsv, scoreLatex, scoreMarkdown } from "./files.js";
import { cellText, rankRange } from "./grid.js";
import { scoreHtml } from "./html.js";
import { scoreJson } from "./json.js";
import { scoreTable } from "./table.js";

const data = sampleScore();

describe("profiles", () => {
  const [first] = scorePicture(data).entries;

  it("are steps: two points at each ratio, flat between them, the band with them", () => {
    if (first === undefined) throw new Error("there is no profile");
    const { x, y, band } = first.profile;
    expect(x).toEqual([1, 2.5, 2.5, 4, 4]);
    expect(y).toEqual([0.5, 0.5, 1, 1, 1]);
    expect(band.low).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
    expect([band.high.length, x.length]).toEqual([5, 5]);
  });
});

describe("cells in few characters", () => {
  it("are the ratio, or the rule", () => {
    const cell = { submission: "s", workload: "w", seconds: 1, ratio: Number.POSITIVE_INFINITY, reason: "" };
    expect(cellText({ ...cell, kind: "solved", ratio: 1.239 })).toBe("1.24");
    expect(cellText({ ...cell, kind: "held-out rule" })).toBe("held-out");
    expect(cellText({ ...cell, kind: "4x rule" })).toBe("4x");
    expect(cellText({ ...cell, kind: "over budget" })).toBe("over budget");
  });

  it("ranks are a range, or nothing", () => {
    const at = (rank: number) => ({ left: "x", score: 0, rank });
    expect(rankRange([at(3), at(1), at(2)])).toBe("1–3");
    expect(rankRange([at(2), at(2)])).toBe("2");
    expect(rankRange([])).toBe("–");
  });
});

describe("a hostile name", () => {
  it("stays a cell in CSV, Markdown and LaTeX", () => {
    const named = {
      ...data,
      submissions: data.submissions.map((entry) => ({ ...entry, name: 'a,"b"|c_d\n\\e' })),
    };
    expect(scoreCsv(named)).toContain('1,"a,""b""|c_d\n\\e",');
    const markdown = scoreMarkdown(named).split("\n");
    expect(markdown[2]?.startsWith('| 1 | a,"b"\\|c\\_d \\\\e | 0.75')).toBe(true);
    expect(scoreLatex(named)).toContain('1 & a,"b"|c\\_d \\textbackslash{}e & 0.750000');
    expect(scoreTable(named, {})).not.toContain("d\n");
  });

  it("stays text in the page", () => {
    const page = scoreHtml(data, "npx steepest score logs");
    const { document } = parseHTML(page);
    expect(document.body.textContent).toContain(hostileName);
    expect(document.querySelectorAll("img")).toHaveLength(0);
  });
});

describe("times that were not reached", () => {
  it("are counted beside the score, in every form for people", () => {
    for (const text of [
      scoreTable(data, {}),
      scoreMarkdown(data),
      scoreHtml(data, "npx steepest score logs"),
    ])
      expect(text).toContain("2/3");
    const { document } = parseHTML(scoreHtml(data, "npx steepest score logs"));
    expect(document.querySelector("#cell-0-0")?.textContent).toContain("2 of 3 studies reached the target.");
  });

  it("tell pairs apart of which the scores do not, in words and as a table: scores above, times below", () => {
    expect(scoreTable(data, {})).toContain(
      `Of 1 pair that scores do not tell apart, the times to all targets do 1: first and ${hostileName} (p = 0.008)`,
    );
    const { document } = parseHTML(scoreHtml(data, "npx steepest score logs"));
    const table = document.querySelector("[aria-label='p-values of every pair'] table");
    const cells = Array.from(table?.querySelectorAll("tbody tr") ?? []).map((row) =>
      Array.from(row.querySelectorAll("td")).map((cell) => [
        cell.textContent,
        cell.querySelector("strong") !== null,
      ]),
    );
    expect(cells).toEqual([
      [
        ["1", false],
        ["–", false],
        ["0.1", false],
      ],
      [
        ["2", false],
        ["0.008", true],
        ["–", false],
      ],
    ]);
    const decided = { ...data, pairs: data.pairs.map((pair) => ({ ...pair, distinguishable: true })) };
    expect(scoreTable(decided, {})).not.toContain("tell apart, the times");
  });
});

describe("JSON", () => {
  it("has nulls for what is infinite or missing", () => {
    const { cells, submissions, pairs } = scoreJson(data);
    expect(submissions[0]).toEqual({ name: "first", score: 0.75, interval: [0.7, 0.8], rank: 1 });
    expect(cells.map(({ time, ratio }) => [time, ratio])).toEqual([
      [10, 1],
      [25, 2.5],
      [41, null],
      [null, null],
    ]);
    expect(JSON.parse(JSON.stringify(cells))).toEqual(cells);
    expect(cells[0]).toMatchObject({
      studies: { reached: 2, of: 3 },
      kaplanMeier: { median: 10, interval: [9, null] },
    });
    expect(cells[1]).not.toHaveProperty("kaplanMeier");
    expect(pairs).toEqual(data.pairs);
  });
});

describe("the page", () => {
  it("shows the reason of every cell, damage, and what is irregular", () => {
    const { document } = parseHTML(scoreHtml(data, "npx steepest score logs"));
    const reasons = Array.from(document.querySelectorAll("[popover]")).map(
      (element) => element.textContent ?? "",
    );
    expect(reasons).toHaveLength(4);
    for (const [i, { reason }] of data.cells.entries()) expect(reasons[i]).toContain(reason);
    for (const target of Array.from(document.querySelectorAll("[popovertarget]")))
      expect(document.getElementById(target.getAttribute("popovertarget") ?? "")).not.toBeNull();
    expect(document.body.textContent).toContain("first/log.csv:3 score is NaN");
    expect(document.body.textContent).toContain("first: 1 trial instead of 5");
  });
});
