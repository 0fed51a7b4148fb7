import { GraphError } from "../errors/errors.js";
import type { Shape } from "../tensor/shape.js";
import { decodeModel } from "./model.js";

/** Element type, by ONNX's number, and shape of a value in an ONNX graph. */
export interface OnnxType {
  readonly elementType: number;
  readonly shape: Shape;
}

/** A node of an ONNX graph as a file holds it; attributes by name. */
export interface ReadNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  /** Names; "" stands for an input or output that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers and lists of integers; others are not needed to know types. */
  readonly integers: ReadonlyMap<string, readonly number[]>;
}

/** A constant: its type, and, for the small integer tensors that shapes are computed from, its elements. */
export interface ReadConstant extends OnnxType {
  readonly integers?: readonly number[];
}

/** What of an ONNX graph tells the types of its values. */
export interface ReadGraph {
  /** In the file's order. */
  readonly nodes: readonly ReadNode[];
  readonly constants: ReadonlyMap<string, ReadConstant>;
  readonly inputs: ReadonlyMap<string, OnnxType>;
  readonly outputs: readonly string[];
}

type Message = Readonly<Record<string, unknown>>;
const isMessage = (value: unknown): value is Message => typeof value === "object" && value !== null;
const message = (value: unknown): Message => (isMessage(value) ? value : {});
const list = (value: unknown): readonly Message[] => (Array.isArray(value) ? value.filter(isMessage) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);

/** Elements of an int64 tensor up to this many are read: axes, extents, sizes of parts. */
const shortList = 64;
const int64 = 7;

function readConstant(tensor: Message): ReadConstant {
  const type = { elementType: Number(tensor.dataType), shape: numbers(tensor.dims) };
  const bytes = tensor.rawData;
  const count = type.shape.reduce((product, extent) => product * extent, 1);
  if (type.elementType !== int64 || count > shortList) return type;
  if (!(bytes instanceof Uint8Array) || bytes.length !== 8 * count) {
    const stored = numbers(tensor.int64Data);
    return stored.length === count ? { ...type, integers: stored } : type;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    ...type,
    integers: Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i, true))),
  };
}

function readNode(node: Message): ReadNode {
  const integers = new Map<string, readonly number[]>();
  for (const attribute of list(node.attribute)) {
    const values = attribute.i === undefined ? numbers(attribute.ints) : [Number(attribute.i)];
    integers.set(text(attribute.name), values);
  }
  return {
    ...{ name: text(node.name), opType: text(node.opType), domain: text(node.domain) },
    ...{ inputs: texts(node.input), outputs: texts(node.output), integers },
  };
}

function readInput(value: Message): readonly [string, OnnxType] {
  const { elemType, shape } = message(message(value.type).tensorType);
  const extents = list(message(shape).dim).map(({ dimValue }) => Number(dimValue));
  if (extents.every((extent) => Number.isSafeInteger(extent)))
    return [text(value.name), { elementType: Number(elemType), shape: extents }];
  throw new GraphError(
    "shape-mismatch",
    `input "${text(value.name)}" has no fixed shape`,
    "Give every dimension its extent",
  );
}

/**
 * The nodes, constants and inputs of a serialized ONNX model.
 *
 * @throws GraphError `shape-mismatch` where an input has a dimension without an extent
 */
export function readGraph(bytes: Uint8Array): ReadGraph {
  const graph = message(decodeModel(bytes).graph);
  return {
    nodes: list(graph.node).map(readNode),
    constants: new Map(list(graph.initializer).map((tensor) => [text(tensor.name), readConstant(tensor)])),
    inputs: new Map(list(graph.input).map(readInput)),
    outputs: list(graph.output).map(({ name }) => text(name)),
  };
}
