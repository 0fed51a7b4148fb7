import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import {
  sampleClaims,
  sampleComparison,
  sampleLineRace,
  sampleRace,
  sampleScore,
} from "../../test/samples.js";
import { claimsHtml } from "../claims/html.js";
import { comparisonHtml } from "../comparison/html.js";
import { raceHtml } from "../race/html.js";
import { scoreHtml } from "../score/html.js";
import { embeddedJson, html } from "./markup.js";

describe("html", () => {
  it("escapes every insertion that is not markup", () => {
    expect(html`<p title="${`"><b>'&`}">${"<i>"}${[html`<br>`, "<"]}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;b&gt;&#39;&amp;">&lt;i&gt;<br>&lt;</p>',
    );
  });
});

describe("embeddedJson", () => {
  it("cannot close its element, and reads back as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const data = { value, text: `</script><!--${text}\u2028` };
        const embedded = embeddedJson(data);
        expect(embedded).not.toContain("<");
        expect(JSON.stringify(JSON.parse(embedded))).toBe(JSON.stringify(data));
      }),
    );
  });
});

describe.each([
  { name: "race", page: raceHtml(sampleRace()) },
  { name: "race in one dimension", page: raceHtml(sampleLineRace()) },
  { name: "comparison", page: comparisonHtml(sampleComparison) },
  { name: "score", page: scoreHtml(sampleScore(), "npx steepest score logs") },
  { name: "report on claims", page: claimsHtml(sampleClaims) },
])("the page of a $name", ({ page }) => {
  const { document } = parseHTML(page);

  it("has one script and one style, which its policy names, and nothing from elsewhere", () => {
    expect(document.querySelectorAll("script")).toHaveLength(2);
    expect(document.querySelectorAll("style")).toHaveLength(1);
    expect(
      document.querySelectorAll(
        "img,link,iframe,object,embed,[src],[href]:not([href^='#']),[style],[onerror]",
      ),
    ).toHaveLength(0);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+';/);
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it("names its language, title and controls", () => {
    expect(document.documentElement.getAttribute("lang")).toBe("en");
    expect(document.title).not.toBe("");
    for (const control of Array.from(document.querySelectorAll("button,input,select"))) {
      const label =
        control.getAttribute("aria-label") ?? control.closest("label")?.textContent ?? control.textContent;
      expect(label?.trim()).toBeTruthy();
    }
    const ids = Array.from(document.querySelectorAll("[id]")).map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is a table of results also without its script", () => {
    expect(document.querySelectorAll("tbody tr").length).toBeGreaterThanOrEqual(2);
  });
});

describe("the page of a comparison", () => {
  it("says loudly that data were drawn by code, and only then", () => {
    expect(comparisonHtml(sampleComparison)).toContain("NOT results on fashion-mnist");
    expect(comparisonHtml({ ...sampleComparison, procedural: false })).not.toContain('class="notice"');
  });

  it("gives each entry its place and the group it cannot be told from, and the reason for a missed target", () => {
    const { document } = parseHTML(comparisonHtml(sampleComparison));
    const column = (index: number) =>
      Array.from(document.querySelectorAll(`tbody tr td:nth-child(${index})`)).map(
        (cell) => cell.textContent,
      );
    expect(column(1)).toEqual(["1", "2", "3", "4"]);
    expect(column(2)).toEqual(["1", "1", "3", "4"]);
    expect(document.body.textContent).toContain("not reached: best validation accuracy 0.832");
    expect(document.body.textContent).toContain("Not distinguishable from it with 3 seeds: adamw.");
  });

  it("counts the seeds that missed the target, and has both tests of the steps beside the difference", () => {
    const { document } = parseHTML(comparisonHtml(sampleComparison));
    const rows = Array.from(document.querySelectorAll("tbody tr")).map((row) => row.textContent ?? "");
    expect(rows[1]).toContain("p = 0.21; log-rank 0.25");
    expect(rows[1]).not.toContain("of 3 seeds");
    expect(rows[2]).toContain("2 of 3 seeds");
    expect(document.querySelector("[title^='median by Kaplan']")?.getAttribute("title")).toBe(
      "median by Kaplan and Meier 1,500, between 1,350 and beyond the budget",
    );
  });

  it("speaks of the loss alone where nothing is classified, and marks its target there", () => {
    const { document } = parseHTML(
      comparisonHtml({
        ...sampleComparison,
        target: { metric: "loss", split: "validation", value: 0.5 },
        entries: sampleComparison.entries.map(({ curves: { loss }, ...entry }) => ({
          ...entry,
          curves: { loss },
          validation: { value: 0.001234, low: 0.001, high: 0.0015 },
        })),
      }),
    );
    const headings = Array.from(document.querySelectorAll("thead th")).map((cell) => cell.textContent);
    expect(headings).toContain("validation loss");
    expect(headings).toContain("test loss");
    expect(document.querySelector("#accuracy")).toBeNull();
    expect(document.querySelector("#loss")?.textContent).toContain("target 0.5");
    expect(document.querySelector("#sensitivity")?.textContent).toContain("best validation loss");
    const row = document.querySelector("tbody tr")?.textContent;
    expect(row).toContain("0.001234");
    const { document: classified } = parseHTML(comparisonHtml(sampleComparison));
    expect(classified.querySelector("#accuracy")?.textContent).toContain("target 0.85");
    expect(classified.querySelector("#loss")?.textContent).not.toContain("target");
  });
});
