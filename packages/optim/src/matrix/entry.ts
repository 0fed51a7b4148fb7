import { mergedArrays, type OptimizerArrays, sumOfBytes } from "../arrays.js";
import type { OptionValue } from "../language/rule.js";
import { elementCount, type ParameterSpec } from "../parameter.js";
import type { EntryDescription } from "../registry.js";
import type { GivenValues } from "../values.js";
import { companionBody } from "./companion.js";
import type { MatrixRule } from "./matrixRule.js";
import { chooseMatrixValues } from "./optimizer.js";
import { Room } from "./room.js";

/** An optimizer that works on whole matrices, and element by element on everything else. */
export interface MatrixEntry extends EntryDescription {
  readonly kind: "matrix";
  readonly rule: MatrixRule;
}

const bytesPerElement = Float32Array.BYTES_PER_ELEMENT;

/** What the registry says of a matrix rule. */
export function matrixEntry(rule: MatrixRule): MatrixEntry {
  const { name, title, summary, cite, hyper, options, presets } = rule;
  const chosenOptions = (given: Readonly<Record<string, OptionValue>> = {}) =>
    chooseMatrixValues(rule, { options: given }).options;
  return {
    ...{ kind: "matrix", rule, adaptive: true },
    ...{ name, title, summary, cite, hyper, options, presets },
    stateBytesPerParameter: (chosen) =>
      sumOfBytes(matrixArrays(rule, [squareMatrix], { options: chosen ?? {} }).state) /
      elementCount(squareMatrix.shape),
    stateBytes: (parameters, given) => sumOfBytes(matrixArrays(rule, parameters, given ?? {}).state),
    arrays: (parameters, given) => matrixArrays(rule, parameters, given ?? {}),
    latex: (chosen) =>
      ["\\begin{aligned}", rule.latex(chosenOptions(chosen)).join(" \\\\\n"), "\\end{aligned}"].join("\n"),
    plainFormula: (chosen) => rule.plainFormula(chosenOptions(chosen)),
    choose: (given) => chooseMatrixValues(rule, given),
  };
}

/** Rows and columns of the matrix whose state stands for all where one figure a parameter is wanted. */
export const matrixStateExample: readonly number[] = [256, 256];

const squareMatrix: ParameterSpec = { name: "square", shape: matrixStateExample, role: "hiddenMatrix" };

/** The arrays for these parameters: what the rule's plan declares, and the companion's slots for the rest. */
function matrixArrays(
  rule: MatrixRule,
  parameters: readonly ParameterSpec[],
  given: GivenValues,
): OptimizerArrays {
  const values = chooseMatrixValues(rule, given);
  const rows = rule.rowsApart?.(values.hyper) ?? Number.POSITIVE_INFINITY;
  const pieces = parameters
    .filter((each) => rule.takes(each))
    .map((parameter) => repeatedPiece(parameter, rows));
  const plan = (planned: readonly ParameterSpec[]) => {
    const room = new Room();
    rule.plan(
      planned.map((each) => room.declare(each)),
      { ...values, ...room.tools },
    );
    return room;
  };
  const rooms = [
    { room: plan(pieces.map(({ rest }) => rest)), count: 1 },
    ...pieces.flatMap(({ piece, count }) => (count === 0 ? [] : [{ room: plan([piece]), count }])),
  ];
  const left = parameters
    .filter((each) => !rule.takes(each))
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const slots = Object.keys(companionBody(rule.companion).state);
  return {
    state: mergedArrays([
      ...rooms.flatMap(({ room, count }) =>
        room.states.map(({ slot, place }) => ({
          name: slotKind(slot),
          bytes: bytesPerElement * count * elementCount(place.shape),
        })),
      ),
      ...slots.map((name) => ({ name, bytes: bytesPerElement * left })),
    ]),
    inputs: [],
    evaluation: 0,
    scratch: bytesPerElement * rooms.reduce((sum, { room, count }) => sum + count * room.scratchElements, 0),
  };
}

/** Slots of axes and blocks are numbered: `factor0`, `root12.1`. */
const slotKind = (slot: string): string => slot.replace(/\d+(\.\d+)*$/, "");

/** A matrix as equal pieces of `rows` rows, and the rest, which has the rows of a piece or more. */
function repeatedPiece(
  parameter: ParameterSpec,
  rows: number,
): { readonly piece: ParameterSpec; readonly count: number; readonly rest: ParameterSpec } {
  const [height = 0, width = 0] = parameter.shape;
  const count = parameter.shape.length === 2 ? Math.max(0, Math.floor(height / rows) - 1) : 0;
  if (count === 0) return { piece: parameter, count, rest: parameter };
  return {
    ...{ piece: { ...parameter, shape: [rows, width] }, count },
    rest: { ...parameter, shape: [height - count * rows, width] },
  };
}
