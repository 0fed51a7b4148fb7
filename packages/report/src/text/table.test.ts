import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textTable } from "./table.js";
import { displayWidth, truncate } from "./width.js";

describe("textTable", () => {
  it("aligns titles, numbers and names", () => {
    const table = textTable(
      [{ title: "optimizer" }, { title: "value", align: "right" }],
      [
        ["adam", "0.5"],
        ["amsgrad", "12.25"],
      ],
    );
    expect(table).toBe(
      ["optimizer  value", "─────────  ─────", "adam         0.5", "amsgrad    12.25"].join("\n"),
    );
  });

  it("fits a terminal by shortening the column that may shrink", () => {
    const table = textTable(
      [{ title: "name" }, { title: "summary", shrinks: true }],
      [["adam", "adaptive moments with bias correction"]],
      { width: 24 },
    );
    expect(table.split("\n").at(-1)).toBe("adam  adaptive moments …");
  });

  it("colours without changing the widths, and only when asked", () => {
    const columns = [{ title: "state" }, { title: "step", align: "right" as const }];
    const rows = [[{ text: "diverged", tone: "bad" as const }, "7"]];
    const plain = textTable(columns, rows);
    const coloured = textTable(columns, rows, { colour: true });
    expect(coloured).not.toBe(plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is removed
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("does not let a name move the cursor", () => {
    expect(textTable([{ title: "n" }], [["a\u001b[2Jb\nc"]]).split("\n")).toHaveLength(3);
  });

  it("never exceeds the terminal where every column may shrink to its floor", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })), {
          maxLength: 5,
        }),
        fc.integer({ min: 14, max: 60 }),
        (rows, width) => {
          const columns = [
            { title: "a", shrinks: true },
            { title: "b", shrinks: true },
          ];
          for (const line of textTable(columns, rows, { width }).split("\n")) {
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });
});

describe("displayWidth", () => {
  it("counts terminal columns", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth("日本")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
  });

  it("bounds a truncated text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.nat(20), (text, columns) => {
        expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
