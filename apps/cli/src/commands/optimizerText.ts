import type { ArgumentMapping, Citation, GivenValues, HyperSpec, RegistryEntry } from "@steepest/optim";
import { displayWidth, textTable } from "@steepest/report";

/**
 * An optimizer a row: name, update, state, reference. Where a row is wider than `width` columns its update takes several lines.
 */
export function optimizerTable(entries: readonly RegistryEntry[], width: number): string {
  const rows = entries.map((entry) => ({
    name: entry.name,
    equations: entry.plainFormula(),
    state: String(entry.stateBytesPerParameter()),
    reference: shortReference(entry.cite),
  }));
  const titles = { name: "name", state: "state", reference: "reference" } as const;
  const widest = (column: keyof typeof titles) =>
    Math.max(...[titles[column], ...rows.map((row) => row[column])].map(displayWidth));
  const beside = width - widest("name") - widest("state") - 2 * gap;
  // In a narrow terminal the equations are worth more than who wrote them.
  const hasReference = beside - widest("reference") - gap >= narrowestEquations;
  const left = hasReference ? beside - widest("reference") - gap : beside;
  const table = textTable(
    [
      { title: titles.name },
      { title: "update", shrinks: true },
      { title: titles.state, align: "right" },
      ...(hasReference ? [{ title: titles.reference }] : []),
    ],
    rows.flatMap(({ name, equations, state, reference }) => {
      const [first = "", ...more] = joinedWithin(equations, left);
      return [
        [name, first, state, ...(hasReference ? [reference] : [])],
        ...more.map((line) => ["", line, "", ""]),
      ];
    }),
    { width },
  );
  return `${table}\n\nState is in bytes a parameter (float32). One in full: steepest optimizers NAME`;
}

/** Columns that equations have at least beside references. */
const narrowestEquations = 30;

/** Columns between two columns of a table. */
const gap = 2;

/** Equations in lines of at most `width` columns, as many in a line as fit. */
function joinedWithin(equations: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const equation of equations) {
    const longer = line === "" ? equation : `${line}; ${equation}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = equation;
    } else line = longer;
  }
  return [...lines, line];
}

/** Everything that the registry says of an optimizer, in the form that the given preset and options choose. */
export function describeOptimizer(entry: RegistryEntry, given: GivenValues): string {
  const { hyper, options } = entry.choose(given);
  const { authors, year, title, url } = entry.cite;
  const section = (heading: string, text: string) =>
    text === "" ? [] : ["", heading, ...text.split("\n").map((line) => `  ${line}`)];
  const table = (titles: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0
      ? ""
      : textTable(
          titles.map((title) => ({ title })),
          rows,
        );
  return [
    `${entry.title} (${entry.name}): ${entry.summary}`,
    ...section(
      "Update at step k = 1, 2, ... (without the terms that are off by default)",
      entry.plainFormula(options).join("\n"),
    ),
    ...section("LaTeX", entry.latex(options)),
    ...section(
      "Hyper-parameters",
      table(
        ["name", "value", "range", "meaning"],
        Object.entries(entry.hyper).map(([name, spec]) => [
          name,
          String(hyper[name]),
          ranges[spec.kind],
          spec.description,
        ]),
      ),
    ),
    ...section(
      "Options",
      table(
        ["name", "value", "choices", "meaning"],
        Object.entries(entry.options).map(([name, spec]) => [
          name,
          String(options[name]),
          spec.values.join(", "),
          spec.description,
        ]),
      ),
    ),
    ...Object.entries(entry.presets).flatMap(([preset, { values, arguments: mappings }]) =>
      section(
        `Preset ${preset}: ${Object.entries(values)
          .map(([name, value]) => `${name}=${value}`)
          .join(", ")}`,
        table(
          [`${preset}'s argument`, "ours"],
          Object.entries(mappings).map(([name, mapping]) => [name, mappingText(mapping)]),
        ),
      ),
    ),
    ...section("State", `${entry.stateBytesPerParameter(options)} bytes a parameter in float32`),
    ...section("Reference", `${authors} (${year}). ${title}.${url === undefined ? "" : `\n${url}`}`),
  ].join("\n");
}

/** The same as plain data. */
export function optimizerData(entry: RegistryEntry, given: GivenValues) {
  const { name, title, summary, kind, adaptive, hyper, options, presets, cite } = entry;
  const chosen = entry.choose(given);
  return {
    ...{ name, title, summary, kind, adaptive, chosen },
    formula: entry.plainFormula(chosen.options),
    latex: entry.latex(chosen.options),
    stateBytesPerParameter: entry.stateBytesPerParameter(chosen.options),
    ...{ hyper, options, presets, cite },
  };
}

const ranges: Readonly<Record<HyperSpec["kind"], string>> = {
  stepSize: ">= 0",
  decayRate: "[0, 1)",
  nonNegative: ">= 0",
  positive: "> 0",
  count: "integer >= 1",
  fraction: "[0, 1]",
  growth: ">= 1, or 0",
  real: "any",
};

/** `Kingma, Ba 2014`; more than two authors become the first and others. */
function shortReference({ authors, year }: Citation): string {
  const names = authors.split(", ");
  return `${names.length > 2 ? `${names[0]} et al.` : authors} ${year}`;
}

/** How an argument of the original becomes ours. */
function mappingText(mapping: ArgumentMapping): string {
  if (typeof mapping === "string") return mapping;
  if ("tuple" in mapping) return `(${mapping.tuple.join(", ")})`;
  if ("each" in mapping) return mapping.each.join(" and ");
  if ("enables" in mapping)
    return `${mapping.name}; unless 0 also ${Object.entries(mapping.enables)
      .map(([name, value]) => `${name}=${value}`)
      .join(", ")}`;
  if ("unlimited" in mapping) return `${mapping.name}; inf is ${mapping.unlimited}`;
  if ("values" in mapping)
    return Object.entries(mapping.values)
      .map(
        ([value, settings]) =>
          `${value}: ${
            Object.entries(settings)
              .map(([name, setting]) => `${name}=${setting}`)
              .join(", ") || "as it is"
          }`,
      )
      .join("; ");
  return `only ${mapping.only === null ? "None" : mapping.only}. ${mapping.otherwise}`;
}
