import { type Expression, variable } from "../language/expression.js";
import type { Phase, RuleBody } from "../language/rule.js";
import { children, expressionKey, replaceChildren, substitute } from "../language/traverse.js";

/** One equation of a rule. A variable named `m'` is the new value of `m`; `m` is the old one. */
export interface FormulaLine {
  /** `begin`: once, before the first update. `evaluation`: the weights to evaluate with. */
  readonly kind: "begin" | "scalar" | "sum" | "auxiliary" | "update" | "evaluation";
  readonly name: string;
  readonly expression: Expression;
  /** The line holds only where this is not 0. */
  readonly when?: Expression;
}

/** Marks the new value of a slot or carried scalar. */
export const newValue = (name: string): string => `${name}'`;
export const isNewValue = (name: string): boolean => name.endsWith("'");
export const baseName = (name: string): string => (isNewValue(name) ? name.slice(0, -1) : name);

/** Names for shared sub-expressions, as papers use them for directions. */
const auxiliaryNames = ["u", "w", "p", "q", "r", "s"];

/** The slot of index i, or of the one after it, in a row of numbered slots. */
const indexed = (slot: string, next: boolean): string => `${slot}_${next ? "{i+1}" : "i"}`;
export const isIndexed = (name: string): boolean => /_(i|\{i\+1\})$/.test(name);

/** Lines by which numbered slots move up, a1 ← a2, a2 ← a3 and so on, as one line about the i-th. */
function shiftsAsOne(lines: readonly FormulaLine[]): readonly FormulaLine[] {
  const moved = (line: FormulaLine | undefined): string | undefined => {
    const [, slot, index] = /^([A-Za-z]+)(\d+)$/.exec(line?.name ?? "") ?? [];
    const { expression } = line ?? {};
    const isMove = expression?.kind === "variable" && expression.name === `${slot}${Number(index) + 1}`;
    return isMove ? slot : undefined;
  };
  return lines.flatMap((line, index) => {
    const slot = moved(line);
    if (slot === undefined) return [line];
    if (slot === moved(lines[index - 1])) return [];
    const expression = variable("element", indexed(slot, true));
    return [{ ...line, name: indexed(slot, false), expression }];
  });
}

/** Shorter expressions are easier to read twice than to name. */
const leastSize = 4;

/**
 * The equations of a body in reading order: what it begins with; scalars, sums, shared sub-expressions,
 * state, then x; what it evaluates with. Sub-expressions that are the new value of a slot are written as that
 * value.
 */
export function formulaLines(body: RuleBody): readonly FormulaLine[] {
  const { state, carried, carriedPerParameter = {}, inputs = [], begin = {}, evaluation } = body;
  const persistent = [state, carried, carriedPerParameter].flatMap((part) => Object.keys(part));
  const taken = new Set(["x", "g", "k", ...persistent, ...inputs]);
  for (const phase of body.phases) for (const name of Object.keys(phase.scalars)) taken.add(name);
  const free = auxiliaryNames.filter((name) => !taken.has(name));
  const updated = new Set<string>();
  const lines = body.phases.flatMap((phase) => {
    const ofPhase = shiftsAsOne(phaseLines(phase, updated, free));
    for (const name of [...Object.keys(phase.assign), ...Object.keys(phase.carry)]) updated.add(name);
    return ofPhase;
  });
  return [
    ...Object.entries(begin).map(([name, expression]) => ({ kind: "begin" as const, name, expression })),
    ...lines,
    ...(evaluation === undefined
      ? []
      : [
          {
            kind: "evaluation" as const,
            name: "x",
            expression: asNew(evaluation, updated),
          },
        ]),
  ];
}

/** The expression with new values in place of the old ones of these names. */
const asNew = (expression: Expression, names: ReadonlySet<string>): Expression =>
  substitute(expression, (one) => (names.has(one.name) ? variable(one.scope, newValue(one.name)) : one));

function phaseLines(phase: Phase, updated: ReadonlySet<string>, free: string[]): readonly FormulaLine[] {
  // What an earlier phase has assigned is read as its new value.
  const present = (expression: Expression): Expression => asNew(expression, updated);
  const assigned = Object.entries(phase.assign).map(([name, expression]) => ({
    name,
    expression: present(expression),
  }));
  const newValues = new Map(
    assigned.flatMap(({ name, expression }) => {
      const key = expressionKey(expression);
      // x is named within the value of another slot only: what is equal to x is not said to be x.
      const isNamed =
        name === "x"
          ? assigned.some((other) => other.name !== "x" && contains(other.expression, key))
          : expression.kind !== "constant" && expression.kind !== "variable";
      return isNamed ? [[key, name] as const] : [];
    }),
  );
  const withNewValues = (expression: Expression): Expression => {
    const name = newValues.get(expressionKey(expression));
    return name === undefined
      ? replaceChildren(expression, withNewValues)
      : variable("element", newValue(name));
  };
  const updates = assigned.map(({ name, expression }) => ({
    name,
    // Not at the root, where it would say that a slot is itself.
    expression:
      newValues.get(expressionKey(expression)) === name
        ? replaceChildren(expression, withNewValues)
        : withNewValues(expression),
  }));
  const { named, expressions } = nameShared(
    updates.map(({ expression }) => expression),
    free,
  );

  const lines: readonly FormulaLine[] = [
    ...scalarLines(
      Object.entries(phase.scalars).map(([name, expression]) => [name, present(expression)] as const),
    ),
    ...Object.entries(phase.reduce).map(([name, { sum }]) => ({
      kind: "sum" as const,
      name,
      expression: present(sum),
    })),
    ...inReadingOrder([
      ...named.map(({ name, expression }) => ({ kind: "auxiliary" as const, name, expression })),
      ...updates.map(({ name }, index) => ({
        kind: "update" as const,
        name,
        expression: expressions[index] ?? variable("element", name),
      })),
    ]),
    ...Object.entries(phase.carry).map(([name, expression]) => ({
      kind: "update" as const,
      name,
      expression: present(expression),
    })),
  ];
  if (phase.when === undefined) return lines;
  const when = present(phase.when);
  return lines.map((line) => (line.kind === "scalar" ? line : { ...line, when }));
}

/** Scalars in order, each written with the names of those before it. */
function scalarLines(scalars: readonly (readonly [name: string, Expression])[]): readonly FormulaLine[] {
  const names = new Map<string, string>();
  const withNames = (expression: Expression): Expression => {
    const name = names.get(expressionKey(expression));
    return name === undefined ? replaceChildren(expression, withNames) : variable("scalar", name);
  };
  return scalars.map(([name, expression]) => {
    const written = withNames(expression);
    if (expression.kind !== "constant" && expression.kind !== "variable")
      names.set(expressionKey(expression), name);
    return { kind: "scalar", name, expression: written };
  });
}

/** Names the largest sub-expressions of element variables that occur more than once. */
function nameShared(roots: readonly Expression[], free: string[]) {
  const counts = new Map<string, number>();
  const count = (expression: Expression): void => {
    const key = expressionKey(expression);
    const seen = counts.get(key) ?? 0;
    counts.set(key, seen + 1);
    // The inside of what is shared is shared with it, and not on its own.
    if (seen === 0) children(expression).forEach(count);
  };
  roots.forEach(count);
  const names = new Map<string, string>();
  const named: { readonly name: string; readonly expression: Expression }[] = [];
  const replace = (expression: Expression): Expression => {
    const key = expressionKey(expression);
    const existing = names.get(key);
    if (existing !== undefined) return variable("element", existing);
    if ((counts.get(key) ?? 0) > 1 && size(expression) >= leastSize && usesElement(expression)) {
      const name = free.shift();
      if (name !== undefined) {
        names.set(key, name);
        named.push({ name, expression: replaceChildren(expression, replace) });
        return variable("element", name);
      }
    }
    return replaceChildren(expression, replace);
  };
  return { expressions: roots.map((root) => replaceChildren(root, replace)), named };
}

/** Whether a formula of this key stands inside the expression. */
const contains = (expression: Expression, key: string): boolean =>
  children(expression).some((child) => expressionKey(child) === key || contains(child, key));

const size = (expression: Expression): number =>
  children(expression).reduce((sum, child) => sum + size(child), 1);

const usesElement = (expression: Expression): boolean =>
  expression.kind === "variable" ? expression.scope === "element" : children(expression).some(usesElement);

const uses = (expression: Expression, name: string): boolean =>
  (expression.kind === "variable" && expression.name === name) ||
  children(expression).some((child) => uses(child, name));

/**
 * Orders lines so that each, executed in turn, does what all do at once: before a line that reads a new value
 * comes the line that makes it; after a line that reads an old value comes the line that replaces it. Lines
 * in a circle stay as they are.
 */
function inReadingOrder(lines: readonly FormulaLine[]): readonly FormulaLine[] {
  const precedes = (first: FormulaLine, second: FormulaLine): boolean =>
    first !== second &&
    (uses(second.expression, first.kind === "auxiliary" ? first.name : newValue(first.name)) ||
      (second.kind === "update" && uses(first.expression, second.name)));
  const waiting = [...lines];
  const ordered: FormulaLine[] = [];
  while (waiting.length > 0) {
    // x last where nothing forces it earlier.
    const ready = waiting.filter((line) => !waiting.some((other) => precedes(other, line)));
    const next = ready.find(({ name }) => name !== "x") ?? ready[0] ?? waiting[0];
    if (next === undefined) break;
    ordered.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return ordered;
}
