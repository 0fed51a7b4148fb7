import {
  type ArgumentMapping,
  type ChosenValues,
  type Citation,
  findOptimizer,
  type GivenValues,
  type HyperSpec,
  matrixStateExample,
  type RegistryEntry,
} from "@steepest/optim";
import { displayWidth, textTable } from "@steepest/report";

/**
 * An optimizer a row: name, update, state, reference. Where a row is wider than `width` columns its update
 * takes several lines, and where there is little room the reference is the last of them.
 */
export function optimizerTable(entries: readonly RegistryEntry[], width: number): string {
  const rows = entries.map((entry) => ({
    name: entry.name,
    equations: entry.plainFormula(),
    state: stateText(entry),
    reference: shortReference(entry.cite),
  }));
  const titles = { name: "name", state: "state", reference: "reference" } as const;
  const widest = (column: keyof typeof titles) =>
    Math.max(...[titles[column], ...rows.map((row) => row[column])].map(displayWidth));
  const beside = width - widest("name") - widest("state") - 2 * gap;
  // In a narrow terminal the equations need the room.
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
      const lines = joinedWithin(equations, left);
      const [first = "", ...more] = hasReference ? lines : [...lines, `(${reference})`];
      return [
        [name, first, state, ...(hasReference ? [reference] : [])],
        ...more.map((line) => ["", line, "", ""]),
      ];
    }),
    { width },
  );
  return [
    ...[table, ""],
    "State is in bytes a parameter (float32).",
    ...(entries.some(({ kind }) => kind === "matrix")
      ? [`${ofMatrix} of a ${matrixExample} matrix: factors of other shapes take more or less.`]
      : []),
    "One in full: steepest optimizers NAME",
  ].join("\n");
}

/** Marks state that depends on shapes. */
const ofMatrix = "*";
const matrixExample = matrixStateExample.join("x");

const stateText = (entry: RegistryEntry): string => {
  const bytes = entry.stateBytesPerParameter();
  return entry.kind === "matrix" ? `${Number(bytes.toPrecision(2))}${ofMatrix}` : String(bytes);
};

/** Columns that equations have at least beside references. */
const narrowestEquations = 30;

/** Columns between two columns of a table. */
const gap = 2;

/**
 * Equations in lines of at most `width` columns, as many in a line as fit; one that is longer goes on in
 * lines of its own.
 */
function joinedWithin(equations: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const equation of equations) {
    const longer = line === "" ? equation : `${line}; ${equation}`;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    const parts = brokenAt(equation, width);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? "";
  }
  return [...lines, line];
}

/**
 * An equation in lines of at most `width` columns, broken between its terms; all but the first are indented.
 */
function brokenAt(equation: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const term of equation.split(" ")) {
    const longer = line === "" ? term : `${line} ${term}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = `  ${term}`;
    } else line = longer;
  }
  return [...lines, line];
}

/**
 * Everything that the registry says of an optimizer, in the form that the given preset and options choose.
 */
export function describeOptimizer(entry: RegistryEntry, given: GivenValues): string {
  const { hyper, options } = entry.choose(given);
  const stated = statedHyper(entry, given);
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
      entry.plainFormula(options, stated).join("\n"),
    ),
    ...section("Other forms, by the lines that differ", otherForms(entry, options, stated).join("\n")),
    ...section("LaTeX", entry.latex(options, stated)),
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
    ...section("State", stateSentence(entry, options)),
    ...section("Reference", `${authors} (${year}). ${title}.${url === undefined ? "" : `\n${url}`}`),
  ].join("\n");
}

/** Hyper-parameters whose terms are written although they are off by default: given, or set by the preset. */
const statedHyper = (entry: RegistryEntry, given: GivenValues): readonly string[] => {
  const { hyper } = entry.choose(given);
  return Object.entries(entry.hyper).flatMap(([name, spec]) =>
    given.hyper?.[name] !== undefined || hyper[name] !== spec.default ? [name] : [],
  );
};

/** What every other value of an option makes of the formula, where it changes it. */
const otherForms = (
  entry: RegistryEntry,
  options: ChosenValues["options"],
  stated: readonly string[],
): readonly string[] => {
  const chosen = entry.plainFormula(options, stated);
  // A wrapper's bases are methods of their own.
  const own = Object.entries(entry.options).filter(([name]) => name !== "base");
  return own.flatMap(([name, { values }]) =>
    values.flatMap((value) => {
      if (value === options[name]) return [];
      const form = entry.plainFormula({ ...options, [name]: value }, stated);
      const lines = form.filter((line) => !chosen.includes(line));
      return lines.length === 0 ? [] : [`${name}=${value}:`, ...lines.map((line) => `  ${line}`)];
    }),
  );
};

/** What the state takes, and what that depends on. */
function stateSentence(entry: RegistryEntry, options: ChosenValues["options"]): string {
  const bytes = entry.stateBytesPerParameter(options);
  const taken = `${bytes} bytes a parameter in float32`;
  if (entry.kind === "matrix")
    return [
      `${Number(bytes.toPrecision(2))} bytes a parameter in float32, of a ${matrixExample} matrix: other shapes take more or less.`,
      `Parameters that it does not take are updated by ${entry.rule.companion.rule.title}.`,
    ].join("\n");
  if (entry.kind === "closure")
    return `${taken}\nIts steps evaluate loss and gradient themselves: createClosureOptimizer(...).step(evaluate)`;
  // Only wrappers have a base.
  if (options.base === undefined) return taken;
  const base = String(options.base);
  return `${taken}, of which ${findOptimizer(base).stateBytesPerParameter(baseOptions(base, options))} are those of ${base}`;
}

/** Those of a wrapper's options that its base has too. */
const baseOptions = (base: string, options: ChosenValues["options"]): ChosenValues["options"] =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(findOptimizer(base).options, name)),
  );

/** The same as plain data. */
export function optimizerData(entry: RegistryEntry, given: GivenValues) {
  const { name, title, summary, kind, adaptive, hyper, options, presets, cite } = entry;
  const chosen = entry.choose(given);
  return {
    ...{ name, title, summary, kind, adaptive, chosen },
    formula: entry.plainFormula(chosen.options, statedHyper(entry, given)),
    latex: entry.latex(chosen.options, statedHyper(entry, given)),
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
  if ("enables" in mapping) {
    const enabled = Object.entries(mapping.enables).map(([name, value]) => `${name}=${value}`);
    return enabled.length === 0 ? mapping.name : `${mapping.name}; unless 0 also ${enabled.join(", ")}`;
  }
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
