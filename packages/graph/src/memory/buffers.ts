import type { OnnxType, ReadGraph } from "../onnx/read.js";
import { sameShape } from "../tensor/shape.js";

/*
 * Which values share memory, and when each piece is alive: what ONNX Runtime's planner of sequential runs
 * decides (onnxruntime/core/framework/allocation_planner.cc). A value takes the memory of an input that
 * nothing else needs any more where its kernel can write in place; failing that, memory of its own shape that
 * lies unused; failing that, new memory. Memory is free once the last of all the values in it has been used.
 */

/** Memory that one value after the other lies in, while nodes `from` to `until` run (both included). */
export interface Buffer {
  readonly bytes: number;
  readonly from: number;
  readonly until: number;
  /** The values, by name. */
  readonly values: readonly string[];
}

/** Bytes of an element, by ONNX's number of its type. */
const elementBytes: ReadonlyMap<number, number> = new Map([
  ...([1, 6, 12] as const).map((type) => [type, 4] as const),
  ...([2, 3, 9] as const).map((type) => [type, 1] as const),
  ...([4, 5, 10, 16] as const).map((type) => [type, 2] as const),
  ...([7, 11, 13] as const).map((type) => [type, 8] as const),
]);

/** Memory is handed out in multiples of this. */
const granule = 256;

/** Bytes that a tensor takes in the arena. */
export function allocatedBytes({ elementType, shape }: OnnxType): number {
  const bytes = shape.reduce((product, extent) => product * extent, elementBytes.get(elementType) ?? 4);
  return granule * Math.ceil(bytes / granule);
}

/** Operators whose result is their first input under another shape. */
const aliases: ReadonlySet<string> = new Set(["Identity", "Reshape"]);

/** Operators that may write over their first input. Those of plain arithmetic may not. */
const inPlace: ReadonlySet<string> = new Set(
  "HardSigmoid LogSoftmax Relu ScatterElements Sigmoid Softmax Softplus Tanh".split(" "),
);

/** A buffer under way. */
interface Piece {
  readonly type: OnnxType;
  readonly from: number;
  until: number;
  /** Uses of its present values that are still to come. */
  uses: number;
  readonly values: string[];
}

const sameType = (a: OnnxType, b: OnnxType): boolean =>
  elementBytes.get(a.elementType) === elementBytes.get(b.elementType) && sameShape(a.shape, b.shape);

/** How often each value is an input. */
function countUses({ nodes }: ReadGraph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const name of nodes.flatMap(({ inputs }) => inputs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/**
 * The memory that a run takes of its own, in the order in which it is taken: not that of inputs, constants and
 * outputs, which lies elsewhere.
 */
export function planBuffers(graph: ReadGraph, types: ReadonlyMap<string, OnnxType>): readonly Buffer[] {
  const uses = countUses(graph);
  const pieces: Piece[] = [];
  const pieceOf = new Map<string, Piece>();
  const unused: Piece[] = [];
  const outputs = new Set(graph.outputs);

  for (const [node, { opType, inputs, outputs: names }] of graph.nodes.entries()) {
    const held = inputs.map((name) => pieceOf.get(name));
    const pieceFor = (type: OnnxType): Piece => {
      const [over] = inPlace.has(opType) ? held : [];
      if (over?.uses === 1 && sameType(over.type, type)) return over;
      const free = unused.findIndex((piece) => sameType(piece.type, type));
      const [again] = free < 0 ? [] : unused.splice(free, 1);
      if (again !== undefined) return again;
      const piece = { type, from: node, until: node, uses: 0, values: [] };
      pieces.push(piece);
      return piece;
    };
    for (const name of names) {
      const type = types.get(name);
      if (name === "" || type === undefined || outputs.has(name)) continue;
      const piece = aliases.has(opType) ? held[0] : pieceFor(type);
      if (piece === undefined) continue;
      piece.uses += uses.get(name) ?? 0;
      piece.values.push(name);
      pieceOf.set(name, piece);
    }
    for (const piece of held) if (piece !== undefined) piece.uses--;
    for (const piece of new Set([...held, ...names.map((name) => pieceOf.get(name))])) {
      if (piece === undefined) continue;
      piece.until = node;
      if (piece.uses === 0) unused.unshift(piece);
    }
  }
  return pieces.map(({ type, from, until, values }) => ({
    bytes: allocatedBytes(type),
    from,
    until,
    values,
  }));
}
