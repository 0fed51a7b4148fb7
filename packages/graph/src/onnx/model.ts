import protobuf from "protobufjs/light.js";
import type { OnnxAttribute } from "../tensor/operator.js";
import type { DType, TensorType } from "../tensor/tensor.js";
import { onnxDataType } from "./dataType.js";
import { onnxSchema } from "./schema.js";

/** Version of ONNX's own operators that we emit. */
export const opsetVersion = 20;
/** The file format that goes with that opset (ONNX 1.15). */
const irVersion = 9;

/** One node of an ONNX graph. */
export interface OnnxNode {
  readonly opType: string;
  readonly domain: "" | "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant of an ONNX graph, little-endian and row-major. */
export interface OnnxInitializer extends TensorType {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether it was an input of the graph, and not a constant of an operator: weights may lie in another file. */
  readonly isWeight: boolean;
}

/** An input or output of an ONNX graph; `title` is the name that the user gave it. */
export interface OnnxValue extends TensorType {
  readonly name: string;
  readonly title: string;
}

/** An ONNX graph whose nodes stand in topological order. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Numbers as the little-endian bytes of an element type. */
export function encodeElements(values: ArrayLike<number>, dtype: DType): Uint8Array {
  const bytesPerElement = { float32: 4, int32: 4, int64: 8, uint8: 1, bool: 1 }[dtype];
  const view = new DataView(new ArrayBuffer(values.length * bytesPerElement));
  const write: Readonly<Record<DType, (offset: number, value: number) => void>> = {
    float32: (offset, value) => view.setFloat32(offset, value, true),
    int32: (offset, value) => view.setInt32(offset, value, true),
    int64: (offset, value) => view.setBigInt64(offset, BigInt(value), true),
    uint8: (offset, value) => view.setUint8(offset, value),
    bool: (offset, value) => view.setUint8(offset, value === 0 ? 0 : 1),
  };
  for (let i = 0; i < values.length; i++) write[dtype](i * bytesPerElement, values[i] ?? 0);
  return new Uint8Array(view.buffer);
}

function attributeProto(name: string, attribute: OnnxAttribute): object {
  // The types' numbers are those of AttributeProto.AttributeType.
  if ("int" in attribute) return { name, type: 2, i: attribute.int };
  if ("float" in attribute) return { name, type: 1, f: attribute.float };
  if ("string" in attribute) return { name, type: 3, s: new TextEncoder().encode(attribute.string) };
  if ("ints" in attribute) return { name, type: 7, ints: attribute.ints };
  return { name, type: 6, floats: attribute.floats };
}

function valueProto({ name, title, shape, dtype }: OnnxValue): object {
  const dim = shape.map((extent) => ({ dimValue: extent }));
  return { name, docString: title, type: { tensorType: { elemType: onnxDataType[dtype], shape: { dim } } } };
}

// `resolveAll` makes the encoder see the messages' edition.
const modelProto = protobuf.Root.fromJSON(onnxSchema).resolveAll().lookupType("onnx.ModelProto");

/** The file beside a model's with its weights, and where each begins there. */
export interface ExternalWeights {
  /** Relative to the model's folder. */
  readonly file: string;
  readonly offsets: ReadonlyMap<string, number>;
}

/** The type's number is that of TensorProto.DataLocation. */
const external = 1;

function tensorProto(
  { name, shape, dtype, bytes }: OnnxInitializer,
  weights: ExternalWeights | undefined,
): object {
  const described = { name, dims: shape, dataType: onnxDataType[dtype] };
  const offset = weights?.offsets.get(name);
  if (weights === undefined || offset === undefined) return { ...described, rawData: bytes };
  const place = { location: weights.file, offset, length: bytes.length };
  return {
    ...described,
    dataLocation: external,
    externalData: Object.entries(place).map(([key, value]) => ({ key, value: String(value) })),
  };
}

/**
 * An ONNX file of the graph: a serialized ModelProto.
 * @param weights initializers that lie in another file, by name; the others are in this one
 */
export function encodeModel(graph: OnnxGraph, weights?: ExternalWeights): Uint8Array {
  const usesMicrosoft = graph.nodes.some((node) => node.domain === "com.microsoft");
  const model = {
    irVersion,
    producerName: "steepest",
    opsetImport: [
      { domain: "", version: opsetVersion },
      ...(usesMicrosoft ? [{ domain: "com.microsoft", version: 1 }] : []),
    ],
    graph: {
      name: "steepest",
      node: graph.nodes.map((node) => ({
        input: node.inputs,
        output: node.outputs,
        name: node.outputs[0] ?? node.opType,
        opType: node.opType,
        domain: node.domain,
        attribute: Object.entries(node.attributes).map(([name, attribute]) =>
          attributeProto(name, attribute),
        ),
      })),
      initializer: graph.initializers.map((tensor) => tensorProto(tensor, weights)),
      input: graph.inputs.map(valueProto),
      output: graph.outputs.map(valueProto),
    },
  };
  return new Uint8Array(modelProto.encode(model).finish());
}

/**
 * The content of an ONNX file as plain objects, as far as our schema reads it; the inverse of
 * {@link encodeModel}.
 */
export function decodeModel(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return modelProto.toObject(modelProto.decode(bytes), { longs: Number, arrays: true });
}
